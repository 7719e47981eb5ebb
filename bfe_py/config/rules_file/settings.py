"""Settings of one cluster: taken in part by part, at the place that BFE's schema has for each."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bfe_py.config.dynamic import ClusterEntry
from bfe_py.config.rules_file.remarks import Remarks
from bfe_py.config.text import Span

Key = tuple[str, ...]
"""Where a setting is in an entry of cluster_conf.data."""

PROTOCOL: Key = ("BackendConf", "Protocol")
SCHEME: Key = ("CheckConf", "Schem")
CHECK_HOST: Key = ("CheckConf", "Host")
CHECK_STATUS: Key = ("CheckConf", "StatusCode")
CHECK_HOST_TYPE: Key = ("CheckConf", "HostType")
NO_CHECK: Key = ("ClusterBasic", "DisableHealthCheck")
SERVER_NAME: Key = ("HTTPSConf", "RSHost")
AUTHORITIES: Key = ("HTTPSConf", "RSCAList")
UNVERIFIED: Key = ("HTTPSConf", "RSInsecureSkipVerify")
CERTIFICATE: Key = ("HTTPSConf", "BFECertFile")
CERTIFICATE_KEY: Key = ("HTTPSConf", "BFEKeyFile")

_TLS = (SERVER_NAME, AUTHORITIES, UNVERIFIED, CERTIFICATE, CERTIFICATE_KEY)


class Settings:
    """What the statements of one cluster set."""

    __slots__ = ("_repeated", "_spans", "_values", "remarks")

    def __init__(self, remarks: Remarks) -> None:
        self.remarks = remarks
        self._values: dict[Key, object] = {}
        self._spans: dict[Key, Span] = {}
        self._repeated: set[Span] = set()

    def put(self, key: Key, value: object, span: Span) -> None:
        """Take in the `value` that `span` sets; None stands for one that was reported."""
        first = self._spans.setdefault(key, span)
        if first != span:
            self._report_twice(first, span)
        elif value is not None:
            self._values[key] = value

    def _report_twice(self, first: Span, again: Span) -> None:
        if again not in self._repeated:
            self._repeated.add(again)
            line = self.remarks.line(first[0])
            self.remarks.error("E700", again, f"this is set twice; line {line} has it too")

    def entry(self) -> ClusterEntry:
        """All of them in BFE's schema; what contradicts each other is reported."""
        self._settle_tls()
        self._settle_check()
        return msgspec.convert(_nest(self._values), ClusterEntry)

    def find_probe_port(self) -> tuple[int, Span]:
        """Port that probes go to instead of the backends', and where it is set; 0: none."""
        _, _, port = str(self._values.get(CHECK_HOST, "")).partition(":")
        try:
            # Read as the probe reads it, which takes digits of any script.
            return int(port) if port.isdigit() else 0, self._spans.get(CHECK_HOST, (0, 0))
        except ValueError:
            return 0, (0, 0)

    def _settle_tls(self) -> None:
        """TLS towards backends is all or nothing: verified, unless said otherwise."""
        protocol = self._values.get(PROTOCOL)
        span = self._span(*_TLS)
        if span is not None and protocol is None:
            self._values[PROTOCOL] = "https"
        elif span is not None and protocol != "https":
            self._refuse(PROTOCOL, f"`tls` needs the protocol https, not {protocol}")
        if span is not None or protocol == "https":
            self._values.setdefault(UNVERIFIED, False)
        if (CERTIFICATE in self._spans) != (CERTIFICATE_KEY in self._spans):
            self._refuse(CERTIFICATE, "a certificate and its key are given together or not at all")
            self._refuse(
                CERTIFICATE_KEY, "a key and its certificate are given together or not at all"
            )

    def _settle_check(self) -> None:
        scheme = self._values.get(SCHEME)
        if scheme is not None and NO_CHECK in self._spans:
            self._refuse(NO_CHECK, "`check` is off and on")
        if scheme in ("tcp", "tls"):
            self._refuse(CHECK_STATUS, f"a check over {scheme} sees no status")
        if scheme in ("http", "tcp"):
            self._refuse(CHECK_HOST_TYPE, f"a check over {scheme} needs no host of a backend")

    def _refuse(self, key: Key, message: str) -> None:
        span = self._span(key)
        if span is not None:
            self.remarks.error("E700", span, message)

    def _span(self, *keys: Key) -> Span | None:
        """Where the first of `keys` that is set is set."""
        return next((self._spans[key] for key in keys if key in self._spans), None)


def _nest(values: Mapping[Key, object]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        table = nested
        for name in key[:-1]:
            table = table.setdefault(name, {})
        table[key[-1]] = value
    return nested
