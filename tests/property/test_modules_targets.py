import re
from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.model import Address, IpRange
from bfe_py.modules.block.addresses import merge_ranges
from bfe_py.modules.redirect.location import clean_uri, resolve
from bfe_py.modules.rewrite import actions

TARGET = re.compile(rb"/[\x21-\x7e]*")
ESCAPED = st.binary().map(lambda raw: b"/" + raw)
QUERIES = st.lists(st.sampled_from([b"a", b"b", b"a=1", b"b=", b"=", b"", b"aa=2", b"%61=3"])).map(
    b"&".join
)


@given(path=st.binary(), query=st.binary(), escaped=ESCAPED)
def test_no_target_can_break_a_request_line(path, query, escaped):
    target = actions.join_target(path, query, escaped)
    line, _, _ = target.partition(b"?")
    assert TARGET.fullmatch(line)
    assert not re.search(rb"[\x00-\x20\x7f]", target)
    decoded = unquote_to_bytes(line)
    assert decoded == (path if path.startswith(b"/") else b"/" + path)


@given(url=st.binary(), target=ESCAPED)
def test_no_location_can_break_a_field(url, target):
    location = resolve(clean_uri(url), clean_uri(target))
    assert re.fullmatch(rb"[\x21-\x7e]*", location)
    # A path stays a path: two slashes would name another host.
    assert not location.startswith((b"//", b"/\\"))


@given(query=QUERIES)
def test_an_edit_of_the_query_keeps_all_other_pairs_in_order(query):
    given_pairs = query.split(b"&")
    for change, is_gone in (
        (actions.delete_query((b"a",)), lambda pair: pair.startswith(b"a=")),
        (
            actions.keep_query((b"a",)),
            lambda pair: b"=" in pair and not pair.startswith((b"a=", b"%61=")),
        ),
    ):
        changed = change(actions.Destination(b"h", b"/", query))
        kept = [pair for pair in given_pairs if not is_gone(pair)]
        assert changed.query == b"&".join(kept)


@given(
    ranges=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=12),
    value=st.integers(0, 70),
)
def test_merged_ranges_hold_what_one_of_them_held(ranges, value):
    given_ranges = [IpRange(first, first + more) for first, more in ranges]
    merged = merge_ranges(given_ranges)
    address = Address(value, "")
    assert (address in merged) == any(address in each for each in given_ranges)
    gaps = zip(merged.lasts, merged.firsts[1:], strict=False)
    assert all(last + 1 < first for last, first in gaps)
