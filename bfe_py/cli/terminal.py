"""What a terminal may be sent."""

import os
from typing import TextIO


def takes_colour(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that wants colour; NO_COLOR says that it does not."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
