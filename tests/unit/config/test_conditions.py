import pytest

from bfe_py.condition import ConditionError
from bfe_py.config.conditions import ConditionCache


def test_a_condition_is_compiled_once() -> None:
    cache = ConditionCache()
    assert cache.compile("default_t()") is cache.compile("default_t()")
    assert len(cache) == 1


def test_an_error_is_remembered() -> None:
    cache = ConditionCache()
    errors = []
    for _ in range(2):
        with pytest.raises(ConditionError) as caught:
            cache.compile("nope(")
        errors.append(caught.value)
    assert errors[0] is errors[1]
    assert errors[0].problems


def test_the_oldest_are_forgotten_beyond_the_limit() -> None:
    cache = ConditionCache(limit=2)
    first = cache.compile("default_t()")
    cache.compile("!default_t()")
    cache.compile("!!default_t()")
    assert len(cache) == 2
    assert cache.compile("default_t()") is not first


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("default_t( )", "default_t()"),
        ("nonsense(", None),
        # the file that has it is told
        ("default_t() && default_t() || default_t()", None),
        ('res_code_in("200")', None),
    ],
)
def test_a_condition_with_nothing_to_say_about_has_a_canonical_text(
    text: str, canonical: str | None
) -> None:
    cache = ConditionCache()

    assert cache.canonical(text) == cache.canonical(text) == canonical


def test_canonical_texts_beyond_the_limit_are_made_again() -> None:
    cache = ConditionCache(limit=1)

    assert [cache.canonical(text) for text in ("a()", "default_t()", "a()")] == [
        None,
        "default_t()",
        None,
    ]
