"""What the connections of both sides are made of: flow control, bodies, deadlines."""

from bfe_py.transport.body import BodyQueue, PrefixedBody, read_prefix
from bfe_py.transport.deadline import Deadline
from bfe_py.transport.eager import EagerTask, Signal, Steps, in_task
from bfe_py.transport.flow import WriteGate
from bfe_py.transport.limits import BufferCounters, LimitedBody, ReadAhead
from bfe_py.transport.progress import NO_RATE, LeastRate, Progress
from bfe_py.transport.relay import relay, trailers_of
from bfe_py.transport.side import ConnectionSide
from bfe_py.transport.stall import Stall
from bfe_py.transport.tunnel import Tunnel
from bfe_py.transport.turn import Turn

__all__ = [
    "NO_RATE",
    "BodyQueue",
    "BufferCounters",
    "ConnectionSide",
    "Deadline",
    "EagerTask",
    "LeastRate",
    "LimitedBody",
    "PrefixedBody",
    "Progress",
    "ReadAhead",
    "Signal",
    "Stall",
    "Steps",
    "Tunnel",
    "Turn",
    "WriteGate",
    "in_task",
    "read_prefix",
    "relay",
    "trailers_of",
]
