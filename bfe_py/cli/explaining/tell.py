"""A story as text."""

from collections.abc import Iterator

from bfe_py.cli.explaining.story import ClusterPart, Effect, Looked, Story

_MARKS = {True: "yes", False: "no "}
_LABEL = 10
_HOW = {
    "host": "its host",
    "vip": "the address it came to",
    "default": "nothing else: it is the default",
}


def tell(story: Story) -> str:
    """`story` as lines for people."""
    lines = [story.request, ""]
    if story.tenant:
        tag = f" (tag {story.tag})" if story.tag else ""
        lines.append(_line("tenant", f"{story.tenant}, by {_HOW[story.how]}{tag}"))
    if story.looked_at:
        lines.append(_line("route", _route(story)))
        for looked in story.looked_at:
            lines += _looked(looked)
    if story.cluster is not None:
        lines += _cluster(story.cluster)
    lines += _effects(story.effects)
    lines += [_line("note", remark) for remark in story.remarks]
    if story.end:
        lines.append(_line("end", story.end))
    return "\n".join(lines)


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _route(story: Story) -> str:
    if not story.cluster_name:
        return "none"
    rule = "a basic rule" if story.source == "basic" else f"advanced rule {story.rule}"
    return f"{story.cluster_name}, by {rule}"


def _looked(looked: Looked) -> Iterator[str]:
    trace = looked.trace
    why = f"  ({trace.why})" if trace is not None and trace.why and not trace.children else ""
    yield _line("", f"{_MARKS[looked.is_match]} {looked.text}{why}")
    for part in () if trace is None else trace.children:
        for line in part.to_text().splitlines():
            yield _line("", f"      {line.rstrip()}")


def _cluster(cluster: ClusterPart) -> Iterator[str]:
    head = cluster.response_header
    limits = f"connect {_seconds(cluster.connect)}, response head " + (
        "without limit" if head is None else _seconds(head)
    )
    retries = f"retries {cluster.same_cluster_retries} here, {cluster.cross_cluster_retries} across"
    how = f"{cluster.protocol}, {cluster.policy}; {limits}; {retries}"
    yield _line("cluster", f"{cluster.name}: {how}")
    is_divided = sum(one.weight > 0 for one in cluster.sub_clusters) > 1
    for one in cluster.sub_clusters:
        home = f", this request's by {cluster.key}" if one.is_home and is_divided else ""
        yield _line("", f"{one.percent:g} % {one.name}{home}")
        for backend in one.backends:
            yield _line("", f"    {backend.percent:g} % {backend.name} {backend.address}")


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _effects(effects: list[Effect]) -> Iterator[str]:
    phase, label = "", "modules"
    for effect in effects:
        shown = effect.phase if effect.phase != phase else ""
        phase = effect.phase
        for number, change in enumerate(effect.changes):
            module = effect.module if number == 0 else ""
            text = f"{shown if number == 0 else '':<10}{module:<20}{change}"
            yield _line(label, text)
            label = ""
