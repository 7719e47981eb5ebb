"""Generates large lists of routing rules, as they grow over years: most of them repeat others.

Of all conditions 30 % are distinct. Each names a host or a path or both, as nearly all do in
practice; some ask for a cookie, a header or a query value besides. None but the two that are meant
is true for the requests of the benchmark, though half of them name its host.
"""

import random
from collections.abc import Callable

from loadtest.backend import SEEN_PATH
from loadtest.request import TENANT_HOST
from loadtest.tree import Rule

DISTINCT = 0.3
MIDDLE_PATH = "/middle/page"
END_PATH = "/end/page"

_SEED = 20_260_102
_EDITION = 1_000_000
"""Conditions have a number in them: those of an edition begin here."""

_MIDDLE = Rule(f'req_host_in("{TENANT_HOST}") && req_path_prefix_in("/middle/|{SEEN_PATH}", false)')
_END = Rule(f'req_host_in("{TENANT_HOST}") && req_path_prefix_in("/end/", false)')


def make_rules(count: int) -> list[Rule]:
    """`count` rules, the same each time; MIDDLE_PATH matches in the middle, END_PATH the last."""
    rules = [Rule(condition) for condition in make_conditions(count)]
    rules[count // 2] = _MIDDLE
    rules[-1] = _END
    return rules


def make_conditions(count: int, edition: int = 0) -> list[str]:
    """`count` conditions, the same each time; no condition is in two editions."""
    draw = random.Random(_SEED)
    first, wanted = edition * _EDITION, max(round(count * DISTINCT), 1)
    distinct = [_make_condition(first + number, draw) for number in range(wanted)]
    conditions = [*distinct, *draw.choices(distinct, k=count - wanted)] if count else []
    draw.shuffle(conditions)
    return conditions


def _make_condition(number: int, draw: random.Random) -> str:
    shape = draw.choices(_SHAPES, _WEIGHTS)[0]
    host = draw.choice((TENANT_HOST, f"s{number % 997}.{TENANT_HOST}"))
    return shape(number, host)


def _host_and_prefix(number: int, host: str) -> str:
    return f'req_host_in("{host}") && req_path_prefix_in("/app{number}/", false)'


def _prefix(number: int, _host: str) -> str:
    return f'req_path_prefix_in("/service{number}/|/old/service{number}/", false)'


def _exact(number: int, host: str) -> str:
    return f'req_host_in("{host}") && req_path_in("/page{number}|/page{number}.html", true)'


def _element(number: int, host: str) -> str:
    path = f"/team{number % 71}/v{number}"
    return f'req_host_in("{host}") && req_path_element_prefix_in("{path}", false)'


def _host(number: int, _host: str) -> str:
    return f'req_host_in("h{number}.{TENANT_HOST}")'


def _cookie(number: int, host: str) -> str:
    return f'{_host_and_prefix(number, host)} && req_cookie_value_in("theme", "t{number}", true)'


def _header(number: int, host: str) -> str:
    return f'{_host_and_prefix(number, host)} && req_header_value_in("X-Stage", "{number}", false)'


def _query(number: int, host: str) -> str:
    return f'{_exact(number, host)} && req_query_value_in("version", "{number}", false)'


_SHAPES: tuple[Callable[[int, str], str], ...] = (
    _host_and_prefix,
    _prefix,
    _exact,
    _element,
    _host,
    _cookie,
    _header,
    _query,
)
_WEIGHTS = (40, 12, 16, 8, 9, 5, 5, 5)
"""Percent of each shape."""
