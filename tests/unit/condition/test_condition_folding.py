import pytest

from bfe_py.condition.folding import fold, lower, to_utf8, to_valid_utf8


@pytest.mark.parametrize(
    ("text", "upper"),
    [
        ("aZ-9", "AZ-9"),
        ("straße", "STRAßE"),
        ("ﬁŉ", "ﬁŉ"),
        ("ıſςσµ", "ISΣΣΜ"),
        ("KÅİ", "KÅİ"),
        ("éж", "ÉЖ"),
        ("\u1f80\u1f88\u1f97\u1fa0", "\u1f88\u1f88\u1f9f\u1fa8"),
        ("\u1fb3\u1fc3\u1ff3\u1fbc", "\u1fbc\u1fcc\u1ffc\u1fbc"),
        ("é\udcff", "É\ufffd"),
    ],
)
def test_each_code_point_is_folded_alone(text, upper):
    assert fold(text) == upper


@pytest.mark.parametrize(
    ("text", "small"),
    [("AZ-9", "az-9"), ("ΑΣ", "ας"[:1] + "σ"), ("İ", "i"), ("É\udc80", "é\ufffd")],
)
def test_lower_case_is_simple_too(text, small):
    assert lower(text) == small


def test_bytes_survive_or_are_replaced():
    assert to_utf8("é\udcff") == b"\xc3\xa9\xff"
    assert to_valid_utf8("é\udcff") == b"\xc3\xa9\xef\xbf\xbd"
    assert to_valid_utf8("é") == b"\xc3\xa9"
