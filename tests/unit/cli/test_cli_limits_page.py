"""docs/limits.md is written by hand: what it names must be there."""

import re
from pathlib import Path

import msgspec
import pytest

import bfe_py
from bfe_py.cli.reference.catalogue import counted_metrics
from bfe_py.config import Own, Server
from bfe_py.config.dynamic import BackendConf, ClusterBasic

PAGE = (Path(bfe_py.__file__).parent.parent / "docs/limits.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| limit", "| ---"))
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_limit_has_a_key(row: list[str]):
    known = {
        field.encode_name
        for section in (Own, Server, BackendConf, ClusterBasic)
        for field in msgspec.structs.fields(section)
    }
    keys = re.findall(r"`([A-Z]\w+)`", row[2])
    assert keys
    assert set(keys) <= known


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_limit_has_a_counter(row: list[str]):
    known = {metric.name for metric in counted_metrics()}
    names = re.findall(r"`(bfe_\w+)`", row[4])
    assert names or row[4] == "the same"
    assert set(names) <= known
