"""docs/metrics.md: everything that is counted."""

from bfe_py.cli.reference.catalogue import Metric, counted_metrics, other_metrics
from bfe_py.cli.reference.markdown import code, document, table

_INTRODUCTION = """
# Metrics

`/metrics` of the management listener shows all of them as Prometheus text or OpenMetrics, summed
over the workers; `?per_worker=1` adds a label `worker` instead. What has a name in the last column
is on BFE's page of that name as well: `proxy_state.CLIENT_REQ_FAIL` is `CLIENT_REQ_FAIL` on
`/monitor/proxy_state`. A counter that is not known yet does not appear.
"""

_TITLES = ("metric", "type", "labels", "meaning", "BFE")


def metrics_page() -> str:
    """Content of the page."""
    return document(
        _INTRODUCTION,
        "## Counted",
        metric_table(counted_metrics()),
        "## About processes, configuration and latency",
        metric_table(other_metrics()),
    )


def metric_table(metrics: tuple[Metric, ...] | list[Metric]) -> str:
    """Metrics as a table."""
    rows = [
        (code(one.name), one.kind, ", ".join(map(code, one.labels)), one.help, code(one.bfe))
        for one in metrics
    ]
    return table(_TITLES, rows)
