import re
from pathlib import Path

import pytest

import bfe_py.config
from bfe_py.config.codes import EXPLANATIONS

SOURCES = Path(bfe_py.config.__file__).parent


def test_every_code_in_use_is_explained() -> None:
    used = set()
    for source in SOURCES.rglob("*.py"):
        if source.name != "codes.py":
            used |= set(re.findall(r'"([EW]\d{3})"', source.read_text()))
    assert used - set(EXPLANATIONS) == set()


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_explanation_is_one_sentence_or_two(code: str) -> None:
    assert re.fullmatch(r"[EW]\d{3}", code)
    assert EXPLANATIONS[code].endswith(".")
    assert "\n" not in EXPLANATIONS[code]
