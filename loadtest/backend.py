"""What stands behind the proxies: an nginx with bodies of all sizes, and a sink for uploads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtest.machine import free_port
from loadtest.processes import Launch, started, wait_listening

SIZES = {"0 B": 0, "1 KiB": 1024, "64 KiB": 65536, "10 MiB": 10 * 1024 * 1024}
"""Bodies, by the name they have in reports."""

UPLOAD_PATH = "/sink"
SEEN_PATH = "/seen"
"""Answers what came: X-Forwarded-For, and the number of requests on the connection."""

_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; multi_accept on; }}
http {{
    access_log off;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    open_file_cache max=16 inactive=1h;
    open_file_cache_valid 1h;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream itself {{ server 127.0.0.1:{port}; keepalive 256; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder}/bodies;
        location = /0 {{ return 200; }}
        location = /seen {{ return 200 "$http_x_forwarded_for|$connection_requests"; }}
        location = /sink {{
            # The whole body is read before the answer is asked for, which is the point of it.
            client_max_body_size 0;
            client_body_buffer_size 11m;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
            proxy_http_version 1.1;
            proxy_method GET;
            proxy_pass http://itself/0;
        }}
        # Rules send requests to paths that are no file.
        location / {{ try_files $uri /1024; }}
    }}
}}
"""


def path_of(size: int) -> str:
    """Where a body of `size` bytes is."""
    return f"/{size}"


@contextmanager
def backend(folder: Path, core: int, descriptors: int) -> Iterator[int]:
    """Run the backend on `core`; answers its port."""
    port = free_port()
    (folder / "bodies").mkdir(parents=True)
    for size in SIZES.values():
        (folder / "bodies" / str(size)).write_bytes(b"x" * size)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            user=nginx_user(),
            folder=folder,
            port=port,
            files=descriptors,
            connections=min(descriptors - 64, 16384),
        ),
        "utf-8",
    )
    launch = Launch(["nginx", "-p", str(folder), "-c", str(configuration)], folder, {})
    with started(launch, core) as process:
        wait_listening(process, port, launch.output)
        yield port


def nginx_user() -> str:
    """The directive that lets workers read what root wrote; empty for everybody else."""
    return "user root;" if os.geteuid() == 0 else ""
