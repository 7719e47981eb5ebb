"""Policy: which backend of a sub-cluster takes the next attempt; and the registry of policies."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Protocol

from bfe_py.balance.backend import BackendState


class Policy(Protocol):
    """A way to choose. It keeps no state of its own: that is in the backends.

    `needs_key`: the key of the exchange decides.
    """

    needs_key: bool

    def arrange(self, states: Sequence[BackendState]) -> tuple[BackendState, ...]:
        """All of `states` in the order in which `pick` wants them; asked once for each snapshot."""

    def pick(self, states: Sequence[BackendState], key: bytes) -> BackendState | None:
        """One of `states` that is up and has a weight; None exactly if there is none.

        `states` is what `arrange` answered, or part of it.
        """


_Build = Callable[[], Policy]
_POLICIES: dict[str, _Build] = {}


def policy(*names: str) -> Callable[[_Build], _Build]:
    """Declare what builds the policy that a cluster calls by one of `names`."""

    def declare(build: _Build) -> _Build:
        for name in names:
            _POLICIES[name] = build
        return build

    return declare


def get_policy(name: str) -> Policy:
    """The policy of that name.

    Raises:
        KeyError: no policy has that name.
    """
    return _POLICIES[name]()


def policy_names() -> tuple[str, ...]:
    """Names of all policies, sorted."""
    return tuple(sorted(_POLICIES))


def load_policies(package: ModuleType) -> None:
    """Import every file of `package`, so that the policies in them declare themselves."""
    for found in iter_modules(package.__path__, package.__name__ + "."):
        import_module(found.name)
