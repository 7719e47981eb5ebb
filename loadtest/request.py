"""The request that every client sends."""

TENANT_HOST = "load.test"

FIELDS = (
    ("Host", TENANT_HOST),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.7,de;q=0.3"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Referer", "http://load.test/catalogue/lamps?page=2"),
    ("Cookie", "sid=4f1c2d7e9a0b4c36; theme=dark; consent=1"),
    ("Cache-Control", "max-age=0"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Connection", "keep-alive"),
)
"""Ten fields, as a browser sends them."""


def request_fields(*, keeps_alive: bool = True) -> tuple[tuple[str, str], ...]:
    """The ten fields; without `keeps_alive` the connection ends with the answer."""
    if keeps_alive:
        return FIELDS
    return (*FIELDS[:-1], ("Connection", "close"))


def request_head(path: str) -> bytes:
    """A whole GET of `path`, as bytes on the wire."""
    lines = [f"GET {path} HTTP/1.1", *[f"{name}: {value}" for name, value in FIELDS], "", ""]
    return "\r\n".join(lines).encode("ascii")
