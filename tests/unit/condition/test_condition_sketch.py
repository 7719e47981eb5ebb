import pytest

from bfe_py.condition.sketch import RequestSketch, SketchError


def sketch(**request):
    return RequestSketch.decode(request, 7.0)


def test_nothing_is_a_bare_request_without_a_host():
    assert sketch() == RequestSketch(now=7.0)
    nothing = {"headers": None, "cookies": None, "tls": None, "response": None, "body": None}
    assert sketch(**nothing, trusted=None, client_ip=None) == RequestSketch(now=7.0)


def test_the_target_is_made_of_path_and_query():
    facts = sketch(path="/a%20b", query="x=1&y", host="H.example:81", method="PUT")
    assert (facts.target, facts.path) == ("/a%20b?x=1&y", "/a b")
    assert facts.query == {"x": "1", "y": ""}
    assert (facts.host, facts.port, facts.method) == ("H.example", "81", "PUT")


def test_a_target_in_absolute_form_brings_its_host():
    facts = sketch(path="/p", host="a", request_uri="http://b:1/x?z")
    assert (facts.host, facts.port, facts.path, facts.query) == ("b", "1", "/x", {"z": ""})


def test_fields_have_their_first_value_trimmed():
    facts = sketch(
        headers=[["X-A", " 1\t"], ["x-a", "2"], ["Host", "h"], ["Transfer-Encoding", "x"]]
    )
    assert facts.header("X-a") == "1"
    assert facts.header("host") is None
    assert facts.header("transfer-encoding") is None


def test_pragma_stands_for_cache_control():
    assert sketch(headers=[["Pragma", "no-cache"]]).header("Cache-Control") == "no-cache"
    own = sketch(headers=[["Pragma", "no-cache"], ["Cache-Control", "x"]])
    assert own.header("cache-control") == "x"
    assert sketch(headers=[["Pragma", "x"]]).header("Cache-Control") is None


def test_cookies_are_one_field_behind_those_that_are_given():
    facts = sketch(headers=[["Cookie", "b=0"]], cookies={"b": "2", "a": "1"})
    assert facts.cookies == {"b": "0", "a": "1"}
    assert sketch(cookies={"b": "2", "a": "1"}).header("Cookie") == "a=1; b=2"


def test_a_body_has_a_length():
    facts = sketch(body="é")
    assert facts.body_prefix == b"\xc3\xa9"
    assert facts.header("content-length") == "2"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2024-01-01T08:00:00+08:00", "20240101000000Z"),
        ("2024-01-01T00:00:00Z", "20240101000000Z"),
        ("0900-01-01T00:00:00Z", "09000101000000Z"),
    ],
)
def test_a_time_is_sent_in_a_field(time, text):
    assert sketch(time=time).header("X-Bfe-Debug-Time") == text


def test_tls_is_known_only_of_a_tls_session():
    tls = {"client_auth": True, "client_ca": "ca"}
    facts = sketch(scheme="https", sni="s", tls=tls)
    assert (facts.is_secure, facts.protocol, facts.server_name) == (True, "https", "s")
    assert (facts.is_client_authenticated, facts.client_authority) == (True, "ca")
    clear = sketch(sni="s", tls=tls)
    assert (clear.protocol, clear.server_name, clear.is_client_authenticated) == (
        "HTTP/1.1",
        None,
        False,
    )
    assert sketch(scheme="https", proto="h2").protocol == "h2"


def test_addresses_are_numbers():
    facts = sketch(client_ip="::1", socket_ip="::2", vip="::3", trusted=True)
    assert (facts.client_address, facts.socket_address, facts.vip, facts.is_trusted) == (
        1,
        2,
        3,
        True,
    )


def test_notes_are_taken_as_they_are():
    notes = {"k": 1}
    facts = sketch(tags={"t": ["a", "b"]}, context=notes, host_tag="h")
    assert (facts.tags, facts.context, facts.host_tag) == ({"t": ["a", "b"]}, {"k": 1}, "h")
    assert facts.context is not notes


def test_a_response_has_status_and_fields():
    facts = sketch(response={"status": 404, "headers": [["X-A", "1"], ["X-A", "2"]]})
    assert (facts.status, facts.response_header("x-A")) == (404, "1")


@pytest.mark.parametrize(
    "request_",
    [
        {"method": 1},
        {"path": "/%"},
        {"headers": {}},
        {"headers": [["a"]]},
        {"headers": [["a", 1]]},
        {"cookies": []},
        {"trusted": "yes"},
        {"client_ip": "10.0.0"},
        {"vip": 1},
        {"tags": {"t": "a"}},
        {"time": "yesterday"},
        {"time": "2024-01-01T00:00:00"},
        {"time": "0001-01-01T00:00:00+23:00"},
        {"response": {"status": "200"}},
    ],
)
def test_what_no_request_can_be_is_refused(request_):
    with pytest.raises(SketchError):
        sketch(**request_)
