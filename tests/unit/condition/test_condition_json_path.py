import pytest

from bfe_py.condition.arguments import ArgumentError
from bfe_py.condition.json_path import JsonPath, compile_wildcard, split_at_pipe

BODY = rb"""{
 "name": {"first": "Tom", "last": "Anderson"}, "age": 37, "": "nothing", "fav.movie": "Deer Hunter",
 "children": ["Sara", "Alex", "Jack"], "a|b": 1, "we*ird": "star", "@this": "key", "!x": "bang", "on": true,
 "friends": [
  {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
  {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
  {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"], "(": {"x": 1}}
 ],
 "numbers": [1, [2, 3], 4.50, true, null], "say \"hi\"": "quoted", "vals": {"a\\b": 2}
}"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("name.last", "Anderson"),
        ("age", "37"),
        ("", "nothing"),
        ("missing", ""),
        ("age.x", ""),
        ("name", '{"first": "Tom", "last": "Anderson"}'),
        ("children", '["Sara", "Alex", "Jack"]'),
        ("children.1", "Alex"),
        ("children.3", ""),
        ("children.1111111111", ""),
        ("children.x", ""),
        ("children.#", "3"),
        ("children.#x", ""),
        ("numbers.1.0", "2"),
        ("numbers.0.1", ""),
        ("numbers.2", "4.5"),
        ("numbers.4", ""),
        (r"fav\.movie", "Deer Hunter"),
        (r"a\|b", "1"),
        ("ch*n.0", "Sara"),
        ("c?ildren.0", "Sara"),
        (r"we\*ird", "star"),
        ('say "hi"', "quoted"),
        (r"vals.a\\b", "2"),
        ("@other", ""),
        ("!", ""),
        ("friends.#.first", '["Dale","Roger","Jane"]'),
        ("friends.#.age", "[44,68,47]"),
        ("friends.#.none", "[]"),
        ("friends.#.nets.#", "[3,2,2]"),
        ("friends.#.nets|1.0", "fb"),
        ("friends.#|x", ""),
        ('friends.#(last=="Murphy").first', "Dale"),
        ('friends.#(last="Murphy")#.first', '["Dale","Jane"]'),
        ('friends.#(last=="Murphy")#.first|0', "Dale"),
        ('friends.#(last=="Murphy")#|1.first', "Jane"),
        ('friends.#(last=="Murphy")|first', "Dale"),
        ('friends.#(last=="None").first', ""),
        ('friends.#(last=="None")#', "[]"),
        ('friends.#(last=="None")#.first', "[]"),
        ('friends.#(first=="Dale")#.none', "[]"),
        ('friends.#(first=="Dale").none', ""),
        ("friends.#(age>45)#.last", '["Craig","Murphy"]'),
        ("friends.#[age>45].last", "Craig"),
        ('friends.#(first%"D*").last', "Murphy"),
        ('friends.#(first!%"D*").last', "Craig"),
        ('friends.#(nets.#(=="fb"))#.first', '["Dale","Roger"]'),
        ("friends.#(nets).first", "Dale"),
        (r'friends.#(first=="J\u0061ne").age', "47"),
        (r"friends.#(\(.x==1).first", "Jane"),
        ('children.#(%"*a*")', "Sara"),
        ('children.#(!="Sara")#', '["Alex","Jack"]'),
        ("children.#(x).y", ""),
        ("numbers.#(>1)#", "[4.50]"),
        ("friends.#(first!Dale).first", "Dale"),
        ("friends.#(first!).first", ""),
        ("friends.#(first==)#", "[]"),
        ('friends.#( first == "Roger" ).age', "68"),
        ("friends.#(age>45)x.last", "Craig"),
        ("friends|0|first", "Dale"),
        ("friends|#|x", ""),
        ("friends.0.(.x", ""),
        ("friends.2.(.x", "1"),
    ],
)
def test_a_path_leads_to_a_value(path, text):
    assert JsonPath.parse(path).find(BODY) == text


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("a", b"", ""),
        ("a", b"not json", ""),
        ("a", b'  {"a":1} trailing', "1"),
        ("a", b'{"a":1,"a":2}', "1"),
        ("a.b", b'{"a":{"x":1},"a":{"b":2}}', "2"),
        ("a", b'{"x":[1,{"a":5}],"a":6', "6"),
        ("a", b'{"x":"cut', ""),
        ("a", b'{"x', ""),
        ("a", b'{"x":', ""),
        ("a", b'{"a":"cut', ""),
        ("a", b"{", ""),
        ("b", b'{"a":{"b":1}}', ""),
        ("a.1", b'{"a":[1,2', "2"),
        ("a.#", b'{"a":[1,2', "2"),
        ("a.5", b'{"a":["x', ""),
        ("a.0", b'{"a":[["x"]]}', '["x"]'),
        ("a.0.b", b'{"a":[{"c":1}]}', ""),
        ("0", b'["x"]', "x"),
        ("a", b'{"\\u0061":"\\ud83d\\ude00"}', "\U0001f600"),
        ("a", b'{"a":"\xff"}', "\udcff"),
        ("a*", b'{"\\u0061b":1}', "1"),
        ("#(a==1)#", b'[{"a":1},{"a":"1"},{"a":2}]', '[{"a":1},{"a":"1"}]'),
        ("a|b", b'{"a":"{\\"b\\":1}"}', ""),
        ("..0.a", b"", None),
    ],
)
def test_broken_text_is_searched_as_far_as_it_goes(path, body, text):
    if text is None:
        with pytest.raises(ArgumentError):
            JsonPath.parse(path)
    else:
        assert JsonPath.parse(path).find(body) == text


@pytest.mark.parametrize(
    ("path", "start"),
    [
        ("@this", 0),
        ("a.@reverse", 2),
        ("a|@pretty:{}", 2),
        ("[a,b]", 0),
        ("{a,b}", 0),
        ("a.[b]", 2),
        ("a.{b}", 2),
        ("!true", 0),
        ("a|!true", 2),
        ("..#", 0),
        ("a.#(x==1", 2),
        ("#.@keys", 2),
        ("#(@keys==1)", 0),
        ("#(a==1).[b]", 8),
        (".".join(["a"] * 101), 200),
    ],
)
def test_what_is_not_supported_is_refused(path, start):
    with pytest.raises(ArgumentError) as caught:
        JsonPath.parse(path)
    (finding,) = caught.value.findings
    assert (finding.start, finding.end) == (start, len(path))
    assert finding.expected


@pytest.mark.parametrize("path", [r"x\.@this", '#(x=="a.[b]")', "@other.a", "a.@other", "a.!x"])
def test_what_only_looks_like_it_is_fine(path):
    assert JsonPath.parse(path).text == path


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("a*c", ["ac", "abc", "a\nc"], ["ab", "xac"]),
        ("a?c", ["abc", "aéc"], ["ac", "abbc"]),
        (r"a\*", ["a*"], ["ab"]),
        ("a.c$", ["a.c$"], ["abc$"]),
        ("é*", ["éa"], ["e"]),
        ("a\\", ["a\\"], ["a"]),
    ],
)
def test_wildcards(pattern, hits, misses):
    test = compile_wildcard(pattern)
    assert all(map(test, hits))
    assert not any(map(test, misses))


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a.b", ("a.b", None)),
        ("a|b|c", ("a", "b|c")),
        (r"a\|b|c", (r"a\|b", "c")),
        ('a.#(x=="|)").b|c', ('a.#(x=="|)").b', "c")),
        (r'a.#[x==["\"|"\]]]|c', (r'a.#[x==["\"|"\]]]', "c")),
        ("a.#(b|c", ("a.#(b|c", None)),
        ('a.#("b|c', ('a.#("b|c', None)),
        (".", (".", None)),
    ],
)
def test_a_pipe_splits_outside_of_queries(path, parts):
    assert split_at_pipe(path) == parts
