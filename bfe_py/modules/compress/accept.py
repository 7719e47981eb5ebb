"""Which content codings a client accepts (RFC 9110 section 12.5.3)."""

import re
from collections.abc import Sequence

_TOKENS = re.compile(rb"[ ,\t]+")
_WEIGHT = re.compile(rb"[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*")
_ALIASES = {b"x-gzip": b"gzip"}


def accepts(lines: Sequence[bytes], coding: bytes) -> bool:
    """Whether Accept-Encoding `lines` let a response be sent in `coding` rather than as it is.

    Without such a field the answer is no: who does not ask for compression may not cope with it.
    """
    weights = _read_weights(lines)
    weight = weights.get(coding, weights.get(b"*", 0.0))
    # A client that says identity is what it likes better gets it.
    return weight > 0.0 and weight >= weights.get(b"identity", 0.0)


def has_token(lines: Sequence[bytes], coding: bytes) -> bool:
    """Whether the first of `lines` names `coding` between blanks and commas: BFE's rule.

    A coding with a weight does not count, whatever the weight.
    """
    return bool(lines) and coding in _TOKENS.split(lines[0].lower())


def _read_weights(lines: Sequence[bytes]) -> dict[bytes, float]:
    weights: dict[bytes, float] = {}
    for element in b",".join(lines).lower().split(b","):
        name, semicolon, parameter = element.partition(b";")
        name = name.strip(b" \t")
        if not name:
            continue
        weight = 1.0
        if semicolon:
            match = _WEIGHT.fullmatch(parameter)
            # What cannot be read is not taken as consent.
            weight = 0.0 if match is None else float(match.group(1))
        weights[_ALIASES.get(name, name)] = weight
    return weights
