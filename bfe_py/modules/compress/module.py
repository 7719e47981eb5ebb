"""mod_compress: its settings, counters and handler."""

from collections.abc import Mapping

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.modules.compress.accept import accepts, has_token
from bfe_py.modules.compress.rules import Compression, RulesFile, compile_rules
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import (
    Document,
    Handler,
    Module,
    Parts,
    Phase,
    RuleTable,
    Verdict,
)

# RFC 9530, RFC 2616 14.15: digests of the content as it was; RFC 9110 14.3: ranges of it.
_NOT_OF_THE_ENCODED = frozenset(
    {b"content-length", b"content-digest", b"content-md5", b"accept-ranges"}
)
_EVENTS = b"text/event-stream"


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_compress.conf."""

    path: str = field(name="ProductRulePath", default="mod_compress/compress_rule.data")
    """File with the rules; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_compress.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_compress.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where the rules are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class CompressCounters(Counters, prefix="bfe_mod_compress"):
    """What mod_compress did."""

    checked: int = counter(
        "Responses that could be compressed, for clients that accept it.",
        bfe="mod_compress.REQ_TOTAL",
    )
    accepting: int = counter(
        "Requests that accept a coding.", bfe="mod_compress.REQ_SUPPORT_COMPRESS"
    )
    matched: int = counter(
        "Of those checked, the ones that a rule matched.",
        bfe="mod_compress.REQ_MATCH_COMPRESS_RULE",
    )
    encoded: int = counter("Responses compressed.", bfe="mod_compress.RES_ENCODE_COMPRESS")
    encoded_gzip: int = counter(
        "Responses compressed with gzip.", bfe="mod_compress.RES_ENCODE_GZIP_COMPRESS"
    )
    encoded_brotli: int = counter(
        "Responses compressed with brotli.", bfe="mod_compress.RES_ENCODE_BR_COMPRESS"
    )


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handler of mod_compress.

    BFE reads Accept-Encoding as tokens and says nothing of the coding in Vary and ETag.
    """
    table: RuleTable[Compression] = parts.documents["rules"]
    counters = parts.registry.counters(CompressCounters)
    is_compatible = parts.is_compatible
    is_accepted = has_token if is_compatible else accepts

    def compress(exchange: Exchange) -> Verdict:
        response = exchange.response
        lines = exchange.request.headers.get_all(b"accept-encoding")
        is_accepting = is_accepted(lines, b"gzip") or is_accepted(lines, b"br")
        counters.accepting += is_accepting
        if response is None or not can_encode(response, exchange.request.method):
            return None
        if not is_compatible and is_kept_as_is(response.headers):
            return None
        counters.checked += is_accepting
        rule = table.first(exchange.tenant, exchange)
        if rule is None:
            return None
        counters.matched += is_accepting
        if not is_compatible:
            add_vary(response.headers)
        if is_accepted(lines, rule.coding):
            count(rule.coding)
            if not is_compatible:
                weaken_tag(response.headers)
            encode(exchange, response, rule)
        return None

    def count(coding: bytes) -> None:
        counters.encoded += 1
        if coding == b"gzip":
            counters.encoded_gzip += 1
        else:
            counters.encoded_brotli += 1

    return {Phase.RESPONSE: compress}


def can_encode(response: ResponseHead, method: bytes) -> bool:
    """Whether there is a body, whole and in no coding yet."""
    if method == b"HEAD" or response.body_length == 0:
        return False
    # RFC 9110 6.4.1, 15.3.7: no content, or only a range of one
    if response.status < 200 or response.status in (204, 205, 206, 304):
        return False
    return (response.headers.get(b"content-encoding") or b"identity").lower() == b"identity"


def is_kept_as_is(headers: Headers) -> bool:
    """Whether the response forbids a change of its body (RFC 9111 section 5.2.2.6)."""
    directives = b",".join(headers.get_all(b"cache-control")).lower().split(b",")
    return b"no-transform" in [directive.strip(b" \t") for directive in directives]


def add_vary(headers: Headers) -> None:
    """Say in Vary that the response depends on Accept-Encoding (RFC 9110 section 12.5.5)."""
    present = b",".join([line for line in headers.get_all(b"vary") if line])
    names = [name.strip(b" \t").lower() for name in present.split(b",")]
    if b"*" not in names and b"accept-encoding" not in names:
        headers.set(b"Vary", present + b", Accept-Encoding" if present else b"Accept-Encoding")


def weaken_tag(headers: Headers) -> None:
    """Make a strong ETag weak: the bytes are no longer those it names (RFC 9110 section 8.8.1)."""
    tag = headers.get(b"etag")
    if tag is not None and not tag.startswith(b"W/"):
        headers.set(b"ETag", b"W/" + tag)


def encode(exchange: Exchange, response: ResponseHead, rule: Compression) -> None:
    """Have the body of `exchange` compressed as it streams."""
    headers = response.headers
    media_type = (headers.get(b"content-type") or b"").lower()
    headers.remove_all(_NOT_OF_THE_ENCODED)
    headers.set(b"Content-Encoding", rule.coding)
    response.body_length = None
    # An event is worth nothing later.
    flush_size = 1 if media_type.startswith(_EVENTS) else rule.flush_size
    if exchange.transforms is None:
        exchange.transforms = []
    exchange.transforms.append(rule.make_encoder(flush_size))


MODULE = Module(
    name="mod_compress",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "ProductRulePath"),
            default="mod_compress/compress_rule.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_compress",
        ),
    ),
    after=(
        "mod_trust_clientip",
        "mod_logid",
        "mod_cors",
        "mod_block",
        "mod_auth_basic",
        "mod_redirect",
        "mod_rewrite",
        "mod_header",
    ),
    monitor="mod_compress",
    description="Compresses response bodies on their way to the client.",
)
