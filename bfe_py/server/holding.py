"""HoldingSource: files, but for those that were rolled back."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from bfe_py.control import Bundle, Source, Versions


class HoldingSource:
    """`source`, with what `versions` hold in the place of what was rolled back from."""

    __slots__ = ("_source", "_versions")

    def __init__(self, source: Source, versions: Versions) -> None:
        self._source = source
        self._versions = versions

    def take(self, is_lifted: Callable[[str], bool] | None = None) -> Bundle:
        """The state as it is now; groups of documents that are lifted are not held."""
        return self._hold(self._source.take(), is_lifted)

    async def changes(self) -> AsyncGenerator[Bundle, None]:
        """A new state each time something was changed."""
        async with aclosing(self._source.changes()) as changes:
            async for bundle in changes:
                yield self._hold(bundle)

    def _hold(self, bundle: Bundle, is_lifted: Callable[[str], bool] | None = None) -> Bundle:
        return Bundle(bundle.version, self._versions.holds.apply(bundle.documents, is_lifted))
