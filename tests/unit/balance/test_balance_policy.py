"""Registry of policies."""

from pathlib import Path
from types import ModuleType

import pytest

from bfe_py.balance import get_policy, policy, policy_names
from bfe_py.balance.policies.wrr import WeightedRoundRobin
from bfe_py.balance.policy import load_policies


def test_the_policies_of_the_files_are_there() -> None:
    assert {"WRR", "WLC", "WLC/bfe", "HASHED", "EPP"} <= set(policy_names())
    assert list(policy_names()) == sorted(policy_names())


def test_a_policy_is_made_by_what_was_declared_for_its_name() -> None:
    assert isinstance(get_policy("WRR"), WeightedRoundRobin)
    assert policy()(WeightedRoundRobin) is WeightedRoundRobin


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(KeyError, match="RR2"):
        get_policy("RR2")


def test_loading_imports_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies_of_a_test").mkdir()
    (tmp_path / "policies_of_a_test" / "one.py").write_text("import sys; sys.loaded_by_test = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("sys.loaded_by_test", 0, raising=False)
    package = ModuleType("policies_of_a_test")
    package.__path__ = [str(tmp_path / "policies_of_a_test")]
    load_policies(package)
    import sys

    assert vars(sys)["loaded_by_test"] == 1
