"""Which of some requests two configurations would send to different places."""

from collections.abc import Iterable

import msgspec

from bfe_py.cli.comparing.samples import Sample
from bfe_py.cli.comparing.sides import Side
from bfe_py.cli.explaining import Asked, RefusedError, follow, make_exchange


class Moved(msgspec.Struct, frozen=True):
    """One request, and where it goes before and after."""

    request: str
    old: str
    new: str

    @property
    def line(self) -> str:
        """It in one line, for people."""
        return f"{self.request}: {self.old} => {self.new}"


def find_moved(old: Side, new: Side, samples: Iterable[Sample], now: float) -> list[Moved]:
    """Those of `samples` that would go elsewhere; `now` is wall clock.

    Raises:
        AskedError: a sample cannot be sent at all.
    """
    found = []
    for sample in samples:
        before, after = find_destination(old, sample, now), find_destination(new, sample, now)
        if before != after:
            found.append(Moved(sample.line, before, after))
    return found


def find_destination(side: Side, sample: Sample, now: float) -> str:
    """Where `sample` goes, in words: tenant and cluster, or how it ends before.

    Raises:
        AskedError: it cannot be sent at all.
    """
    asked = Asked(sample.method, sample.url, sample.fields, vip=sample.vip)
    try:
        exchange = make_exchange(asked, now, is_compatible=side.is_compatible)
    except RefusedError as error:
        return str(error)
    target = exchange.upstream_target
    story = follow(side.snapshot, exchange, has_paths_as_sent=side.has_paths_as_sent)
    words = [f"tenant {story.tenant}" if story.tenant else "no tenant"]
    if story.end:
        words.append(story.end)
    else:
        words.append(f"cluster {story.cluster_name}")
        if exchange.upstream_target != target:
            words.append(f"as {exchange.upstream_target.decode('utf-8', 'replace')}")
    return ", ".join(words)
