"""One rule of HTTP/1.1 a row: what a client sends, what it must get, what the backend must see.

Every row goes through the real way three times: whole, in small pieces, and with another request
directly behind it. Where the connection lives on, that request must be answered as if nothing had
been before; where it ends, nobody may see it.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.kit.answers import settle
from tests.kit.plane import FakeBackend, Plane, run, running_backend, running_plane
from tests.kit.wire_messages import Message, message, read_request, read_responses

PROBE = b"GET /probe HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
_PROBE_SEEN = message("GET /probe HTTP/1.1", "Host: shop.test")
_PROBE_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nprobe"
_PROBE_GOT = message("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close", body=b"probe")
_SECONDS = 5.0
_PIECES = 200


@dataclass(frozen=True)
class Wait:
    """A client's step: read until these bytes have come."""

    until: bytes


@dataclass(frozen=True)
class HalfClose:
    """A client's step: send no more."""


Step = bytes | Wait | HalfClose


@dataclass(frozen=True)
class Answer:
    """What the backend answers once a request is whole, and whether it then hangs up."""

    wire: bytes
    closes: bool = False


OK = Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
GOT_OK = message("HTTP/1.1 200 OK", "Content-Length: 2", body=b"ok")
GOT_LAST = message("HTTP/1.1 200 OK", "Content-Length: 2", "Connection: close", body=b"ok")

_PHRASES = {
    400: "Bad Request",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    502: "Bad Gateway",
    505: "HTTP Version Not Supported",
}


@dataclass(frozen=True)
class Rule:
    """One row.

    `section` is of RFC 9112 unless it begins with 9110. `gets` are the responses for the client,
    `sees` the whole requests for the backend. `is_kept`: the client's connection takes another
    request. `may_begin`: the backend may see the start of a request that never becomes whole.
    `fails` says why a row does not hold yet.
    """

    id: str
    section: str
    sends: bytes | tuple[Step, ...]
    gets: tuple[Message, ...]
    sees: tuple[Message, ...] = ()
    answers: tuple[Answer, ...] = (OK,)
    is_kept: bool = False
    may_begin: bool = False
    fails: str = ""
    plane: dict[str, Any] = field(default_factory=dict)


def refused(
    name: str, section: str, sends: bytes | tuple[Step, ...], status: int = 400, **row: Any
) -> Rule:
    """A request that is answered with `status`, ends its connection and goes nowhere."""
    gone = message(
        f"HTTP/1.1 {status} {_PHRASES[status]}", "Content-Length: 0", "Connection: close"
    )
    return Rule(name, section, sends, (gone,), **row)


def passed(
    name: str, section: str, sends: bytes | tuple[Step, ...], *sees: Message, **row: Any
) -> Rule:
    """Requests that reach the backend as `sees`, each answered with `OK`."""
    row.setdefault("gets", tuple([GOT_OK for _ in sees]))
    row.setdefault("answers", tuple([OK for _ in sees]))
    row.setdefault("is_kept", True)
    return Rule(name, section, sends, sees=sees, **row)


def answered(
    name: str, section: str, answer: bytes, *gets: Message, closes: bool = False, **row: Any
) -> Rule:
    """An answer of the backend to a plain GET, which reaches the client as `gets`."""
    row.setdefault("sends", get())
    row.setdefault("sees", (message("GET / HTTP/1.1", "Host: shop.test"),))
    row.setdefault("is_kept", True)
    return Rule(name, section, gets=gets, answers=(Answer(answer, closes),), **row)


def unusable(name: str, section: str, answer: bytes, *, closes: bool = False, **row: Any) -> Rule:
    """An answer that the client must not get: it is told 502 instead."""
    bad = message("HTTP/1.1 502 Bad Gateway", "Content-Length: 0")
    return answered(name, section, answer, bad, closes=closes, **row)


def get(*lines: bytes, start: bytes = b"GET / HTTP/1.1", body: bytes = b"") -> bytes:
    """A request for shop.test with `lines`."""
    return b"\r\n".join([start, b"Host: shop.test", *lines, b"", body])


def post(*lines: bytes, body: bytes = b"") -> bytes:
    """The same for POST."""
    return get(*lines, start=b"POST /p HTTP/1.1", body=body)


def chunked(body: bytes, *lines: bytes) -> bytes:
    """A POST in chunks."""
    return post(b"Transfer-Encoding: chunked", *lines, body=body)


