"""What everybody means by the words: messages, exchanges, sessions, faults, addresses."""

from bfe_py.model.address import UNIX_PEER, Address, IpRange, parse_address
from bfe_py.model.attempt import Attempt
from bfe_py.model.client import client_address
from bfe_py.model.clock import Clock
from bfe_py.model.exchange import Exchange
from bfe_py.model.fault import Fault, Kind, Side
from bfe_py.model.headers import Field, FieldBlock, Headers, Line, field_line
from bfe_py.model.message import RequestHead, ResponseHead
from bfe_py.model.session import Session, TlsFacts
from bfe_py.model.streaming import Body, BytesBody, Reply, Transform
from bfe_py.model.target import AmbiguousTarget, canonical_target, is_canonical, origin_form
from bfe_py.model.tunnel import TunnelFlow, TunnelSide

__all__ = [
    "UNIX_PEER",
    "Address",
    "AmbiguousTarget",
    "Attempt",
    "Body",
    "BytesBody",
    "Clock",
    "Exchange",
    "Fault",
    "Field",
    "FieldBlock",
    "Headers",
    "IpRange",
    "Kind",
    "Line",
    "Reply",
    "RequestHead",
    "ResponseHead",
    "Session",
    "Side",
    "TlsFacts",
    "Transform",
    "TunnelFlow",
    "TunnelSide",
    "canonical_target",
    "client_address",
    "field_line",
    "is_canonical",
    "origin_form",
    "parse_address",
]
