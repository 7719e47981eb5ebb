"""The line of COMBINED, written out for the ordinary exchange.

Most logs are of this template, and most exchanges have an answer and hold nothing that needs an
escape. For those the line is one ``%`` operation over attributes, with no call for each variable.
Whatever is not like that goes to the line that was compiled from the template: that one decides
what a line looks like, and what is made here is the same to the letter.
"""

from collections.abc import Callable

from bfe_py.model.exchange import Exchange
from bfe_py.observe.variables import PLAIN, UNKNOWN, common_log_time

Line = Callable[[Exchange], bytes]

_LAYOUT = b'%b - - %b "%b %b HTTP/%b" %d %d "%b" "%b"\n'


def combined_line(compiled: Line) -> Line:
    """Line of COMBINED; `compiled` is the line of its template."""
    layout, plain = _LAYOUT, PLAIN
    own = layout.translate(None, plain)
    begin = end = 0
    time = b""

    def line(exchange: Exchange) -> bytes:
        nonlocal begin, end, time
        response = exchange.response
        if response is None:
            return compiled(exchange)
        if not begin <= exchange.started < end:
            begin = int(exchange.started)
            end = begin + 1
            time = common_log_time(begin)
        request = exchange.request
        version = request.version
        find = request.headers.get
        made = layout % (
            exchange.host_field,
            time,
            request.method,
            request.target,
            version if version != b"2" else b"2.0",
            response.status,
            exchange.response_bytes,
            find(b"referer") or UNKNOWN,
            find(b"user-agent") or UNKNOWN,
        )
        # Nothing is to be escaped if what is not plain is what the layout has of it.
        return made if made.translate(None, plain) == own else compiled(exchange)

    return line
