"""What two connections are to each other once nobody takes their bytes apart any more."""

from typing import Protocol


class TunnelFlow(Protocol):
    """What one side of a tunnel tells."""

    def received(self, piece: bytes) -> None:
        """Bytes came."""

    def ended(self) -> None:
        """No more bytes will come; the peer may still take some."""

    def blocked(self) -> None:
        """More is written than the peer takes."""

    def unblocked(self) -> None:
        """The peer has caught up."""

    def lost(self) -> None:
        """The connection is gone. Nothing is told after that."""


class TunnelSide(Protocol):
    """One connection of a tunnel; it is read once it was opened and resumed."""

    def open(self, flow: TunnelFlow) -> None:
        """Tell `flow` what happens from here on, and first of all what has happened already."""

    def write(self, piece: bytes) -> None:
        """Send bytes; those for a connection that ends are dropped."""

    def end_writing(self) -> None:
        """Send no more; where that cannot be said by itself, the connection is closed."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""

    def close(self) -> None:
        """End the connection once what is written was sent."""
