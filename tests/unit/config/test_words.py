import pytest

from bfe_py.config.words import put_in_words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Expected `int`, got `str`", "an integer"),
        ("Expected `str | null`, got `int` - at `$.a`", "a string"),
        ("Expected `int | str`, got `bool`", "an integer or a string"),
        ("Expected `int` >= 1", "an integer >= 1"),
        ("Expected `date`, got `int`", "date"),
        ("Invalid enum value 'x'", "invalid enum value 'x'"),
    ],
)
def test_what_msgspec_expected_is_said_in_words(message: str, words: str) -> None:
    assert put_in_words(message) == words
