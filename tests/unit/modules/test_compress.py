import gzip
import sys
import zlib
from types import ModuleType

import pytest

from bfe_py.model import Headers
from bfe_py.modules.compress import MODULE
from bfe_py.modules.compress.accept import accepts, has_token
from bfe_py.modules.compress.encoders import BrotliEncoder, GzipEncoder, find_brotli_encoder
from bfe_py.modules.compress.module import add_vary, weaken_tag
from bfe_py.pipeline import Phase
from tests.kit.modules import (
    BuiltModule,
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
    make_response,
)

GZIP = {"Cmd": "GZIP", "Quality": 6, "FlushSize": 512}
BROTLI = {"Cmd": "BROTLI", "Quality": 5, "FlushSize": 512}
TEXT = b"hello golden compress " * 400


class LoudCompressor:
    """Stands for brotli's: shows what it was asked to do."""

    def __init__(self, quality: int, lgwin: int) -> None:
        self.quality = quality
        self.lgwin = lgwin

    def process(self, piece: bytes) -> bytes:
        return b"<" + piece

    def flush(self) -> bytes:
        return b"|"

    def finish(self) -> bytes:
        return b">"


@pytest.fixture
def brotli(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("brotli")
    module.Compressor = LoudCompressor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "brotli", module)
    return module


def file(*actions: object) -> dict[str, object]:
    return {
        "Version": "1",
        "Config": {"shop": [{"Cond": "default_t()", "Action": each} for each in actions]},
    }


def build(action: object = GZIP, *, is_compatible: bool = False) -> BuiltModule:
    return build_module(MODULE, {"rules": file(action)}, is_compatible=is_compatible)


def run(built: BuiltModule, accept: bytes | None = b"gzip", method: bytes = b"GET", **response):
    fields = [] if accept is None else [(b"Accept-Encoding", accept)]
    exchange = make_exchange(method=method, headers=fields, tenant="shop")
    exchange.response = make_response(**{"length": 10, **response})
    assert built.run(Phase.RESPONSE, exchange) is None
    return exchange


@pytest.mark.parametrize(
    ("lines", "coding", "by_weight", "by_token"),
    [
        ([b"gzip"], b"gzip", True, True),
        ([b"br"], b"br", True, True),
        ([b"gzip, deflate"], b"gzip", True, True),
        ([b"deflate,gzip"], b"gzip", True, True),
        ([b"gzip\tx"], b"gzip", False, True),
        ([b"GZIP"], b"gzip", True, True),
        ([b"br;q=1.0"], b"br", True, False),
        ([b"gzip;q=0.8"], b"gzip", True, False),
        ([b"gzip ; Q=0.001"], b"gzip", True, True),
        ([b"gzip;q=0"], b"gzip", False, False),
        ([b"gzip;q=0.000, *"], b"gzip", False, False),
        ([b"gzip;q=2"], b"gzip", False, False),
        ([b"gzip;level=1"], b"gzip", False, False),
        ([b"identity;q=1, gzip"], b"gzip", True, True),
        ([b"identity, gzip;q=0.5"], b"gzip", False, False),
        ([b"*"], b"br", True, False),
        ([b"*;q=0, gzip"], b"br", False, False),
        ([b"x-gzip"], b"gzip", True, False),
        ([b"deflate", b"gzip"], b"gzip", True, False),
        ([b"deflate"], b"gzip", False, False),
        ([b"gzipped"], b"gzip", False, False),
        ([b", ,"], b"gzip", False, False),
        ([b""], b"gzip", False, False),
        ([], b"gzip", False, False),
    ],
)
def test_what_a_client_accepts(lines, coding, by_weight, by_token):
    assert accepts(lines, coding) is by_weight
    assert has_token(lines, coding) is by_token


@pytest.mark.parametrize("quality", range(-2, 10))
def test_gzip_gives_back_the_body_at_every_quality(quality):
    encoder = GzipEncoder(quality, 512)
    pieces = [encoder.feed(TEXT[:700]), encoder.feed(TEXT[700:]), encoder.finish()]
    assert gzip.decompress(b"".join(pieces)) == TEXT


def test_gzip_of_an_empty_body_is_whole():
    assert gzip.decompress(GzipEncoder(6, 64).finish()) == b""


def test_gzip_lets_go_of_what_came_together():
    encoder = GzipEncoder(6, 64)
    decoder = zlib.decompressobj(31)
    assert decoder.decompress(encoder.feed(b"x" * 63)) == b""
    assert decoder.decompress(encoder.feed(b"y")) == b"x" * 63 + b"y"
    assert decoder.decompress(encoder.feed(b"z" * 63)) == b""
    assert decoder.decompress(encoder.finish()) == b"z" * 63
    assert decoder.eof


