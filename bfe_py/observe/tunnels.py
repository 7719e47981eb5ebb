"""What is counted of tunnels."""

from bfe_py.observe.metrics import Counters, counter, gauge


class TunnelCounters(Counters, prefix="bfe_tunnel"):
    """Connections that were switched to another protocol."""

    opened: int = counter("Tunnels opened.", bfe="proxy_state.WS_CLIENT_CONN_SERVED")
    active: int = gauge("Tunnels open.", bfe="proxy_state.WS_CLIENT_CONN_ACTIVE")
    bytes_received: int = counter(
        "Bytes from clients through tunnels.", bfe="websocket_state.WEB_SOCKET_BYTES_RECV"
    )
    bytes_sent: int = counter(
        "Bytes to clients through tunnels.", bfe="websocket_state.WEB_SOCKET_BYTES_SENT"
    )
    idle: int = counter("Tunnels ended because nothing came through them for too long.")
