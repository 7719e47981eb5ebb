"""The receiving half of a connection: bytes in, events out.

    HEAD ──head──▶ BODY ──last byte──▶ WHOLE ──restart──▶ HEAD
      │ ▲ interim    │ head without body ──▲
      │ └─┘          ▼
      ├───────────▶ BROKEN      the peer broke the protocol: bytes are thrown away
      └──101──────▶ SWITCHED    bytes belong to another protocol

What comes while a message is WHOLE waits for `restart`; the caller stops reading meanwhile.
"""

from bfe_py.model import Fault
from bfe_py.protocol.events import (
    BodyReceived,
    Event,
    Faulted,
    HeadReceived,
    MessageEnded,
    Switched,
)
from bfe_py.protocol.h1.body import BodyReader
from bfe_py.protocol.h1.opening import Opener, Phase
from bfe_py.protocol.h1.scan import HeadScanner

_HEAD = Phase.HEAD


class Receiver:
    """Turns the peer's bytes into events; `waiting` are those that are none yet.

    Args:
        scanner: with the limits of the role.
        opener: reads what the scanner found, in the way of the role.
    """

    __slots__ = ("_body", "_opener", "_scanner", "phase", "skips_line", "stream", "waiting")

    def __init__(self, scanner: HeadScanner, opener: Opener, phase: Phase) -> None:
        self.phase = phase
        self.stream = 1
        self.skips_line = False
        self._scanner = scanner
        self._opener = opener
        self._body: BodyReader | None = None
        self.waiting = bytearray()

    @property
    def has_waiting(self) -> bool:
        """Whether bytes came that are no events yet; an empty line that is passed over is none."""
        return not self._scanner.is_untouched(self.waiting)

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection ends the body at hand as it should."""
        return self._body is not None and self._body.ends_with_connection

    def receive(self, piece: bytes) -> list[Event]:
        """Events that follow from `piece`."""
        events: list[Event] = []
        if self.phase is _HEAD and not self.waiting:
            found = self._opener.recognise(piece, self.stream)
            if found is not None:
                (event, self.phase, self._body), stop = found
                events.append(event)
                if stop == len(piece):
                    return events
                piece = piece[stop:]
        while self.phase is _HEAD:
            rest = self._read_head(piece, events)
            if rest is None:
                return events
            piece = rest
        if self.phase is Phase.BODY:
            if piece:
                self._read_body(piece, events)
        elif self.phase is Phase.SWITCHED:
            events.append(Switched(self._pop() + piece))
        elif self.phase is Phase.WHOLE:
            self.waiting += piece
        return events

    def restart(self) -> list[Event]:
        """Read the next message, of which some bytes may have waited; their events."""
        self.phase = Phase.HEAD
        self._body = None
        return self.receive(self._pop()) if self.waiting else []

    def end(self) -> MessageEnded:
        """The end of the connection ends the body."""
        self.phase = Phase.WHOLE
        return MessageEnded(self.stream)

    def fail(self, fault: Fault) -> Faulted:
        """Read no more because of `fault`."""
        self.stop()
        return Faulted(self._opener.blame(fault))

    def stop(self) -> None:
        """Read no more."""
        self.phase = Phase.BROKEN
        self.waiting.clear()

    def _pop(self) -> bytes:
        waiting = bytes(self.waiting)
        self.waiting.clear()
        return waiting

    def _read_head(self, piece: bytes, events: list[Event]) -> bytes | None:
        # A head that came in one piece, as nearly all do, is not copied into the buffer first.
        seen: bytes | bytearray = piece
        if self.waiting:
            self.waiting += piece
            seen = self.waiting
        try:
            head = self._scanner.take(seen, skips_line=self.skips_line)
            opening = None if head is None else self._opener.open(head, self.stream)
        except Fault as fault:
            events.append(self.fail(fault))
            return None
        if opening is None:
            if seen is piece:
                self.waiting += piece
            return None
        rest = bytes(seen[self._scanner.stop :])
        self.waiting.clear()
        event, self.phase, self._body = opening
        events.append(event)
        return rest

    def _read_body(self, piece: bytes, events: list[Event]) -> None:
        body = self._body
        assert body is not None
        content = body.feed(piece)
        if body.has_ended:
            self.phase = Phase.WHOLE
            if body.rest:
                self.waiting += body.rest
            if events and body.trailers is None:
                head = events[-1]
                assert isinstance(head, HeadReceived)
                head.end, head.content = True, content
                return
        if content:
            events.append(BodyReceived(self.stream, content))
        if body.fault is not None:
            events.append(self.fail(body.fault))
        elif body.has_ended:
            events.append(MessageEnded(self.stream, body.trailers))
