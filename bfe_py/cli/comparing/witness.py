"""Witness: a request that a condition is likely true of, made from its text.

Simple conditions are understood: host, path, method, query, fields and cookies, joined by `&&` and
`||`. What is not understood, and what is negated, is left to chance: whoever uses a witness asks
the configuration about it anyway.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from bfe_py.condition import And, Call, ConditionError, Node, Not, Or, Ref, parse_condition

_MOST_WAYS = 8
"""Ways to make a condition true that are tried."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request should be like; None and empty: it does not matter."""

    host: str | None = None
    path: str | None = None
    method: str | None = None
    query: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    is_secure: bool = False

    def join(self, other: "Wish") -> "Wish":
        """Both; where they do not go together, this one."""
        return Wish(
            self.host if self.host is not None else other.host,
            _join_paths(self.path, other.path),
            self.method or other.method,
            (*self.query, *other.query),
            (*self.fields, *other.fields),
            (*self.cookies, *other.cookies),
            self.is_secure or other.is_secure,
        )

    def url(self, host: str) -> str:
        """Its URL; `host` if it does not matter."""
        scheme = "https" if self.is_secure else "http"
        query = "&".join([f"{quote(name)}={quote(value)}" for name, value in self.query])
        path = quote(self.path or "/", safe="/:@!$&'()*+,;=~-._")
        return f"{scheme}://{self.host or host}{path}{'?' if query else ''}{query}"

    def lines(self) -> tuple[str, ...]:
        """Its fields, ``Name: value``."""
        cookies = "; ".join([f"{name}={value}" for name, value in self.cookies])
        lines = [f"{name}: {value}" for name, value in self.fields]
        return tuple([*lines, f"Cookie: {cookies}"] if cookies else lines)


def find_witnesses(text: str) -> list[Wish]:
    """Requests that may make the condition `text` true, in different ways."""
    try:
        ways = list(islice(_ways(parse_condition(text)), _MOST_WAYS))
    except (ConditionError, RecursionError):
        ways = [Wish()]
    return list(dict.fromkeys(ways))


def _ways(node: Node) -> Iterator[Wish]:
    match node:
        case Or(terms):
            for term in terms:
                yield from _ways(term)
        case And(terms):
            yield from _ways_of_all(terms)
        case Call():
            yield from _ways_of_call(node)
        case Not() | Ref():
            yield Wish()


def _ways_of_all(terms: tuple[Node, ...]) -> Iterator[Wish]:
    """One way for each way of one term, with the first ways of the others."""
    firsts = [next(_ways(term), Wish()) for term in terms]
    for position, term in enumerate(terms):
        for way in islice(_ways(term), _MOST_WAYS):
            joined = way
            for other, first in enumerate(firsts):
                if other != position:
                    joined = joined.join(first)
            yield joined


def _ways_of_call(call: Call) -> Iterator[Wish]:
    texts = [argument.text for argument in call.arguments]
    simple = _SIMPLE.get(call.name)
    named = _NAMED.get(call.name)
    if simple is not None and texts:
        for text in texts[0].split("|"):
            yield simple(text)
    elif named is not None and len(texts) > 1:
        for text in texts[1].split("|"):
            yield named(texts[0], text)
    else:
        yield Wish(is_secure=call.name == "req_proto_secure")


def _join_paths(one: str | None, other: str | None) -> str | None:
    """A path that begins with the one and ends with the other, if neither is all of it."""
    if one is None or other is None or one == other:
        return one if one is not None else other
    if other.startswith(one):
        return other
    return one


def _path(text: str) -> Wish:
    return Wish(path=text if text.startswith("/") else f"/{text}")


def _host(text: str) -> Wish:
    return Wish(host=text)


def _host_below(text: str) -> Wish:
    return Wish(host=f"a{text}" if text.startswith(".") else text)


def _method(text: str) -> Wish:
    return Wish(method=text)


def _query(name: str, value: str = "") -> Wish:
    return Wish(query=((name, value),))


def _field(name: str, value: str = "1") -> Wish:
    return Wish(fields=((name, value),))


def _cookie(name: str, value: str = "1") -> Wish:
    return Wish(cookies=((name, value),))


_SIMPLE: dict[str, Callable[[str], Wish]] = {
    "req_host_in": _host,
    "req_host_suffix_in": _host_below,
    "req_path_in": _path,
    "req_path_prefix_in": _path,
    "req_path_element_prefix_in": _path,
    "req_path_suffix_in": _path,
    "req_path_contain": _path,
    "req_method_in": _method,
    "req_query_key_in": _query,
    "req_query_key_prefix_in": _query,
    "req_header_key_in": _field,
    "req_cookie_key_in": _cookie,
}

_NAMED: dict[str, Callable[[str, str], Wish]] = {
    f"req_{what}_value_{how}": make
    for what, make in (("query", _query), ("header", _field), ("cookie", _cookie))
    for how in ("in", "prefix_in", "suffix_in", "contain")
}
