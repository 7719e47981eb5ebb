"""Two configurations side by side: what is different, and which requests would go elsewhere."""

from bfe_py.cli.comparing.elsewhere import Moved, find_moved
from bfe_py.cli.comparing.samples import (
    MOST_SAMPLES,
    Sample,
    SampleError,
    find_samples,
    read_samples,
)
from bfe_py.cli.comparing.sides import Side, SideError, Sides

__all__ = [
    "MOST_SAMPLES",
    "Moved",
    "Sample",
    "SampleError",
    "Side",
    "SideError",
    "Sides",
    "find_moved",
    "find_samples",
    "read_samples",
]
