"""Whatever two sides do: bytes arrive in order, and nobody is read while the other is full."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.model import TunnelFlow
from bfe_py.observe import TunnelCounters
from bfe_py.transport import Tunnel


class Side:
    """A side that checks what is asked of it."""

    def __init__(self) -> None:
        self.written = b""
        self.has_ended = False
        self.is_paused = True
        self.is_closed = False
        self.is_lost = False
        self.flow: TunnelFlow

    def open(self, flow: TunnelFlow) -> None:
        self.flow = flow

    def write(self, piece: bytes) -> None:
        assert not self.has_ended or self.is_closed
        if not self.is_closed:
            self.written += piece

    def end_writing(self) -> None:
        self.has_ended = True

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        self.is_closed = True


class Talk:
    """Two sides, what they have said and are up to, and the acts that they can do."""

    def __init__(self) -> None:
        self.client, self.backend = Side(), Side()
        self.said = {True: b"", False: b""}
        self.full = {True: False, False: False}
        self.done = {True: False, False: False}

    def sides(self, is_client: bool) -> tuple[Side, Side]:
        return (self.client, self.backend) if is_client else (self.backend, self.client)

    def say(self, is_client: bool, piece: bytes) -> None:
        near, far = self.sides(is_client)
        if not self.done[is_client] and not near.is_paused:
            near.flow.received(piece)
            self.said[is_client] += b"" if far.is_closed else piece

    def end(self, is_client: bool, _: bytes) -> None:
        near, far = self.sides(is_client)
        if not self.done[is_client]:
            self.done[is_client] = True
            near.flow.ended()
            assert far.has_ended

    def turn(self, is_client: bool, _: bytes) -> None:
        near, _far = self.sides(is_client)
        self.full[is_client] = not self.full[is_client]
        if self.full[is_client]:
            near.flow.blocked()
        else:
            near.flow.unblocked()

    def lose(self, is_client: bool, _: bytes) -> None:
        near, far = self.sides(is_client)
        near.is_lost = near.is_closed = True
        near.flow.lost()
        assert far.is_closed

    def check(self) -> None:
        assert self.backend.is_paused == self.full[True]
        assert self.client.is_paused == self.full[False]
        assert self.backend.written == self.said[True]
        assert self.client.written == self.said[False]
        if all(self.done.values()):
            assert self.client.is_closed
            assert self.backend.is_closed


ACTS = st.sampled_from([Talk.say, Talk.end, Talk.turn, Talk.lose])


@given(st.lists(st.tuples(ACTS, st.booleans(), st.binary(min_size=1, max_size=9)), max_size=40))
def test_a_tunnel_carries_what_both_say_and_ends_when_both_are_gone(acts) -> None:
    async def main() -> None:
        talk, counters = Talk(), TunnelCounters()
        tunnel = Tunnel(talk.client, talk.backend, 60.0, counters)
        running = asyncio.get_running_loop().create_task(tunnel.run())
        await asyncio.sleep(0)
        for act, is_client, piece in acts:
            if not talk.sides(is_client)[0].is_lost:
                act(talk, is_client, piece)
                talk.check()
        for is_client in (True, False):
            if not talk.sides(is_client)[0].is_lost:
                assert counters.active == 1
                talk.lose(is_client, b"")
        await running
        assert counters.active == 0

    asyncio.run(main())
