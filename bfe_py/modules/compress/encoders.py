"""Encoders: transforms that compress a body as it streams."""

import importlib
import zlib
from collections.abc import Callable
from typing import Protocol

from bfe_py.model import Transform

MakeEncoder = Callable[[int], Transform]
"""Encoder for one body; it lets go of what it holds after that many bytes."""

HUFFMAN_ONLY = -2
_GZIP_WINDOW = 31
_BROTLI_WINDOW = 18  # 256 KiB: what an encoder holds for each response


class _Encoder(Protocol):
    def compress(self, piece: bytes) -> bytes: ...

    def flush(self, mode: int) -> bytes: ...


class GzipEncoder:
    """gzip (RFC 1952) of a body."""

    __slots__ = ("_encoder", "_flush_size", "_held")

    def __init__(self, quality: int, flush_size: int) -> None:
        strategy = zlib.Z_DEFAULT_STRATEGY
        if quality == HUFFMAN_ONLY:
            quality, strategy = zlib.Z_BEST_SPEED, zlib.Z_HUFFMAN_ONLY
        self._encoder: _Encoder = zlib.compressobj(
            quality, zlib.DEFLATED, _GZIP_WINDOW, zlib.DEF_MEM_LEVEL, strategy
        )
        self._flush_size = flush_size
        self._held = 0

    def feed(self, piece: bytes) -> bytes:
        """What `piece` gives; all of it once enough has come together."""
        encoded = self._encoder.compress(piece)
        self._held += len(piece)
        if self._held < self._flush_size:
            return encoded
        self._held = 0
        return encoded + self._encoder.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """The rest, and the trailer."""
        return self._encoder.flush(zlib.Z_FINISH)


class _BrotliCompressor(Protocol):
    def process(self, piece: bytes) -> bytes: ...

    def flush(self) -> bytes: ...

    def finish(self) -> bytes: ...


class BrotliEncoder:
    """br (RFC 7932) of a body."""

    __slots__ = ("_compressor", "_flush_size", "_held")

    def __init__(self, compressor: _BrotliCompressor, flush_size: int) -> None:
        self._compressor = compressor
        self._flush_size = flush_size
        self._held = 0

    def feed(self, piece: bytes) -> bytes:
        """What `piece` gives; all of it once enough has come together."""
        encoded = self._compressor.process(piece)
        self._held += len(piece)
        if self._held < self._flush_size:
            return encoded
        self._held = 0
        return encoded + self._compressor.flush()

    def finish(self) -> bytes:
        """The rest."""
        return self._compressor.finish()


def gzip_encoder(quality: int) -> MakeEncoder:
    """Encoders with `quality` -2 (Huffman coding only), -1 (default), 0 (none) to 9 (best)."""
    return lambda flush_size: GzipEncoder(quality, flush_size)


def find_brotli_encoder(quality: int) -> MakeEncoder | None:
    """Encoders with `quality` 0 to 11; None if the package brotli is not installed."""
    try:
        brotli = importlib.import_module("brotli")
    except ImportError:
        return None
    return lambda flush_size: BrotliEncoder(
        brotli.Compressor(quality=quality, lgwin=_BROTLI_WINDOW), flush_size
    )
