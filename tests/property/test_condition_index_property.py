"""An index answers what asking every condition in order answers, whatever the conditions are."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bfe_py.condition import RequestSketch, compile_condition, decode_path, index_conditions

HOSTS = [
    "",
    "a.test",
    "A.Test",
    "www.a.test",
    "xa.test",
    "b.test",
    "test",
    "a.test.",
    "stra\u00dfe",
]
HOSTS += ["STRASSE.a.test", "\u0131.test", "I.test", "i.test", "[", "\udcff.test", "\ufffd.test"]
PATHS = [
    "",
    "*",
    "/",
    "//",
    "/a",
    "/A",
    "/a/",
    "/ab",
    "/a/b",
    "/a/B/c",
    "/a//b",
    "/a%2Fb",
    "/a%2fB/",
]
PATHS += ["/%C3%9F", "/\u00df", "/SS", "/%ff/", "/a|b", "/a b", "/a.b", "/b", "/\u0131", "/aI/bc/d"]
STARTS = ["/", "/a", "/A/", "/a/b", "a", "", "/a/b/c", "//", "/b", "/%ff", "/a/b|/b|/b", "/I"]
ENDS = [".test", "test", "a.test", ".a.test", "", "T", "e.a.test|b.test", "\u0131.TEST", "."]
CASES = st.sampled_from(["true", "false"])


def quoted(texts):
    return (
        st.lists(st.sampled_from(texts), min_size=1, max_size=3)
        .map("|".join)
        .flatmap(
            lambda text: st.sampled_from([f'"{text}"', f"`{text}`", f"`\r{text}\r`", f' "{text}" '])
        )
    )


def call(name, *arguments):
    return st.builds(lambda *given: f"{name}({', '.join(given)})", *arguments)


BARE_HOSTS = [each for each in HOSTS if "\udcff" not in each]
BARE_PATHS = [*PATHS, "/a|/b", "/\U0001d4d0"]
ATOMS = st.one_of(
    call("req_host_in", quoted(BARE_HOSTS)),
    call("req_host_suffix_in", quoted(ENDS)),
    call("req_path_in", quoted(BARE_PATHS), CASES),
    call("req_path_prefix_in", quoted(STARTS), CASES),
    call("req_path_element_prefix_in", quoted(STARTS), CASES),
    st.sampled_from(
        [
            *(
                f"req_path_regmatch(`{each}`)"
                for each in ("^/a", "^/a$", "^/(a|b)/", "/a", "^/[a]")
            ),
            *(
                f"req_host_regmatch(`{each}`)"
                for each in ("^a", r"\.test$", r"^(a|b)\.test$", "t$")
            ),
            *('req_path_in ( // ")\n `/a` , true )', 'req_path_in("/a\\"", false)', "default_t()"),
            *(
                'req_method_in("GET")',
                'req_header_value_in("X-A", "(", false)',
                "req_proto_secure()",
            ),
            *('req_body_json_in("k", "v", false)', 'req_body_json_in("k", "w", false)'),
            *('req_context_value_in("jsoncache.k", "v", false)', 'req_path_suffix_in("b", true)'),
        ]
    ),
)
OPERATORS = st.sampled_from(["&&", " && ", "||", " || ", " // a || b\n&& "])
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(lambda text: f"!{text}"),
        inner.map(lambda text: f"( {text} )"),
        inner.map(lambda text: f"! ({text})"),
        st.builds(lambda left, sign, right: left + sign + right, inner, OPERATORS, inner),
        st.builds(lambda left, sign, right: left + sign + right, inner, OPERATORS, inner),
    ),
    max_leaves=6,
)
REQUESTS = st.builds(
    lambda host, path, body: {"host": host, "path": decode_path(path), "body_prefix": body},
    st.sampled_from([*HOSTS, "z.www.a.test", "c.test"]),
    st.sampled_from([*PATHS, "/a/b/c/d", "/b/b", "/ab/c?x=/a"]),
    st.sampled_from([b"", b'{"k":"v"}']),
)


def first(numbers, conditions, facts):
    return next((number for number in numbers if conditions[number].matches(facts)), None)


LONG = [f'req_host_in("a.test") && req_path_prefix_in("/b{each}", false)' for each in range(9)]


@settings(max_examples=400)
@given(
    st.lists(CONDITIONS, min_size=9, max_size=40),
    st.integers(0, 3).map(lambda times: LONG * times),
    st.lists(REQUESTS, min_size=1, max_size=8),
)
def test_the_first_candidate_that_is_true_is_the_first_of_all_that_is(some, others, requests):
    texts = [*others, *some]
    conditions = [compile_condition(text) for text in texts]
    index = index_conditions(texts)
    event("no index" if index is None else "index")
    for request in requests:
        wanted = first(range(len(texts)), conditions, RequestSketch(**request, context={}))
        if index is not None:
            numbers = list(index.candidates(request["host"], request["path"]))
            assert numbers == sorted(set(numbers))
            assert first(numbers, conditions, RequestSketch(**request, context={})) == wanted


@given(st.lists(CONDITIONS, min_size=9, max_size=20), REQUESTS)
def test_what_is_left_out_is_false_or_was_false_before(texts, request):
    index = index_conditions(texts)
    numbers = (
        range(len(texts))
        if index is None
        else [*index.candidates(request["host"], request["path"])]
    )
    looked_at = {texts[number] for number in numbers}
    for text in set(texts) - looked_at:
        assert not compile_condition(text).matches(RequestSketch(**request, context={}))
