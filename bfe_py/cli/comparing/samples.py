"""Samples: requests to ask two configurations about.

They are made from what both configurations say: a request for each host, for each path rule, and
for each condition of routes and module rules; or read from a file.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from bfe_py.cli.comparing.witness import Wish, find_witnesses
from bfe_py.config import Difference, ServerGroup, Tree

MOST_SAMPLES = 2000
_MOST_HOSTS = 100
_NOBODY = "nobody.invalid"
"""A host that no tenant has: who gets its requests is told too."""
_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+:.*", re.DOTALL)


class SampleError(ValueError):
    """A line of a file of samples is none; the text says which, and how it would be right."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request; `fields` are ``Name: value``."""

    method: str
    url: str
    fields: tuple[str, ...] = ()
    vip: str | None = None

    @property
    def line(self) -> str:
        """It as a file of samples has it."""
        vip = f" (to {self.vip})" if self.vip else ""
        return " ".join([self.method, self.url, *map(shlex.quote, self.fields)]) + vip


def read_samples(text: str) -> list[Sample]:
    """Requests of a file: ``METHOD URL [Header: value]...`` on each line; ``#`` begins a comment.

    Raises:
        SampleError: a line is something else.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise SampleError(f"line {number}: {error}") from error
        fields = _join_fields(words[2:])
        if len(words) < 2 or fields is None:
            raise SampleError(f"line {number}: expected METHOD URL [Header: value]...")
        found.append(Sample(words[0], words[1], fields))
    return found


def _join_fields(words: list[str]) -> tuple[str, ...] | None:
    """Fields of words, quoted or not; None if what is there is none."""
    fields: list[str] = []
    for word in words:
        if _FIELD.fullmatch(word):
            fields.append(word)
        elif not fields:
            return None
        else:
            fields[-1] += f" {word}"
    return tuple(fields)


@dataclass(slots=True)
class _Tenant:
    """What there is to be asked about one tenant; dicts keep order."""

    hosts: dict[str, None] = field(default_factory=dict)
    vips: dict[str, None] = field(default_factory=dict)
    conditions: dict[str, None] = field(default_factory=dict)
    places: dict[tuple[str, str], None] = field(default_factory=dict)
    """Host and path of path rules."""


def find_samples(old: Tree, new: Tree, differences: list[Difference]) -> tuple[list[Sample], bool]:
    """Requests about whatever `differences` may move; and whether these are not all."""
    tenants: dict[str, _Tenant] = {}
    for tree in (old, new):
        _add_server(tenants, tree.server or ServerGroup())
        _add_rules(tenants, tree)
        _add_modules(tenants, tree)
    touched = {one.where.removeprefix("tenant ") for one in differences}
    if any(not one.where.startswith("tenant ") for one in differences):
        touched = set(tenants)
    chosen = [tenant for name, tenant in tenants.items() if name in touched]
    samples = dict.fromkeys(_samples(chosen))
    found = list(islice(samples, MOST_SAMPLES))
    return found, len(samples) > MOST_SAMPLES


def _add_server(tenants: dict[str, _Tenant], server: ServerGroup) -> None:
    hosts = server.hosts.hosts or {}
    for name, tags in (server.hosts.tags or {}).items():
        tenant = tenants.setdefault(name, _Tenant())
        for tag in tags or ():
            tenant.hosts.update(dict.fromkeys(hosts.get(tag) or ()))
    for name, vips in (server.vips.vips or {}).items():
        tenants.setdefault(name, _Tenant()).vips.update(dict.fromkeys(vips or ()))
    for name, basic in (server.routes.basic or {}).items():
        tenant = tenants.setdefault(name, _Tenant())
        for rule in basic or ():
            if rule is not None:
                for host in rule.hostnames or ("",):
                    for path in rule.paths or ("",):
                        tenant.places[host, path] = None
    for name, advanced in (server.routes.advanced or {}).items():
        _add_conditions(tenants, name, [one.condition for one in advanced or () if one is not None])


def _add_rules(tenants: dict[str, _Tenant], tree: Tree) -> None:
    for name, group in tree.tenants.items():
        tenant = tenants.setdefault(name, _Tenant())
        tenant.hosts.update(dict.fromkeys(group.hosts))
        tenant.vips.update(dict.fromkeys(group.vips))
        _add_conditions(tenants, name, [one.condition for one in group.rules])


def _add_modules(tenants: dict[str, _Tenant], tree: Tree) -> None:
    """Conditions of module rules: ``{"Config": {tenant: [{"Cond": ...}]}}``."""
    for documents in tree.modules.values():
        for document in documents.values():
            if not document.tenants:
                continue
            found = msgspec.msgpack.decode(document.packed)
            config = found.get("Config") if isinstance(found, dict) else None
            for name, rules in config.items() if isinstance(config, dict) else ():
                if name in tenants and isinstance(rules, list):
                    own = [one for one in rules if isinstance(one, dict)]
                    conditions = [one.get("Cond", one.get("cond")) for one in own]
                    _add_conditions(tenants, name, conditions)


def _add_conditions(
    tenants: dict[str, _Tenant], name: str, conditions: Iterable[str | None]
) -> None:
    tenant = tenants.setdefault(name, _Tenant())
    tenant.conditions.update({one: None for one in conditions if one is not None})


def _samples(tenants: list[_Tenant]) -> Iterator[Sample]:
    """Requests of all of them, one tenant after the other; no more than could be wanted."""
    yield Sample("GET", f"http://{_NOBODY}/")
    made = 0
    for tenant in tenants:
        for one in _samples_of(tenant):
            made += 1
            if made > 2 * MOST_SAMPLES:
                return
            yield one


def _samples_of(tenant: _Tenant) -> Iterator[Sample]:
    hosts = [_concrete(host) for host in tenant.hosts][:_MOST_HOSTS]
    for host in hosts:
        yield Sample("GET", f"http://{host}/")
    for vip in tenant.vips:
        yield Sample("GET", f"http://{_in_url(vip)}/", vip=vip)
    host = hosts[0] if hosts else _NOBODY
    for named, path in tenant.places:
        wish = Wish(host=_concrete(named) or host, path=path.replace("*", "a"))
        yield Sample("GET", wish.url(host))
    for condition in tenant.conditions:
        for wish in find_witnesses(condition):
            yield Sample(wish.method or "GET", wish.url(host), wish.lines())


def _concrete(host: str) -> str:
    """A host that is meant by one that may have a wildcard; empty for every host."""
    return "" if host == "*" else host.replace("*", "a")


def _in_url(vip: str) -> str:
    return f"[{vip}]" if ":" in vip else vip
