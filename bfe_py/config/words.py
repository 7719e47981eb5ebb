"""Types in words for people."""

import re

_EXPECTED = re.compile(r"Expected (.*?)(?:, got .*)?$", re.DOTALL)
_QUOTED = re.compile(r"`([^`]*)`")
_TYPES = {
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}


def put_in_words(message: str) -> str:
    """What msgspec expected, from the `message` of its error."""
    match = _EXPECTED.match(message)
    if match is None:
        return message[:1].lower() + message[1:]
    return _QUOTED.sub(lambda quoted: _name_types(quoted[1]), match[1])


def _name_types(types: str) -> str:
    return " or ".join(_TYPES.get(name, name) for name in types.split(" | ") if name != "null")
