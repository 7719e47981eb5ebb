"""Limits of all workers together, of which each worker has a part."""

from bfe_py.shares.dividing import divide, first_part
from bfe_py.shares.limit import Claim, Grant, Limit, Shares

__all__ = ["Claim", "Grant", "Limit", "Shares", "divide", "first_part"]
