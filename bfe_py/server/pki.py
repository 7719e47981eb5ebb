"""FilePki: judges certificates by loading them as the listener would."""

import ssl

from bfe_py.config import PemFiles
from bfe_py.tls import Certificate, load_certificate


class FilePki:
    """`config.Pki` with the TLS library at hand."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files = PemFiles()

    def verify_pair(self, certificate: bytes, key: bytes) -> str | None:
        """Why `certificate` cannot be used with `key`."""
        wrong = self._files.verify_pair(certificate, key)
        if wrong is not None:
            return wrong
        try:
            load_certificate(
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), Certificate("", certificate, key)
            )
        except ssl.SSLError as error:
            return f"the TLS library refuses them: {error.reason or error}"
        return None

    def names_of(self, certificate: bytes) -> list[str] | None:
        """Common name and DNS names of the first certificate."""
        return self._files.names_of(certificate)
