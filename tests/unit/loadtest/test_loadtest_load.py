import pytest

from loadtest.idle import IdleConnections
from loadtest.load import Hits, LoadError, Shot, parse_hits, write_script
from loadtest.openloop import arrivals, find_answer
from loadtest.request import FIELDS, request_fields, request_head

COUNTED = (
    'LOAD {"requests":1000,"microseconds":2000000,"received":5000,"refused":1,"broken":2,"bad":3}'
)


def test_a_request_has_ten_fields_with_one_host():
    names = [name for name, _ in FIELDS]

    assert len(names) == len(set(names)) == 10
    assert names[0] == "Host"


def test_a_connection_for_each_request_has_ten_fields_too():
    fields = request_fields(keeps_alive=False)

    assert len(fields) == 10
    assert fields[-1] == ("Connection", "close")
    assert fields[:-1] == FIELDS[:-1]


def test_a_head_is_what_goes_over_the_wire():
    head = request_head("/page")

    assert head.startswith(b"GET /page HTTP/1.1\r\nHost: load.test\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n") == 12


def test_a_script_for_downloads_has_no_body():
    script = write_script(Shot("/1024", 64))

    assert 'wrk.method = "GET"' in script
    assert "wrk.body" not in script
    assert script.count("wrk.headers[") == 10


@pytest.mark.parametrize(
    ("size", "line"),
    [
        (0, 'wrk.headers["Content-Length"] = "0"'),
        (65536, 'wrk.body = string.rep("x", 65536)'),
    ],
)
def test_a_script_for_uploads_has_the_body(size, line):
    script = write_script(Shot("/sink", 4, upload=size))

    assert 'wrk.method = "POST"' in script
    assert line in script.splitlines()


def test_a_shot_is_aimed_without_changing_its_load():
    shot = Shot("/sink", 4, keeps_alive=False, upload=10).at(8080, 3)

    assert shot == Shot("/sink", 4, keeps_alive=False, upload=10, port=8080, seconds=3)


def test_what_wrk_counted_is_found_in_what_it_prints():
    hits = parse_hits(f"Running 2s test\n  Latency 1ms\n{COUNTED}\n")

    assert hits == Hits(1000, 2_000_000, 5000, 1, 2, 3)
    assert (hits.seconds, hits.failed) == (2.0, 6)


@pytest.mark.parametrize(
    ("output", "reason"),
    [("Running 2s test\n", "counted nothing"), ('LOAD {"requests":', "cannot read")],
)
def test_what_wrk_did_not_count_is_no_figure(output, reason):
    with pytest.raises(LoadError, match=reason):
        parse_hits(output)


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200),
        (b"HTTP/1.1 502 Bad\r\ncontent-LENGTH: 0\r\nServer: x\r\n\r\n", 502),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0),
    ],
)
def test_an_answer_is_found_when_it_is_whole(received, status):
    assert find_answer(received) == status


def test_arrivals_are_the_same_each_time_and_rise():
    due = arrivals(1000, 5.0)

    assert due == arrivals(1000, 5.0)
    assert due == sorted(due)
    assert 0 < due[0] < due[-1] < 5.0


def test_arrivals_keep_the_rate():
    assert len(arrivals(2000, 10.0)) == pytest.approx(20_000, rel=0.03)


def test_no_idle_connection_is_opened_unasked():
    with IdleConnections(1, "/1024") as connections:
        assert len(connections) == 0
        assert connections.count_open() == 0
