"""How a client connection ends: by its client, by a deadline, by a drain, or broken off."""

import asyncio

from bfe_py.downstream.counters import Tally
from bfe_py.downstream.endpoint import Endpoint
from bfe_py.downstream.pace import Waiting
from bfe_py.downstream.reply import CodecReply, refuse
from bfe_py.downstream.wire import Wire
from bfe_py.model import Fault, Kind, Session
from bfe_py.protocol import Codec
from bfe_py.transport import BodyQueue


class EndingConnection(asyncio.Protocol):
    """What a connection of a client holds, and its ends.

    `session`, codec and wire are there once the connection is.
    """

    __slots__ = (
        "_body",
        "_codec",
        "_early",
        "_endpoint",
        "_has_eof",
        "_head_begun",
        "_is_cold",
        "_is_reset",
        "_is_serving",
        "_loop",
        "_reply",
        "_says_close",
        "_seen",
        "_stream",
        "_tally",
        "_unread",
        "_wire",
        "session",
    )

    _codec: Codec
    _wire: Wire
    _tally: Tally
    session: Session

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoint: Endpoint) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self._early = self._unread = b""
        self._has_eof = False
        self._head_begun = 0.0
        self._stream = 0
        self._is_cold = True
        self._seen = 0
        self._says_close = False
        self._reply: CodecReply | None = None
        self._body: BodyQueue | None = None
        self._is_serving = False
        self._is_reset = False

    def _fault(self, fault: Fault, *, is_told: bool = True) -> None:
        """The client broke the protocol, or took too long; `is_told`: it gets an answer."""
        endpoint = self._endpoint
        endpoint.count_fault(fault)
        if self._is_serving:
            if self._body is not None:
                self._body.fail(fault)
            return
        self.session.fault_code, self.session.fault_detail = fault.code, fault.detail
        status = fault.status(compatible=endpoint.terms.is_compatible)
        if status and is_told:
            is_bare = endpoint.terms.follows_bfe
            refuse(self._codec, self._wire, self._stream + 1, status, is_bare=is_bare)
        self._end(may_send=is_told)

    def _cut_off(self, fault: Fault) -> None:
        """The client does not take what it gets: whoever sends it that has `fault`."""
        self._endpoint.counters.stalled += 1
        self.session.fault_code, self.session.fault_detail = fault.code, fault.detail
        self._wire.gate.fail(fault)
        self._wire.reset()

    def _end(self, *, may_send: bool) -> None:
        if may_send and not self._has_eof:
            self._wire.linger()
        else:
            self._wire.close()

    def _expired(self) -> None:
        if self._unread:
            return  # it came in time
        waiting = self._wire.pace.waiting
        match waiting:
            case Waiting.END:
                self._wire.waited()
            case Waiting.NOTHING:
                pass
            case Waiting.IDLE:
                self._endpoint.counters.idle_ended += 1
                self._wire.close()
            case Waiting.BODY:
                self._wire.hurry()
                self._fault(Fault(Kind.BODY_TIMEOUT, "body-timeout"))
            case Waiting.TAKING:
                self._cut_off(Fault(Kind.CLIENT_WRITE, "response-timeout"))
            case _:
                self._wire.hurry()
                is_told = (
                    waiting is Waiting.REST_OF_HEAD and not self._endpoint.terms.hides_timeouts
                )
                self._fault(Fault(Kind.HEADER_TIMEOUT, "header-timeout"), is_told=is_told)

    def _end_session(self) -> None:
        wire, session = self._wire, self.session
        session.bytes_written = wire.written
        if wire.side is not None:
            session.bytes_read += wire.side.received
            session.bytes_written += wire.side.written
        is_ours = wire.is_closing and not self._has_eof
        self._endpoint.session_ended(session, None if is_ours else self._loss())

    def _loss(self) -> Fault:
        """How the client ended the connection."""
        return (
            Fault(Kind.CLIENT_RESET, "reset")
            if self._is_reset
            else Fault(Kind.CLIENT_CLOSED, "EOF")
        )

    def drain(self, *, is_patient: bool = False) -> None:
        """End after the exchange at hand, whose head may be on its way; at once without one.

        `is_patient`: if the client cannot be told any more, after the next exchange, which the
        endpoint sees to.
        """
        if self._reply is not None:
            if not (is_patient and self._reply.has_begun):
                self._reply.announce_close()
        elif self._head_begun or self._is_serving or self._unread:
            self._codec.announce_close()
        elif not (is_patient or self._wire.is_closing):
            self._wire.close()

    @property
    def is_ending(self) -> bool:
        """All is answered; it only waits for the client to take leave."""
        return self._wire.is_closing

    def abort(self) -> None:
        """End now."""
        self._wire.abort()
