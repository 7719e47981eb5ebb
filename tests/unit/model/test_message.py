from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.model.message import UNKNOWN_LENGTH


def test_a_request_has_no_body_and_is_http_1_1_unless_it_says_so():
    head = RequestHead(b"GET", b"/", Headers())
    assert (head.version, head.body_length, head.authority) == (b"1.1", 0, None)
    assert not head.expects_continue
    assert head.received == 0.0
    assert head.options == head.left_out == frozenset()
    assert not head.is_plain


def test_a_response_has_the_standard_phrase_and_no_fields_unless_it_says_so():
    one, other = ResponseHead(204), ResponseHead(204)
    assert (one.reason, one.version, one.body_length) == (b"", b"1.1", 0)
    assert one.options == frozenset()
    one.headers.add(b"X-A", b"1")
    assert len(other.headers) == 0


def test_a_length_may_be_unknown():
    assert ResponseHead(200, body_length=UNKNOWN_LENGTH).body_length is None
    assert RequestHead(b"POST", b"/", Headers(), body_length=None).body_length is None


def test_heads_are_equal_by_what_they_say():
    assert RequestHead(b"GET", b"/", Headers([(b"A", b"1")])) == RequestHead(
        b"GET", b"/", Headers([(b"a", b"1")])
    )
    assert ResponseHead(200) != ResponseHead(201)
