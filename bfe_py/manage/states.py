"""Pages of counters: /monitor/proxy_state and its like, and those of modules."""

from collections.abc import Mapping

import msgspec

from bfe_py.manage.answer import PageError
from bfe_py.manage.counting import Counted
from bfe_py.manage.names import Frame


class StateGroup(msgspec.Struct, frozen=True, rename="pascal"):
    """One page as BFE encodes it."""

    prefix: str
    kind: str
    gauge_data: dict[str, int]
    counter_data: dict[str, int]
    state_data: dict[str, str]


def total_group(
    page: str, prefix: str, frame: Frame, counted: Counted, states: Mapping[str, str]
) -> StateGroup:
    """A page since the start: every name of its frame, and what else is counted for it."""
    gauges = dict.fromkeys(frame.gauges, 0)
    counters = dict.fromkeys(frame.counters, 0)
    for name, total in counted.totals.items():
        owner, _, own_name = name.rpartition(".")
        if owner == page:
            kept = gauges if total.kind == "gauge" else counters
            kept[own_name] = round(total.value)
    texts = {name: states.get(name, "") for name in frame.states}
    return StateGroup(prefix, "total", _sorted(gauges), _sorted(counters), texts)


def difference_group(page: str, prefix: str, frame: Frame, grown: Counted) -> StateGroup:
    """What the counters of a page grew by in the last slot; BFE shows nothing else there."""
    whole = total_group(page, f"{prefix}_diff", frame, grown, {})
    return StateGroup(whole.prefix, "delta", {}, whole.counter_data, {})


def encode_group(group: StateGroup, form: str) -> bytes:
    """A page in the format that the client asked for.

    Raises:
        PageError: there is no such format.
    """
    if form == "json":
        return msgspec.json.encode(group)
    if form in {"kv", "noah"}:
        values: dict[str, object] = {**group.counter_data, **group.gauge_data, **group.state_data}
        lines = [f"{group.prefix}_{name}: {value}\n" for name, value in values.items()]
        return "".join(lines).encode()
    if form == "prometheus":
        lines = [_typed(group.prefix, "counter", *item) for item in group.counter_data.items()]
        lines += [_typed(group.prefix, "gauge", *item) for item in group.gauge_data.items()]
        return "".join(lines).encode()
    raise PageError(f"invalid format: {form}")


def _typed(prefix: str, kind: str, name: str, value: int) -> str:
    return f"# TYPE {prefix}_{name} {kind}\n{prefix}_{name} {value}\n"


def _sorted(values: dict[str, int]) -> dict[str, int]:
    return dict(sorted(values.items()))
