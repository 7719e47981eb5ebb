"""A request described by a few words, for trying conditions out; the `Facts` of such a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self, TypeAlias, cast

from bfe_py.condition.addresses import parse_address
from bfe_py.condition.reading import (
    TargetError,
    authority_of,
    decode_path,
    parse_cookies,
    parse_query,
    split_host,
    split_target,
)

# HTTP/1 takes these out of the fields when it reads a request.
_NOT_FIELDS = frozenset({"host", "transfer-encoding"})

_Pairs: TypeAlias = list[tuple[str, str]]


class SketchError(ValueError):
    """A description that no request can be made of."""


@dataclass(slots=True)
class RequestSketch:
    """A request as conditions see it; every field has the value of a bare ``GET /``.

    `fields` and `response_fields` map names in small letters to first values.
    """

    host: str = ""
    port: str = "80"
    host_tag: str = ""
    method: str = "GET"
    protocol: str = "HTTP/1.1"
    is_secure: bool = False
    path: str = "/"
    target: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    client_address: int | None = None
    socket_address: int | None = None
    vip: int | None = None
    is_trusted: bool = False
    server_name: str | None = None
    is_client_authenticated: bool = False
    client_authority: str | None = None
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    body_prefix: bytes = b""
    status: int | None = None
    response_fields: Mapping[str, str] = field(default_factory=dict)
    now: float = 0.0

    def header(self, name: str) -> str | None:
        """First value of the request field `name` (any case), or None."""
        return self.fields.get(name.lower())

    def response_header(self, name: str) -> str | None:
        """First value of the response field `name` (any case), or None."""
        return self.response_fields.get(name.lower())

    @classmethod
    def decode(cls, request: Mapping[str, object], now: float) -> Self:
        """Sketch from a description with the keys of the condition vectors; `now` in seconds.

        Keys that are left out have the value of a bare ``GET /`` without a host.

        Raises:
            SketchError: a value has the wrong type, or no request can have it.
        """
        sketch = cls(now=now)
        description = _Description(request)
        sketch._set_target(description)
        sketch._set_fields(description)
        sketch._set_session(description)
        sketch._set_response(description)
        sketch.host_tag = description.text("host_tag", "")
        sketch.tags = {
            name: _texts("tags", values) for name, values in description.mapping("tags").items()
        }
        sketch.context = dict(description.mapping("context"))
        return sketch

    def _set_target(self, description: "_Description") -> None:
        self.method = description.text("method", "GET")
        path = description.text("path", "/")
        query = description.maybe_text("query")
        target = path if query is None else f"{path}?{query}"
        self.target = description.maybe_text("request_uri") or target
        try:
            self.path = decode_path(self.target)
        except TargetError as error:
            raise SketchError(str(error)) from None
        self.query = parse_query(split_target(self.target)[1])
        authority = authority_of(self.target)
        host = description.maybe_text("host") or ""
        self.host, self.port = split_host(host if authority is None else authority)

    def _set_fields(self, description: "_Description") -> None:
        pairs = description.pairs("headers")
        cookies = description.mapping("cookies")
        if cookies:
            crumbs = [f"{name}={cookies[name]}" for name in sorted(cookies)]
            pairs.append(("Cookie", "; ".join(crumbs)))
        body = description.maybe_text("body")
        if body is not None:
            self.body_prefix = body.encode("utf-8", "surrogateescape")
            pairs.append(("Content-Length", str(len(self.body_prefix))))
        time = description.maybe_text("time")
        if time is not None:
            pairs.append(("X-Bfe-Debug-Time", _debug_time(time)))
        fields = _first_values(pairs)
        if fields.get("pragma") == "no-cache":
            fields.setdefault("cache-control", "no-cache")
        self.fields = {name: fields[name] for name in fields if name not in _NOT_FIELDS}
        self.cookies = parse_cookies([value for name, value in pairs if name.lower() == "cookie"])

    def _set_session(self, description: "_Description") -> None:
        self.is_secure = description.text("scheme", "http") == "https"
        default = "https" if self.is_secure else "HTTP/1.1"
        self.protocol = description.maybe_text("proto") or default
        self.client_address = description.address("client_ip")
        self.socket_address = description.address("socket_ip")
        self.vip = description.address("vip")
        self.is_trusted = description.truth("trusted")
        tls = _Description(description.mapping("tls"))
        if self.is_secure:
            self.server_name = description.maybe_text("sni")
            self.is_client_authenticated = tls.truth("client_auth")
            self.client_authority = tls.maybe_text("client_ca")

    def _set_response(self, description: "_Description") -> None:
        response = _Description(description.mapping("response"))
        status = response.values.get("status")
        if status is None:
            return
        if not isinstance(status, int):
            raise SketchError("status is no number")
        self.status = status
        self.response_fields = _first_values(response.pairs("headers"))


@dataclass(frozen=True, slots=True)
class _Description:
    """Decoded JSON of which nothing is known yet; null is the same as left out."""

    values: Mapping[str, object]

    def maybe_text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is None or isinstance(value, str):
            return value
        raise SketchError(f"{key} is no text")

    def text(self, key: str, default: str) -> str:
        value = self.maybe_text(key)
        return default if value is None else value

    def truth(self, key: str) -> bool:
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise SketchError(f"{key} is neither true nor false")

    def mapping(self, key: str) -> Mapping[str, object]:
        value = self.values.get(key)
        if value is None:
            return {}
        if isinstance(value, dict):
            return cast(Mapping[str, object], value)
        raise SketchError(f"{key} is no object")

    def address(self, key: str) -> int | None:
        text = self.maybe_text(key)
        if text is None:
            return None
        address = parse_address(text)
        if address is None:
            raise SketchError(f"{key} is no address")
        return address

    def pairs(self, key: str) -> _Pairs:
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise SketchError(f"{key} is no list of pairs")
        pairs = [_texts(key, pair) for pair in value]
        if any(len(pair) != 2 for pair in pairs):
            raise SketchError(f"{key} is no list of pairs")
        # The reader of a message drops the blanks around a value.
        return [(name, text.strip(" \t")) for name, text in pairs]


def _texts(key: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return cast(list[str], value)
    raise SketchError(f"{key} is no list of texts")


def _first_values(pairs: _Pairs) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name.lower(), value)
    return fields


def _debug_time(text: str) -> str:
    wrong = SketchError("time is not in the form of RFC 3339, with an offset")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise wrong
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
    return f"{moment.year:04}{moment:%m%d%H%M%S}Z"
