"""What keeps a connection."""

import pytest

from bfe_py.protocol.h1.opening import is_persistent


@pytest.mark.parametrize(
    ("version", "options", "lives"),
    [
        (b"1.1", (), True),
        (b"1.1", (b"close",), False),
        (b"1.1", (b"x-a",), True),
        (b"1.0", (), False),
        (b"1.0", (b"keep-alive",), True),
        (b"1.0", (b"keep-alive", b"close"), False),
    ],
)
def test_a_connection_lives_by_version_and_options(version, options, lives):
    assert is_persistent(version, frozenset(options)) is lives
