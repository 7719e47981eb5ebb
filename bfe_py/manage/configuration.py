"""/monitor/config: which configuration is in use, by document and by worker."""

from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric

from bfe_py.manage.state import (
    DocumentStatus,
    GenerationStatus,
    Observed,
    WorkerStatus,
    worker_label,
)

_TENANTS = "rules/"
"""Where documents of tenants are: there may be very many."""


class ConfigPage(msgspec.Struct, frozen=True):
    """What the page says; times are seconds since the epoch, 0 for never."""

    version: str
    loaded_at: float
    is_last_ok: bool
    last_errors: tuple[str, ...]
    last_error_at: float
    documents: list[DocumentStatus]
    workers: list[WorkerStatus]


def encode_config(observed: Observed) -> bytes:
    """The page as JSON."""
    generation: GenerationStatus = observed.generation
    page = ConfigPage(
        generation.version,
        generation.loaded_at,
        generation.is_last_ok,
        generation.last_errors,
        generation.last_error_at,
        list(observed.documents),
        list(observed.worker_statuses),
    )
    return msgspec.json.encode(page)


def config_families(observed: Observed) -> Iterator[Metric]:
    """Metrics of documents and workers."""
    yield from _document_families(observed.documents)
    yield from _worker_families(observed.worker_statuses)


def _document_families(documents: Iterable[DocumentStatus]) -> Iterator[Metric]:
    # Of tenants' documents only those are told that are refused: a series for each that is well
    # would cost more than it says.
    current = GaugeMetricFamily(
        "bfe_config_document_current",
        "Whether a document is in use as it is; tenants' documents only where they are not.",
        labels=["document"],
    )
    taken = GaugeMetricFamily(
        "bfe_config_document_timestamp_seconds",
        "When the contents in use of a document were taken, since the epoch.",
        labels=["document"],
    )
    info = GaugeMetricFamily(
        "bfe_config_document_info",
        "Digest of the contents in use of a document; always 1.",
        labels=["document", "digest"],
    )
    for one in documents:
        if one.document.startswith(_TENANTS) and one.is_current:
            continue
        current.add_metric([one.document], float(one.is_current))
        taken.add_metric([one.document], one.taken_at)
        info.add_metric([one.document, one.digest], 1)
    yield from (current, taken, info)


def _worker_families(workers: Iterable[WorkerStatus]) -> Iterator[Metric]:
    since = GaugeMetricFamily(
        "bfe_config_worker_timestamp_seconds",
        "When a worker began to serve with the version that it uses, since the epoch.",
        labels=["worker"],
    )
    good = GaugeMetricFamily(
        "bfe_config_worker_ok",
        "Whether a worker could use the last configuration that it was sent.",
        labels=["worker"],
    )
    for worker in workers:
        label = worker_label(worker.worker)
        since.add_metric([label], worker.since)
        good.add_metric([label], float(worker.is_ok))
    yield from (since, good)
