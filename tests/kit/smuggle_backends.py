"""Real servers that keep count of what they saw: nginx, one made of h11, and http.server.

Each answers 200 once it has read a whole request, so that a proxy never gets an answer to half of
one. What they saw is told by the last element of X-Forwarded-For, the address of whoever sent it.
"""

import asyncio
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import h11

from tests.kit.process import free_port, is_listening, wait_until

NGINX_COMMAND = shutil.which("nginx") or shutil.which(
    "nginx", path="/usr/sbin:/usr/local/sbin:/sbin"
)

ANSWER = b"seen\n"


@dataclass(frozen=True)
class Sight:
    """One request, as a backend understood it; `problem` says why it did not."""

    peer: str
    line: str
    problem: str = ""


def last_element(forwarded_for: str) -> str:
    """The address that the proxy itself has put into X-Forwarded-For."""
    return forwarded_for.rpartition(",")[2].strip()


def status_for(method: str) -> int:
    """What is answered to a whole request: 405 where 200 would make a tunnel."""
    return 405 if method == "CONNECT" else 200


# --- nginx

_NGINX = """
daemon off;
master_process off;
pid {root}/nginx.pid;
error_log {root}/error.log info;
events {{ worker_connections 2048; }}
http {{
    log_format sights escape=json '{{"peer":"$http_x_forwarded_for","line":"$request_method $request_uri","status":$status}}';
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    client_body_buffer_size 1m;
    client_max_body_size 0;
    large_client_header_buffers 8 128k;
    keepalive_timeout 600;
    keepalive_requests 100000;
    merge_slashes off;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        access_log {root}/access.log sights;
        error_page 400 /bad;
        location = /bad {{ return 400; }}
        # The whole request is read before the next server is asked.
        location / {{ proxy_pass http://127.0.0.1:{inner}; }}
    }}
    server {{
        listen 127.0.0.1:{inner} backlog=1024;
        access_log off;
        default_type text/plain;
        return 200 "seen\\n";
    }}
}}
"""


@dataclass
class Nginx:
    """nginx as a proxy in front of itself; its access log is the count."""

    root: Path
    port: int
    name: ClassVar[str] = "nginx"

    def sights(self) -> list[Sight]:
        """What it logged; one that it gave up has the status as its problem."""
        found = []
        for line in (self.root / "access.log").read_text().splitlines():
            entry = json.loads(line)
            status = entry["status"]
            # 405 is an answer of its own: it has read the request and knows no such method.
            problem = "" if status in (200, 405) else str(status)
            found.append(Sight(last_element(entry["peer"]), entry["line"], problem))
        return found


@contextmanager
def running_nginx(root: Path) -> Iterator[Nginx]:
    """nginx with a configuration of its own, as one process."""
    root.mkdir(parents=True)
    port, inner = free_port(), free_port()
    (root / "nginx.conf").write_text(_NGINX.format(root=root, port=port, inner=inner))
    with (root / "output").open("wb") as output:
        command = [str(NGINX_COMMAND), "-p", str(root), "-c", str(root / "nginx.conf")]
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_until(lambda: is_listening(port) and is_listening(inner))
            yield Nginx(root, port)
        finally:
            process.terminate()
            process.wait(timeout=10)


# --- h11


@dataclass
class StrictServer:
    """A server that takes h11's word for what a request is."""

    port: int = 0
    seen: list[Sight] = field(default_factory=list)
    name: ClassVar[str] = "strict"

    def sights(self) -> list[Sight]:
        """What it saw so far."""
        return self.seen

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        try:
            while await self._answer(connection, reader, writer):
                connection.start_next_cycle()
        except h11.RemoteProtocolError as error:
            self.seen.append(Sight("", "", str(error)))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answer(
        self,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        request: h11.Request | None = None
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                piece = await reader.read(65536)
                if not piece:
                    if request is not None:
                        self.seen.append(_sight(request, "unfinished"))
                    return False
                connection.receive_data(piece)
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                return False
        assert request is not None
        self.seen.append(_sight(request))
        status = status_for(request.method.decode())
        length = str(len(ANSWER)).encode()
        head = h11.Response(status_code=status, headers=[(b"Content-Length", length)])
        writer.write(connection.send(head) or b"")
        if request.method != b"HEAD":
            writer.write(connection.send(h11.Data(data=ANSWER)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


def _sight(request: h11.Request, problem: str = "") -> Sight:
    forwarded = [value for name, value in request.headers if name == b"x-forwarded-for"]
    peer = last_element(b",".join(forwarded).decode("latin-1"))
    line = b"%b %b" % (request.method, request.target)
    return Sight(peer, line.decode("latin-1"), problem)


# --- http.server


class _LenientServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Sight] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut off is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _LenientServer

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        if self._read_body():
            self._note()
            self.send_response(status_for(self.command))
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(ANSWER)
        else:
            self._note("unfinished")
            self.close_connection = True

    def _note(self, problem: str = "") -> None:
        peer = last_element(self.headers.get("X-Forwarded-For", ""))
        line = self.requestline.rpartition(" ")[0]
        self.server.seen.append(Sight(peer, line, problem))

    def _read_body(self) -> bool:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self._skip(int(self.headers.get("Content-Length", 0)))
        while size := int(self.rfile.readline().split(b";")[0] or b"-1", 16):
            if size < 0 or not self._skip(size + 2):
                return False
        while (line := self.rfile.readline()).strip():
            pass
        return bool(line)

    def _skip(self, size: int) -> bool:
        """Whether so many bytes come; never asks for more at once than memory has."""
        while size:
            piece = self.rfile.read(min(size, 65536))
            if not piece:
                return False
            size -= len(piece)
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What it could not read, it saw all the same."""
        self.server.seen.append(Sight("", str(message), str(code)))
        super().send_error(code, message, explain)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing to the terminal."""


@dataclass
class LenientServer:
    """http.server, whose parser takes much for a request."""

    server: _LenientServer
    name: ClassVar[str] = "lenient"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.server_address[1]

    def sights(self) -> list[Sight]:
        """What it saw so far."""
        return self.server.seen


@contextmanager
def running_lenient() -> Iterator[LenientServer]:
    """http.server in threads."""
    server = _LenientServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield LenientServer(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
