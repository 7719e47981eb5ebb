"""Variables of header rules, ``%name``."""

import os
from collections.abc import Callable
from functools import lru_cache

from bfe_py.model.exchange import Exchange
from bfe_py.observe.variables.certificate import SUBJECT_OIDS, client_certificate
from bfe_py.observe.variables.row import RuleVariable
from bfe_py.observe.variables.texts import encode, without_controls

JA3_RAW = "tls.ja3_raw"
"""Note of a session: JA3 text of its ClientHello (str)."""

JA3_HASH = "tls.ja3_hash"
"""Note of a session: MD5 of that text, hexadecimal (str)."""

H2_FINGERPRINT = "h2.fingerprint"
"""Note of a session: what its HTTP/2 preface told of the client (str)."""

_UNKNOWN = b"unknown"


def _client_ip(exchange: Exchange) -> bytes:
    client = exchange.client
    return b"" if client is None else client.text.encode("ascii")


def _client_port(exchange: Exchange) -> bytes:
    client = exchange.client
    return b"" if client is None else b"%d" % client.port


def _host(exchange: Exchange) -> bytes:
    return exchange.host_field


def _session_id(exchange: Exchange) -> bytes:
    return encode(exchange.session.session_id)


def _log_id(exchange: Exchange) -> bytes:
    return without_controls(exchange.log_id)


def _vip(exchange: Exchange) -> bytes:
    vip = exchange.session.vip
    return _UNKNOWN if vip is None else vip.text.encode("ascii")


def _balancer_ip(exchange: Exchange) -> bytes:
    balancer = exchange.session.balancer
    return _UNKNOWN if balancer is None else balancer.text.encode("ascii")


def _local_ip(exchange: Exchange) -> bytes:
    return exchange.session.local.text.encode("ascii") or _UNKNOWN


@lru_cache(maxsize=1)
def _name_of_machine() -> bytes:
    return encode(os.uname().nodename) or _UNKNOWN


def _server_name(_exchange: Exchange) -> bytes:
    return _name_of_machine()


def _cluster(exchange: Exchange) -> bytes:
    return encode(exchange.cluster)


def _backend(exchange: Exchange) -> bytes:
    attempt = exchange.attempt
    name, host = ("", "") if attempt is None else (attempt.backend, attempt.host)
    return encode(
        f"ClusterName:{exchange.cluster},SubClusterName:{exchange.sub_cluster},"
        f"BackendName:{name}({host})"
    )


def _protocol(exchange: Exchange) -> bytes:
    return encode(exchange.protocol)


def _tls_resumption(exchange: Exchange) -> bytes:
    tls = exchange.session.tls
    if tls is None:
        return b""
    return b"R" if tls.is_resumed else b"N"


def _tls_cipher(exchange: Exchange) -> bytes:
    tls = exchange.session.tls
    return b"" if tls is None else encode(tls.cipher)


def _tls_version(exchange: Exchange) -> bytes:
    tls = exchange.session.tls
    return b"" if tls is None else encode(tls.version)


def _session_note(note: str) -> Callable[[Exchange], bytes]:
    def read(exchange: Exchange) -> bytes:
        known = exchange.session.notes.get(note)
        return without_controls(known) if isinstance(known, str) else b""

    return read


def _context_value(name: str) -> Callable[[Exchange], bytes]:
    def read(exchange: Exchange) -> bytes:
        known = exchange.context.get(name)
        return without_controls(known) if isinstance(known, str) else b""

    return read


def _serial_number(exchange: Exchange) -> bytes:
    return client_certificate(exchange.session).serial_number


def _subject(oid: str) -> Callable[[Exchange], bytes]:
    def read(exchange: Exchange) -> bytes:
        return client_certificate(exchange.session).subject.get(oid, b"")

    return read


RULE = (
    RuleVariable("bfe_client_ip", "IP address of the client.", _client_ip),
    RuleVariable("bfe_client_port", "Port of the client.", _client_port),
    RuleVariable("bfe_request_host", "Host of the request.", _host),
    RuleVariable("bfe_session_id", "Id of the connection (mod_logid).", _session_id),
    RuleVariable("bfe_log_id", "Id of the request (mod_logid).", _log_id),
    RuleVariable("bfe_cip", "The same as bfe_client_ip.", _client_ip),
    RuleVariable("bfe_vip", "Virtual address, or unknown.", _vip),
    RuleVariable("bfe_bip", "Address of the layer-4 balancer in front, or unknown.", _balancer_ip),
    RuleVariable("bfe_rip", "Our own address of the connection.", _local_ip),
    RuleVariable("bfe_server_name", "Host name of this machine.", _server_name),
    RuleVariable("bfe_cluster", "Cluster.", _cluster),
    RuleVariable("bfe_backend_info", "Cluster, sub-cluster and backend of a response.", _backend),
    RuleVariable("bfe_protocol", "HTTP/1.1 or HTTP/1.0 in clear; https or h2 over TLS.", _protocol),
    RuleVariable("bfe_ssl_resume", "R: the TLS session was resumed; N: not.", _tls_resumption),
    RuleVariable("bfe_ssl_cipher", "Cipher suite, as OpenSSL calls it.", _tls_cipher),
    RuleVariable("bfe_ssl_version", "TLSv1.2, TLSv1.3 ...", _tls_version),
    RuleVariable("bfe_ssl_ja3_raw", "JA3 text of the client.", _session_note(JA3_RAW)),
    RuleVariable("bfe_ssl_ja3_hash", "JA3 hash of the client.", _session_note(JA3_HASH)),
    RuleVariable(
        "bfe_http2_fingerprint", "HTTP/2 fingerprint of the client.", _session_note(H2_FINGERPRINT)
    ),
    RuleVariable("client_cert_serial_number", "Serial number, decimal.", _serial_number),
    *(
        RuleVariable(
            f"client_cert_subject_{name}", f"Subject of the certificate: {name}.", _subject(oid)
        )
        for name, oid in SUBJECT_OIDS.items()
    ),
    *(
        RuleVariable(
            f"bfe_client_geo_{name}", f"From mod_geo: {name}.", _context_value(f"mod_geo.{name}")
        )
        for name in (
            "country_iso_code",
            "subdivision_iso_code",
            "city_name",
            "latitude",
            "longitude",
        )
    ),
)
"""Variables of header rules."""
