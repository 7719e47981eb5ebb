"""Running the modules of a phase, and what each of them changed."""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, cast

from bfe_py.cli.explaining.story import Effect
from bfe_py.model import Exchange, Headers, Session
from bfe_py.pipeline import Chain, Close, Phase, Respond, Verdict

Line = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class _State:
    """Everything about an exchange or its session that a module may change."""

    request: Counter[Line]
    response: Counter[Line]
    status: int | None
    target: bytes
    host: bytes
    client: str
    tags: str
    notes: str
    transforms: tuple[str, ...]
    is_trusted: bool

    @classmethod
    def of(cls, exchange: Exchange) -> "_State":
        response = exchange.response
        return cls(
            request=_lines(exchange.request.headers),
            response=_lines(Headers() if response is None else response.headers),
            status=exchange.status,
            target=exchange.upstream_target,
            host=exchange.host_field,
            client="" if exchange.client is None else exchange.client.text,
            tags=str(exchange.tags),
            notes=str(sorted(exchange.context)),
            transforms=tuple(type(one).__name__ for one in exchange.transforms or ()),
            is_trusted=exchange.session.is_trusted,
        )


def run_session_phase(chain: Chain, phase: Phase, exchange: Exchange) -> Iterator[Effect]:
    """What the modules of a phase of the connection do; ends with the first verdict."""
    handlers = cast("tuple[Callable[[Session], Verdict], ...]", chain.handlers[phase])
    for name, handler in zip(chain.names[phase], handlers, strict=True):
        before = _State.of(exchange)
        verdict = handler(exchange.session)
        yield from _effect(phase, name, verdict, _changes(before, _State.of(exchange)))
        if verdict is not None:
            return


def run_phase(chain: Chain, phase: Phase, exchange: Exchange) -> Iterator[Effect]:
    """What the modules of a phase of the exchange do; ends with the first verdict."""
    handlers = cast("tuple[Callable[[Exchange], Any], ...]", chain.handlers[phase])
    for name, handler in zip(chain.names[phase], handlers, strict=True):
        before = _State.of(exchange)
        verdict = handler(exchange)
        if isinstance(verdict, Awaitable):
            if isinstance(verdict, Coroutine):
                verdict.close()
            yield Effect(phase.name, name, ("has to wait for somebody else: not followed",))
            continue
        yield from _effect(phase, name, verdict, _changes(before, _State.of(exchange)))
        if verdict is not None:
            return


def _effect(phase: Phase, name: str, verdict: Verdict, changes: list[str]) -> Iterator[Effect]:
    match verdict:
        case Respond(head):
            location = head.headers.get(b"location")
            where = "" if location is None else f", Location: {_text(location)}"
            changes.append(f"answers {head.status}{where}")
        case Close(reason):
            changes.append(f"closes the connection ({reason})")
        case None:
            pass
    if changes:
        yield Effect(phase.name, name, tuple(changes), ends=verdict is not None)


def _changes(before: _State, after: _State) -> list[str]:
    changes = []
    for name, old, new in (
        ("target", before.target, after.target),
        ("host", before.host, after.host),
    ):
        if old != new:
            changes.append(f"{name} {_text(old)} -> {_text(new)}")
    changes += _line_changes("", before.request, after.request)
    changes += _line_changes("response ", before.response, after.response)
    if before.client != after.client:
        changes.append(f"client {before.client} -> {after.client}")
    if after.is_trusted and not before.is_trusted:
        changes.append("the peer is trusted")
    if before.tags != after.tags:
        changes.append(f"tags {after.tags}")
    if before.notes != after.notes:
        changes.append(f"notes {after.notes}")
    if before.status != after.status:
        changes.append(f"status {before.status} -> {after.status}")
    changes += [f"body goes through {name}" for name in after.transforms[len(before.transforms) :]]
    return changes


def _line_changes(what: str, before: Counter[Line], after: Counter[Line]) -> list[str]:
    gone = [f"{what}- {_shown(line)}" for line in (before - after).elements()]
    return gone + [f"{what}+ {_shown(line)}" for line in (after - before).elements()]


def _lines(headers: Headers) -> Counter[Line]:
    return Counter(headers)


def _shown(line: Line) -> str:
    return f"{_text(line[0])}: {_text(line[1])}"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
