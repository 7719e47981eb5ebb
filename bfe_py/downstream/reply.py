"""CodecReply: the answer to one request, over a codec."""

from collections.abc import Callable

import msgspec

from bfe_py.downstream.wire import Wire
from bfe_py.model import Headers, ResponseHead, TunnelSide
from bfe_py.protocol import Codec, Switched, bare_refusal, is_event_stream


class CodecReply(msgspec.Struct, eq=False):
    """A `model.Reply`. The same for every protocol: the codec knows how a message looks."""

    _codec: Codec
    _wire: Wire
    _stream: int
    _gone: Callable[[], None] | None = None
    _head: ResponseHead | None = None
    _counts_half_close: bool = False
    _is_half_closed: bool = False
    has_begun: bool = False
    is_ended: bool = False
    is_settled: bool = False
    """The codec has begun the next exchange."""
    closes: bool = False
    """The connection ends after this answer."""
    bytes_sent: int = 0

    def send_interim(self, head: ResponseHead) -> None:
        """Send a 1xx response at once."""
        if not self.has_begun and not self.is_ended:
            self._codec.send_head(self._stream, head)
            self.flush()

    def send_head(self, head: ResponseHead) -> None:
        """Send the final head; it leaves with the first piece of the body, or at `flush`."""
        self.has_begun = True
        self._head = head
        self._date(head)
        self._codec.send_head(self._stream, head)

    def send_whole(self, head: ResponseHead, content: bytes) -> None:
        """Send head, body and end at once."""
        self.has_begun = self.is_ended = True
        if head.headers.get(b"date") is None:
            head.headers.add(b"Date", self._wire.date.value())
        out = self._codec.answer(self._stream, head, content)
        if out:
            self.is_settled = True
            self._gone = None
            self.bytes_sent += self._wire.post(out)
            return
        self._codec.send_head(self._stream, head, end=True, content=content)
        self.bytes_sent += self._wire.post(self._codec.data_to_send())

    def _date(self, head: ResponseHead) -> None:
        if head.headers.get(b"date") is None:
            head.headers.add(b"Date", self._wire.date.value())

    def switch(self, head: ResponseHead) -> TunnelSide:
        """Send a 101; what the client has sent behind its request belongs to the other protocol."""
        self.has_begun = self.is_ended = True
        self._codec.send_head(self._stream, head)
        self.flush()
        events = self._codec.next_exchange() or []
        early = b"".join([event.rest for event in events if type(event) is Switched])
        return self._wire.switch(early, has_ended=self._is_half_closed)

    def send_body(self, piece: bytes) -> None:
        """Send one piece of the body."""
        self._codec.send_body(self._stream, piece)
        self.flush()

    def send_end(self, trailers: Headers | None = None) -> None:
        """End the body."""
        self.is_ended = True
        self._codec.send_end(self._stream, trailers)
        self.flush()

    def flush(self) -> None:
        """Hand what was sent to the transport."""
        self.bytes_sent += self._wire.write(self._codec.data_to_send())

    @property
    def is_endless(self) -> bool:
        """It has begun, and goes on for as long as both sides like."""
        head = self._head
        return head is not None and (head.status == 101 or is_event_stream(head.headers))

    @property
    def is_blocked(self) -> bool:
        """Above the high-water mark, or gone."""
        return self._wire.gate.is_blocked

    async def wait_writable(self) -> None:
        """Wait until more can be sent; raises Fault if the client is gone."""
        await self._wire.gate.wait()

    def announce_close(self) -> None:
        """The connection ends after this answer."""
        self.closes = True
        self._codec.announce_close()

    def abort(self) -> None:
        """Cut the answer off: a message that is not whole must not look as if it were."""
        if self.is_ended:
            return
        self.is_ended = True
        if not self._codec.reset(self._stream):
            self._wire.reset()

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Call `act` if the client goes away, at once if it has; None: no longer."""
        self._gone = act
        self._counts_half_close = counts_half_close
        if self._wire.is_gone:
            self.client_gone()
        elif self._is_half_closed:
            self.client_half_closed()

    def client_gone(self) -> None:
        """The connection is lost."""
        act, self._gone = self._gone, None
        if act is not None:
            act()

    def client_half_closed(self) -> None:
        """The client sends no more, but may still read."""
        self._is_half_closed = True
        if self._counts_half_close:
            self.client_gone()


def refuse(codec: Codec, wire: Wire, stream: int, status: int, *, is_bare: bool = False) -> None:
    """Answer a request that never became an exchange; `is_bare`: with a status line alone."""
    if is_bare:
        wire.write(bare_refusal(status))
        return
    reply = CodecReply(codec, wire, stream)
    reply.announce_close()
    headers = Headers([(b"Content-Length", b"0")])
    reply.send_whole(ResponseHead(status, headers), b"")
