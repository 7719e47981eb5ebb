import pytest

from bfe_py.condition.hints import advise_characters, bool_for, nearest, operator_for


def test_the_most_similar_name_is_found():
    names = ["req_host_in", "req_path_in"]
    assert nearest("req_hots_in", names) == "req_host_in"
    assert nearest("REQ_PATH_IN", names) == "req_path_in"
    assert nearest("zzz", names) == ""


def test_words_for_operators_and_truths():
    assert [operator_for(word) for word in ("and", "OR", "not", "xor")] == ["&&", "||", "!", ""]
    assert [bool_for(word) for word in ("True", "FALSE", "yes")] == ["true", "false", ""]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("\\", "escapes"),
        ("#", "//"),
        ("/*", "//"),
        ("=", "compared"),
        (";", "ends"),
        ("\xa0", "space"),
        ("\u200b", ""),
        ("@", ""),
    ],
)
def test_unknown_characters_come_with_advice(text, part):
    message, advice = advise_characters(text, 0, len(text))
    assert message
    assert part in advice


def test_invisible_characters_are_named_by_number():
    assert "U+00A0 (NO-BREAK SPACE)" in advise_characters("\xa0", 0, 1)[0]
    assert "U+200B" in advise_characters("\u200b", 0, 1)[0]
    assert "U+000B (control character)" in advise_characters("\v", 0, 1)[0]
