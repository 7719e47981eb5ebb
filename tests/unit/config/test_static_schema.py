import msgspec
import pytest

from bfe_py.config.static_schema import Https, Server, SessionCache, SessionTicket


def test_the_keys_of_the_server_are_those_of_bfe() -> None:
    keys = {entry.encode_name for entry in msgspec.structs.fields(Server)}
    assert {"HttpPort", "Layer4LoadBalancer", "Modules", "TotalBodyBufferSize"} <= keys
    assert len(keys) == 35


@pytest.mark.parametrize("schema", [Server, Https, SessionCache, SessionTicket])
def test_every_key_has_a_default(schema: type[msgspec.Struct]) -> None:
    assert all(not entry.required for entry in msgspec.structs.fields(schema))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("HttpPort", [1, 65535], [0, 65536]),
        ("HttpsPort", [1, 65535], [0, 65536]),
        ("MaxCpus", [0], [-1]),
        ("AcceptNum", [0], [-1]),
        ("TlsHandshakeTimeout", [1, 1200], [0, 1201]),
        ("ClientReadTimeout", [1], [0]),
        ("ClientWriteTimeout", [1], [0]),
        ("GracefulShutdownTimeout", [1, 300], [0, 301]),
        ("MaxHeaderBytes", [1], [0]),
        ("MaxHeaderUriBytes", [1], [0]),
        ("TotalBodyBufferSize", [0], [-1]),
        ("MonitorPort", [-1, 99999], []),
    ],
)
def test_numbers_have_the_ranges_of_bfe(key: str, good: list[int], bad: list[int]) -> None:
    for value in good:
        msgspec.convert({key: value}, Server)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({key: value}, Server)
