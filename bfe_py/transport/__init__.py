"""What the connections of both sides are made of: flow control, bodies, deadlines."""

from bfe_py.transport.body import BodyQueue, PrefixedBody, read_prefix
from bfe_py.transport.deadline import Deadline
from bfe_py.transport.flow import WriteGate
from bfe_py.transport.limits import BufferCounters, LimitedBody, ReadAhead
from bfe_py.transport.relay import relay, trailers_of
from bfe_py.transport.stall import Stall

__all__ = [
    "BodyQueue",
    "BufferCounters",
    "Deadline",
    "LimitedBody",
    "PrefixedBody",
    "ReadAhead",
    "Stall",
    "WriteGate",
    "read_prefix",
    "relay",
    "trailers_of",
]
