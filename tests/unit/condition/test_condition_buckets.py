import pytest

from bfe_py.condition.buckets import BucketError, bucket_of, join_ranges, parse_section


@pytest.mark.parametrize(
    ("value", "bucket"),
    [
        (b"", 0),
        (b"test-uid-0001", 5968),
        (b"test-uid-0002", 4073),
        (b"test-uid-0003", 4055),
        (b"test-uid-0004", 9683),
        (b"abc", 9575),
        (b"0123456789abcdefg", 4974),
    ],
)
def test_buckets_are_those_of_bfe(value, bucket):
    assert bucket_of(value) == bucket


@pytest.mark.parametrize(
    ("section", "ends"),
    [
        ("0", (0, 0)),
        ("007", (7, 7)),
        ("+5", (5, 5)),
        (" 1 0 - 2 0 ", (10, 20)),
        ("0-9999", (0, 9999)),
    ],
)
def test_sections_name_first_and_last(section, ends):
    assert parse_section(section) == ends


@pytest.mark.parametrize(
    ("section", "reference"),
    [
        ("", 'hash value check section  number  err strconv.Atoi: parsing "": invalid syntax'),
        ("-1", 'hash value check section -1 number  err strconv.Atoi: parsing "": invalid syntax'),
        (
            "\t1",
            'hash value check section \t1 number \t1 err strconv.Atoi: parsing "\\t1": invalid syntax',
        ),
        (
            "1_0",
            'hash value check section 1_0 number 1_0 err strconv.Atoi: parsing "1_0": invalid syntax',
        ),
        ("١", 'hash value check section ١ number ١ err strconv.Atoi: parsing "١": invalid syntax'),
        ("10000", "hash value check section 10000 number 10000 overlimit"),
        (
            "9" * 19,
            f'hash value check section {"9" * 19} number {"9" * 19} err strconv.Atoi: parsing "{"9" * 19}": value out of range',
        ),
        ("1-2-3", "hash value section 1-2-3 length error"),
        ("5-4", "hash value check section 5-4 err, start is larger"),
    ],
)
def test_other_sections_are_refused_as_bfe_does(section, reference):
    with pytest.raises(BucketError) as caught:
        parse_section(section)
    assert caught.value.reference == reference
    assert section in caught.value.message


def test_ranges_are_joined():
    assert join_ranges([(5, 9), (0, 1), (2, 3), (7, 8)]) == ((0, 3), (5, 9))
