"""What would become of a request: followed through a configuration, and told."""

from bfe_py.cli.explaining.asked import Asked, AskedError, RefusedError, make_exchange
from bfe_py.cli.explaining.follow import follow
from bfe_py.cli.explaining.story import Story
from bfe_py.cli.explaining.tell import tell

__all__ = ["Asked", "AskedError", "RefusedError", "Story", "follow", "make_exchange", "tell"]