def ok(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK", body: bytes = b"") -> bytes:
    """A response with `lines`."""
    return b"\r\n".join([start, *lines, b"", body])


def params(rules: Sequence[Rule]) -> list[Any]:
    """Rows for pytest; those that do not hold yet have to fail."""
    assert len({rule.id for rule in rules}) == len(rules), "a name stands twice"
    return [
        pytest.param(
            rule,
            id=f"{rule.section} {rule.id}".strip(),
            marks=[pytest.mark.xfail(strict=True, reason=rule.fails)] if rule.fails else [],
        )
        for rule in rules
    ]


async def write(writer: asyncio.StreamWriter, wire: bytes, *, is_cut: bool) -> None:
    """Send `wire` at once or in small pieces, as far as the other side does not hang up."""
    size = max(1, len(wire) // _PIECES if is_cut else len(wire))
    for offset in range(0, len(wire), size):
        if writer.transport.is_closing():
            return
        writer.write(wire[offset : offset + size])
        if is_cut:
            # Two turns of the loop: the piece leaves, and the other side reads it by itself.
            await asyncio.sleep(0)
            await asyncio.sleep(0)


class Recorder:
    """A backend that reads requests strictly and answers each with what the row says."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.seen: list[Message] = []
        self.begun: list[bytes] = []
        self._is_cut = False

    def begin(self, *, is_cut: bool) -> None:
        """Another way through the same row begins; `is_cut`: answers leave in small pieces."""
        self.seen.clear()
        self.begun.clear()
        self._is_cut = is_cut

    async def script(
        self, backend: FakeBackend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        waiting = b""
        try:
            while piece := await reader.read(65536):
                waiting += piece
                while (found := read_request(waiting)) is not None and found[0].is_whole:
                    waiting = waiting[found[1] :]
                    self.seen.append(found[0])
                    answer = self._choose(found[0])
                    await write(writer, answer.wire, is_cut=self._is_cut)
                    if answer.closes:
                        return
        finally:
            if waiting:
                self.begun.append(waiting)

    def _choose(self, request: Message) -> Answer:
        if request == _PROBE_SEEN:
            return Answer(_PROBE_ANSWER)
        return self._rule.answers[min(len(self.seen), len(self._rule.answers)) - 1]


class Client:
    """Plays the steps of a row and keeps what comes back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.got = b""
        self.has_eof = False

    async def play(self, steps: Sequence[Step], *, is_cut: bool) -> None:
        for step in steps:
            match step:
                case Wait(until):
                    while until not in self.got and await self.read():
                        pass
                case HalfClose():
                    self._writer.write_eof()
                case _:
                    await write(self._writer, step, is_cut=is_cut)

    async def read(self) -> bool:
        """Read some more; False at the end."""
        piece = await self._reader.read(65536)
        self.got += piece
        self.has_eof = self.has_eof or not piece
        return bool(piece)


async def _play(rule: Rule, plane: Plane, *, is_cut: bool, is_followed: bool) -> list[Message]:
    """Responses that the client of one way gets."""
    steps = rule.sends if isinstance(rule.sends, tuple) else (rule.sends,)
    methods = [seen.start.split(" ")[0] for seen in rule.sees]
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    client = Client(reader, writer)
    try:
        async with asyncio.timeout(_SECONDS):
            await client.play([*steps, PROBE] if is_followed else steps, is_cut=is_cut)
            if rule.is_kept and not is_followed:
                while len(_whole(client, methods)) < len(rule.gets) and await client.read():
                    pass
                writer.write(PROBE)
            with contextlib.suppress(ConnectionError):
                while await client.read():
                    pass
    finally:
        writer.close()
    return read_responses(client.got, methods, has_eof=client.has_eof)


def _whole(client: Client, methods: Sequence[str]) -> list[Message]:
    found = read_responses(client.got, methods, has_eof=client.has_eof)
    return [one for one in found if one.is_whole]


def hold(rule: Rule) -> None:
    """Take `rule` through the real way and compare both ends."""
    run(_hold(rule))


async def _hold(rule: Rule) -> None:
    recorder = Recorder(rule)
    is_plain = not isinstance(rule.sends, tuple)
    async with (
        running_backend(recorder.script) as backend,
        running_plane([("127.0.0.1", backend.port)], **rule.plane) as plane,
    ):
        for way in ("whole", "in pieces", "followed") if is_plain else ("whole", "in pieces"):
            is_cut = way == "in pieces"
            recorder.begin(is_cut=is_cut)
            got = await _play(rule, plane, is_cut=is_cut, is_followed=way == "followed")
            await settle(plane)
            kept = (_PROBE_GOT,) if rule.is_kept else ()
            _compare(f"{way}: the client got", got, rule.gets + kept)
            probed = (_PROBE_SEEN,) if rule.is_kept else ()
            _compare(f"{way}: the backend saw", recorder.seen, rule.sees + probed)
            if not rule.may_begin:
                _compare(f"{way}: the backend saw the start of", recorder.begun, ())
            assert plane.endpoint.counters.crashes == 0, way


def _compare(what: str, found: Sequence[object], wanted: Sequence[object]) -> None:
    if list(found) != list(wanted):
        raise AssertionError(
            "\n  ".join([what, *map(repr, found), "but should be", *map(repr, wanted)])
        )
