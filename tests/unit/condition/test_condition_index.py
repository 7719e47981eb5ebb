"""Index: the conditions that may be true."""

import pytest

from bfe_py.condition import Index, RequestSketch, compile_condition, index_conditions

FILLERS = [f'req_host_in("h{number}.test")' for number in range(8)]


def index_of(*texts: str) -> Index:
    index = index_conditions([*FILLERS, *texts])
    assert index is not None
    return index


def candidates(texts: tuple[str, ...], host: str, path: str) -> list[int]:
    """Candidates among `texts`, counted from 0."""
    return [number - 8 for number in index_of(*texts).candidates(host, path)]


@pytest.mark.parametrize("texts", [[], FILLERS, ["default_t()"] * 9, ["nonsense("] * 9])
def test_a_few_conditions_and_those_without_keys_have_no_index(texts: list[str]) -> None:
    assert index_conditions(texts) is None


PREFIX = 'req_host_in("A.test") && req_path_prefix_in("/p{}/", false)'
ONE_HOST = (
    *map(PREFIX.format, range(6)),
    'req_host_suffix_in("test") && req_path_in("/p1/x", false)',
    'req_host_in("a.test")',
    'req_path_element_prefix_in("/p1", false)',
    'req_host_in("a.test|b.test") && req_path_in("/p1/x|/p1/y", true)',
    'req_method_in("GET")',
)


@pytest.mark.parametrize(
    ("host", "path", "numbers"),
    [
        ("a.test", "/", [6, 7, 8, 10]),
        ("a.TEST", "/p1/x", [1, 6, 7, 8, 9, 10]),
        ("a.test", "/P1/Y", [1, 6, 7, 8, 9, 10]),
        ("b.test", "/p1", [6, 8, 9, 10]),
        ("\u00e4", "/\u00e4", [8, 10]),
        ("", "", [8, 10]),
    ],
)
def test_hosts_come_first_then_paths_of_those_with_many(
    host: str, path: str, numbers: list[int]
) -> None:
    assert candidates(ONE_HOST, host, path) == numbers


def test_of_very_many_hosts_each_has_its_own() -> None:
    texts = tuple(f'req_host_in("many{number}.test")' for number in range(250))
    for number in (0, 99, 100, 249):
        assert candidates(texts, f"many{number}.test", "/") == [number]


def test_nothing_is_a_candidate_where_no_key_holds() -> None:
    assert candidates(('req_host_in("a")',), "b", "/") == []


def test_a_condition_that_stood_before_is_left_out() -> None:
    texts = ('req_host_in("a")', 'req_host_in("a") && default_t()', 'req_host_in("a")')
    assert candidates(texts, "a", "/") == [0, 1]


def test_what_looks_at_notes_is_asked_each_time() -> None:
    noted = 'req_context_value_in("jsoncache.k", "v", false)'
    assert candidates((noted, "default_t()", noted), "a", "/") == [0, 1, 2]


def test_a_note_that_a_false_condition_leaves_is_left_all_the_same() -> None:
    texts = [
        *FILLERS,
        'req_body_json_in("k", "v", false) && req_host_in("other")',
        'req_context_value_in("jsoncache.k", "v", false)',
    ]
    index = index_conditions(texts)
    assert index is not None
    facts = RequestSketch(host="a", body_prefix=b'{"k":"v"}', context={})
    numbers = index.candidates("a", "/")
    assert [compile_condition(texts[number]).matches(facts) for number in numbers] == [False, True]


def test_hosts_times_paths_are_not_written_out() -> None:
    hosts, paths = ("|".join([f"{kind}{each}" for each in range(50)]) for kind in ("h", "/p"))
    texts = [f'req_host_in("{hosts}") && req_path_in("{paths}|/{each}", true)' for each in range(9)]
    assert candidates(tuple(texts), "h7", "/") == list(range(9))


@pytest.mark.parametrize("count", [30, 200])
def test_many_candidates_come_in_order_and_once(count: int) -> None:
    kinds = (
        'req_host_in("a{0}|a") && req_path_prefix_in("/|/x|/x/{0}", false)',
        'req_path_prefix_in("/x/|/y{0}", false) && req_proto_secure()',
        'req_cookie_value_in("c", "{0}", true)',
        'req_host_suffix_in("a|b{0}|c{0}")',
        'req_host_in("a") && req_path_prefix_in("/y{0}", false)',
    )
    texts = tuple([kinds[number % 5].format(number) for number in range(count)])
    wanted = [number for number in range(count) if number % 5 != 4]
    assert candidates(texts, "a", "/x/y") == wanted


def test_the_first_of_many_candidates_comes_before_the_others_are_put_in_order() -> None:
    texts = [f'req_cookie_value_in("c", "{number}", true)' for number in range(1000)]
    texts += [f'req_host_in("a") && req_query_key_in("{number}")' for number in range(70)]
    numbers = index_of(*texts).candidates("a", "/")
    assert not isinstance(numbers, list | tuple)
    assert next(iter(numbers)) == 8
