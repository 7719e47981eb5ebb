"""/metrics: everything that is counted, as Prometheus text or OpenMetrics."""

import platform
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from bfe_py import __version__
from bfe_py.manage.configuration import config_families
from bfe_py.manage.counting import merge
from bfe_py.manage.state import CONTROLLER, Observed, WorkerReading, worker_label
from bfe_py.observe import HistogramSample, Reading
from bfe_py.observe import Sample as Counted

_WORKER = "worker"


class Scrape(Collector):
    """Families that were made for one scrape."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families, in order."""
        return self._families


class Exposition:
    """Makes the page; holds the collectors of the process that answers."""

    def __init__(self) -> None:
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)
        GCCollector(registry=self._process)

    def render(
        self, observed: Observed, readings: Sequence[WorkerReading], accept: str, *, by_worker: bool
    ) -> tuple[bytes, str]:
        """Content and content type for a client that sent `accept`.

        `by_worker`: one value for each process, with a label that names it, instead of their sum.
        """
        encode, content_type = choose_encoder(accept)
        parts = split_by_worker(readings) if by_worker else [("", merge(readings))]
        families: dict[str, Metric] = {}
        for family in chain(
            own_families(observed, readings), self._process.collect(), counted_families(parts)
        ):
            # A family that stands twice makes Prometheus drop the whole page.
            families.setdefault(family.name, family)
        return encode(Scrape(families.values())), content_type


def split_by_worker(readings: Sequence[WorkerReading]) -> list[tuple[str, Reading]]:
    """One reading for each worker number, with its label."""
    by_label: dict[str, list[WorkerReading]] = {}
    for own in readings:
        by_label.setdefault(own.label, []).append(own)
    return [(label, merge(own)) for label, own in by_label.items()]


def counted_families(parts: Sequence[tuple[str, Reading]]) -> Iterator[Metric]:
    """Families of what is counted; a label that is not empty is added as ``worker``."""
    families: dict[str, Metric] = {}
    for worker, reading in parts:
        for sample in reading.samples:
            _add(families, sample, worker)
        for histogram in reading.histograms:
            _add_histogram(families, histogram, worker)
    return iter(families.values())


def _add(families: dict[str, Metric], sample: Counted, worker: str) -> None:
    family = families.get(sample.name)
    if family is None:
        title = sample.name.removesuffix("_total") if sample.kind == "counter" else sample.name
        family = families[sample.name] = Metric(title, sample.help, sample.kind)
    name, names = sample.name, sample.labels
    lines = family.samples
    for values, value in sample.values:
        labels = dict(zip(names, values, strict=True))
        if worker:
            labels.setdefault(_WORKER, worker)
        lines.append(Sample(name, labels, value))


def _add_histogram(families: dict[str, Metric], histogram: HistogramSample, worker: str) -> None:
    family = families.get(histogram.name)
    if family is None:
        labels = [_WORKER] if worker else []
        family = HistogramMetricFamily(histogram.name, histogram.help, labels=labels)
        families[histogram.name] = family
    if not isinstance(family, HistogramMetricFamily):
        return
    bounds = [*map(str, histogram.bounds), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
    family.add_metric([worker] if worker else [], buckets, histogram.total)


def own_families(observed: Observed, readings: Sequence[WorkerReading]) -> Iterator[Metric]:
    """Families about processes and configuration, which nobody counts."""
    yield InfoMetricFamily(
        "bfe_build",
        "What runs.",
        value={"version": __version__, "python": platform.python_version()},
    )
    yield GaugeMetricFamily(
        "bfe_start_time_seconds", "When it was started, since the epoch.", observed.started
    )
    yield GaugeMetricFamily(
        "bfe_ready", "Whether new connections are welcome.", float(_is_ready(observed))
    )
    yield from _configuration(observed)
    yield from _workers(readings)
    ends = CounterMetricFamily(
        "bfe_worker_ends",
        "Processes that ended though they should run, and were replaced.",
        labels=[_WORKER, "reason"],
    )
    for (worker, reason), times in sorted(observed.ends.items()):
        ends.add_metric([worker, reason], times)
    yield ends


def _is_ready(observed: Observed) -> bool:
    return observed.is_ready and not observed.is_draining


def _configuration(observed: Observed) -> Iterator[Metric]:
    generation = observed.generation
    versions = GaugeMetricFamily(
        "bfe_config_version",
        "Configuration that each process uses; always 1.",
        labels=[_WORKER, "version"],
    )
    versions.add_metric([worker_label(CONTROLLER), generation.version], 1)
    for worker, version in sorted(generation.worker_versions.items()):
        if worker != CONTROLLER:
            versions.add_metric([worker_label(worker), version], 1)
    yield versions
    yield GaugeMetricFamily(
        "bfe_config_last_reload_successful",
        "Whether the last reload was taken.",
        float(generation.is_last_ok),
    )
    yield GaugeMetricFamily(
        "bfe_config_last_reload_timestamp_seconds",
        "When the configuration in use was loaded, since the epoch.",
        generation.loaded_at,
    )
    reloads = CounterMetricFamily(
        "bfe_config_reloads", "Reloads by what came of them.", labels=["result"]
    )
    reloads.add_metric(["ok"], generation.reloads_total)
    reloads.add_metric(["refused"], generation.refused_total)
    yield reloads
    objects = GaugeMetricFamily("bfe_config_objects", "How much is configured.", labels=["kind"])
    for kind, number in _kinds(observed):
        objects.add_metric([kind], number)
    yield objects
    yield from config_families(observed)


def _kinds(observed: Observed) -> tuple[tuple[str, int], ...]:
    counts = observed.counts
    return (
        ("tenants", counts.tenants),
        ("hosts", counts.hosts),
        ("vips", counts.vips),
        ("rules", counts.rules),
        ("basic_rules", counts.basic_rules),
        ("clusters", counts.clusters),
        ("backends", counts.backends),
        ("certificates", counts.certificates),
    )


def _workers(readings: Sequence[WorkerReading]) -> Iterator[Metric]:
    up: dict[str, float] = {}
    stale: dict[str, float] = {}
    for own in readings:
        if own.worker != CONTROLLER:
            up[own.label] = max(up.get(own.label, 0.0), float(own.is_alive))
            is_stale = own.is_alive and own.is_stale
            stale[own.label] = max(stale.get(own.label, 0.0), float(is_stale))
    for name, text, values in (
        ("bfe_worker_up", "Whether a worker runs.", up),
        ("bfe_worker_stale", "Whether a worker was late and its last values are shown.", stale),
    ):
        family = GaugeMetricFamily(name, text, labels=[_WORKER])
        for worker, value in values.items():
            family.add_metric([worker], value)
        yield family