def test_huffman_coding_alone_is_worse_than_the_default():
    def size(quality: int) -> int:
        encoder = GzipEncoder(quality, 1 << 20)
        return len(encoder.feed(TEXT) + encoder.finish())

    assert size(-1) < size(-2) < len(TEXT) < size(0)


def test_brotli_lets_go_of_what_came_together():
    encoder = BrotliEncoder(LoudCompressor(5, 18), 4)
    assert [encoder.feed(b"abc"), encoder.feed(b"d"), encoder.feed(b"efg"), encoder.finish()] == [
        b"<abc",
        b"<d|",
        b"<efg",
        b">",
    ]


def test_brotli_gives_back_the_body():
    real = pytest.importorskip("brotli")
    make = find_brotli_encoder(5)
    assert make is not None
    encoder = make(512)
    assert real.decompress(encoder.feed(TEXT) + encoder.feed(b"") + encoder.finish()) == TEXT


def test_a_response_is_compressed_as_it_streams():
    fields = [
        (b"Content-Length", b"10"),
        (b"Content-Type", b"text/plain"),
        (b"ETag", b'"e"'),
        (b"Accept-Ranges", b"bytes"),
        (b"Content-MD5", b"x"),
    ]
    exchange = run(build(), headers=fields)
    response = exchange.response
    assert response.body_length is None
    assert dict(response.headers) == {
        b"Content-Type": b"text/plain",
        b"ETag": b'W/"e"',
        b"Vary": b"Accept-Encoding",
        b"Content-Encoding": b"gzip",
    }
    (transform,) = exchange.transforms
    assert gzip.decompress(transform.feed(TEXT) + transform.finish()) == TEXT


def test_it_comes_behind_transforms_that_are_there():
    built = build()
    exchange = make_exchange(headers=[(b"Accept-Encoding", b"gzip")], tenant="shop")
    exchange.response = make_response(length=None)
    first = GzipEncoder(0, 64)
    exchange.transforms = [first]
    built.run(Phase.RESPONSE, exchange)
    assert exchange.transforms[0] is first
    assert len(exchange.transforms) == 2


def test_bfe_says_nothing_of_the_coding_in_vary_and_etag():
    fields = [(b"Vary", b"Cookie"), (b"ETag", b'"e"'), (b"Content-Length", b"10")]
    response = run(build(is_compatible=True), headers=fields).response
    assert dict(response.headers) == {
        b"Vary": b"Cookie",
        b"ETag": b'"e"',
        b"Content-Encoding": b"gzip",
    }


@pytest.mark.parametrize(
    ("method", "given"),
    [
        (b"HEAD", {}),
        (b"GET", {"length": 0}),
        (b"GET", {"status": 101, "length": None}),
        (b"GET", {"status": 204, "length": None}),
        (b"GET", {"status": 205}),
        (b"GET", {"status": 206}),
        (b"GET", {"status": 304}),
        (b"GET", {"headers": [(b"Content-Encoding", b"gzip")]}),
        (b"GET", {"headers": [(b"Content-Encoding", b"br")]}),
    ],
)
@pytest.mark.parametrize("is_compatible", [False, True])
def test_what_has_no_whole_body_or_a_coding_stays(method, given, is_compatible):
    built = build(is_compatible=is_compatible)
    exchange = run(built, method=method, **given)
    assert exchange.transforms is None
    assert exchange.response.body_length == given.get("length", 10)
    assert b"vary" not in exchange.response.headers
    assert built.counted() == {"mod_compress.REQ_SUPPORT_COMPRESS": 1}


@pytest.mark.parametrize("coding", [b"identity", b"Identity", b""])
def test_identity_is_no_coding(coding):
    exchange = run(build(), headers=[(b"Content-Encoding", coding)])
    assert exchange.response.headers.get_all(b"content-encoding") == [b"gzip"]
    assert exchange.transforms is not None


def test_an_exchange_without_a_response_is_left_alone():
    exchange = make_exchange(headers=[(b"Accept-Encoding", b"gzip")], tenant="shop")
    assert build().run(Phase.RESPONSE, exchange) is None
    assert exchange.transforms is None


@pytest.mark.parametrize(
    ("cache_control", "is_compatible", "is_encoded"),
    [
        ([b"max-age=1, No-Transform"], False, False),
        ([b"max-age=1", b"no-transform"], False, False),
        ([b"no-transform"], True, True),
        ([b"max-age=1"], False, True),
    ],
)
def test_a_response_may_forbid_changes(cache_control, is_compatible, is_encoded):
    fields = [(b"Cache-Control", value) for value in cache_control]
    exchange = run(build(is_compatible=is_compatible), headers=fields)
    assert (exchange.transforms is not None) is is_encoded


def test_a_client_that_accepts_nothing_still_learns_that_others_do():
    built = build()
    exchange = run(built, None)
    assert exchange.transforms is None
    assert exchange.response.headers.get(b"vary") == b"Accept-Encoding"
    assert built.counted() == {}


