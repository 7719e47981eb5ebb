"""The configuration that comes with the project teaches every key."""

import re
from pathlib import Path

import msgspec
import pytest

import bfe_py
from bfe_py.config import Static
from bfe_py.server import load_configuration

ROOT = Path(bfe_py.__file__).parent.parent
_KEY = re.compile(r"^(?:# )?([A-Z][A-Za-z0-9]+) *=", re.MULTILINE)
_NUMBER = re.compile(r"^# ([A-Z][A-Za-z0-9]+) *= *(\d+)$", re.MULTILINE)


def sections() -> dict[str, str]:
    """Text of each section of bfe.conf by its name."""
    parts = re.split(
        r"^\[(\w+)\]$", (ROOT / "conf/bfe.conf").read_text("utf-8"), flags=re.MULTILINE
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("field", msgspec.structs.fields(Static), ids=lambda one: one.encode_name)
def test_bfe_conf_shows_every_key_and_no_other(field):
    known = [key.encode_name for key in msgspec.structs.fields(field.type)]

    shown = _KEY.findall(sections()[field.encode_name])

    assert sorted(set(shown)) == sorted(known)


@pytest.mark.parametrize("field", msgspec.structs.fields(Static), ids=lambda one: one.encode_name)
def test_numbers_behind_a_comment_sign_are_defaults(field):
    defaults = {key.encode_name: key.default for key in msgspec.structs.fields(field.type)}

    for key, number in _NUMBER.findall(sections()[field.encode_name]):
        assert (key, int(number)) == (key, defaults[key])


def test_the_configuration_of_the_project_has_no_findings():
    loaded = load_configuration(ROOT / "conf", ROOT / "rules")

    assert list(loaded.report) == []
    assert loaded.snapshot is not None
