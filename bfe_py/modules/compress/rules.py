"""Rules of mod_compress: the file, and what it is compiled into."""

from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.modules.compress.encoders import (
    HUFFMAN_ONLY,
    MakeEncoder,
    find_brotli_encoder,
    gzip_encoder,
)
from bfe_py.pipeline import Findings, Path, RuleTable, compile_table

_QUALITIES = {"GZIP": (HUFFMAN_ONLY, 9), "BROTLI": (0, 11)}
_FLUSH_SIZES = (64, 4096)
_SLOW_BROTLI = 10


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How a body is compressed."""

    command: str | None = field(name="Cmd", default=None)
    """GZIP or BROTLI; the latter needs the package brotli."""
    quality: int | None = field(name="Quality", default=None)
    """Effort: GZIP takes -2 (Huffman coding only), -1 (default), 0 (none) to 9; BROTLI 0 to 11."""
    flush_size: int | None = field(name="FlushSize", default=None)
    """Bytes of the body after which what is compressed is sent on; 64 to 4096."""


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant; the first that matches decides."""

    condition: str | None = field(name="Cond", default=None)
    """Responses that it is for."""
    action: ActionSpec | None = field(name="Action", default=None)
    """How they are compressed, for clients that accept it."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """compress_rule.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order."""


@dataclass(frozen=True, slots=True)
class Compression:
    """What a rule that matches does: `coding` is ``gzip`` or ``br``."""

    coding: bytes
    make_encoder: MakeEncoder
    flush_size: int


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Compression]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    return compile_table(file, findings, _compile_rule)


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Compression:
    action = spec.action
    if action is None:
        findings.error(path, "Action is missing")
        action = ActionSpec(command="GZIP", quality=-1, flush_size=_FLUSH_SIZES[1])
    path = (*path, "Action")
    flush_size = _check_number(action.flush_size, _FLUSH_SIZES, (*path, "FlushSize"), findings)
    bounds = _QUALITIES.get(action.command or "")
    if bounds is None:
        findings.error(
            path if action.command is None else (*path, "Cmd"),
            "an action has no Cmd"
            if action.command is None
            else f"mod_compress does not know {action.command!r}",
            expected="GZIP or BROTLI",
        )
        return Compression(b"gzip", gzip_encoder(-1), flush_size)
    quality = _check_number(action.quality, bounds, (*path, "Quality"), findings)
    if action.command == "GZIP":
        return Compression(b"gzip", gzip_encoder(quality), flush_size)
    if quality >= _SLOW_BROTLI:
        findings.warning(
            (*path, "Quality"), f"quality {quality} is too slow for bodies made on request"
        )
    return Compression(b"br", _find_brotli(quality, path, findings), flush_size)


def _find_brotli(quality: int, path: Path, findings: Findings) -> MakeEncoder:
    found = find_brotli_encoder(quality)
    if found is None:
        findings.error(
            (*path, "Cmd"),
            "BROTLI needs the package brotli, which is not installed",
            expected="bfe-py[compress], or GZIP",
        )
        return gzip_encoder(-1)
    return found


def _check_number(
    number: int | None, bounds: tuple[int, int], path: Path, findings: Findings
) -> int:
    least, most = bounds
    if number is None:
        findings.error(path[:-1], f"{path[-1]} is missing", expected=f"{least} to {most}")
        return least
    if not least <= number <= most:
        findings.error(path, f"{number} is out of range", expected=f"{least} to {most}")
        return least
    return number