def test_there_is_no_other_rule_for_who_does_not_accept_the_first(brotli):
    built = build_module(MODULE, {"rules": file(BROTLI, GZIP)}, is_compatible=True)
    exchange = run(built, b"gzip")
    assert exchange.transforms is None
    assert dict(exchange.response.headers) == {}
    assert built.counted() == {
        "mod_compress.REQ_SUPPORT_COMPRESS": 1,
        "mod_compress.REQ_TOTAL": 1,
        "mod_compress.REQ_MATCH_COMPRESS_RULE": 1,
    }


def test_brotli_is_another_coding(brotli):
    built = build(BROTLI)
    exchange = run(built, b"gzip, br")
    assert exchange.response.headers.get(b"content-encoding") == b"br"
    (transform,) = exchange.transforms
    assert transform.feed(b"x" * 512) == b"<" + b"x" * 512 + b"|"
    assert built.counted() == {
        "mod_compress.REQ_SUPPORT_COMPRESS": 1,
        "mod_compress.REQ_TOTAL": 1,
        "mod_compress.REQ_MATCH_COMPRESS_RULE": 1,
        "mod_compress.RES_ENCODE_COMPRESS": 1,
        "mod_compress.RES_ENCODE_BR_COMPRESS": 1,
    }


def test_what_happens_with_gzip_is_counted():
    built = build()
    run(built)
    assert built.counted()["mod_compress.RES_ENCODE_GZIP_COMPRESS"] == 1
    assert built.counted()["mod_compress.RES_ENCODE_COMPRESS"] == 1


def test_a_tenant_without_a_rule_is_left_alone():
    built = build_module(MODULE, {"rules": {"Version": "1", "Config": {"other": []}}})
    assert run(built).response.headers.get(b"vary") is None
    assert built.counted() == {
        "mod_compress.REQ_SUPPORT_COMPRESS": 1,
        "mod_compress.REQ_TOTAL": 1,
    }


def test_events_are_not_held_back():
    exchange = run(build(), headers=[(b"Content-Type", b"text/event-stream; charset=utf-8")])
    (transform,) = exchange.transforms
    assert zlib.decompressobj(31).decompress(transform.feed(b"data: 1\n\n")) == b"data: 1\n\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], [b"Accept-Encoding"]),
        ([b"*"], [b"*"]),
        ([b"Cookie"], [b"Cookie, Accept-Encoding"]),
        ([b"accept-encoding"], [b"accept-encoding"]),
        ([b"Cookie", b"Origin"], [b"Cookie,Origin, Accept-Encoding"]),
    ],
)
def test_vary_names_accept_encoding_once(lines, expected):
    headers = Headers([(b"Vary", line) for line in lines])
    add_vary(headers)
    assert headers.get_all(b"vary") == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [(None, None), (b'"e"', b'W/"e"'), (b'W/"e"', b'W/"e"')]
)
def test_a_tag_becomes_weak(tag, expected):
    headers = Headers([] if tag is None else [(b"ETag", tag)])
    weaken_tag(headers)
    assert headers.get(b"etag") == expected


@pytest.mark.parametrize(
    ("action", "paths"),
    [
        (None, [()]),
        ({"Quality": 1, "FlushSize": 64}, [("Action",)]),
        ({**GZIP, "Cmd": "gzip"}, [("Action", "Cmd")]),
        ({**GZIP, "Cmd": "DEFLATE"}, [("Action", "Cmd")]),
        ({"Cmd": "GZIP"}, [("Action",), ("Action",)]),
        ({**GZIP, "Quality": 10}, [("Action", "Quality")]),
        ({**GZIP, "Quality": -3}, [("Action", "Quality")]),
        ({**BROTLI, "Quality": 12}, [("Action", "Quality")]),
        ({**BROTLI, "Quality": -1}, [("Action", "Quality")]),
        ({**GZIP, "FlushSize": 63}, [("Action", "FlushSize")]),
        ({**GZIP, "FlushSize": 4097}, [("Action", "FlushSize")]),
        ({**GZIP, "FlushSize": 1, "Quality": 99}, [("Action", "FlushSize"), ("Action", "Quality")]),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(brotli, action, paths):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(action), findings)
    assert findings.error_paths == [("Config", "shop", 0, *path) for path in paths]


def test_brotli_that_is_not_installed_is_an_error_at_load(monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(BROTLI), findings)
    (error,) = findings.errors
    assert error.path == ("Config", "shop", 0, "Action", "Cmd")
    assert "not installed" in error.message


@pytest.mark.parametrize(("quality", "warned"), [(9, False), (10, True), (11, True)])
def test_brotli_that_is_too_slow_is_loaded_with_a_warning(brotli, quality, warned):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file({**BROTLI, "Quality": quality}), findings)
    assert findings.errors == []
    assert bool(findings.warnings) is warned
