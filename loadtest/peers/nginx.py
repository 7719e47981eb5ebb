"""nginx: with its access log, and bare."""

from functools import partial

from loadtest.backend import nginx_user
from loadtest.machine import free_port
from loadtest.processes import Launch, children_of
from loadtest.programs import asks_version, program
from loadtest.proxy import Job, Prepared, Proxy

_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; multi_accept on; }}
http {{
    access_log {log};
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream backend {{
        server 127.0.0.1:{backend};
        keepalive 1024;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        client_max_body_size 0;
        location / {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Connection "";
            {forwarded}
            # Bodies pass through memory in pieces both ways, as in the other proxies.
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_buffers 8 64k;
        }}
    }}
}}
"""

_FORWARDED = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"


def _prepare(job: Job, *, is_bare: bool) -> Prepared:
    port = free_port()
    log = job.folder / "access.log"
    configuration = job.folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            user=nginx_user(),
            folder=job.folder,
            files=job.descriptors,
            connections=min(job.descriptors - 64, 16384),
            log="off" if is_bare else f"{log} combined",
            backend=job.backend,
            port=port,
            forwarded="" if is_bare else _FORWARDED,
        ),
        "utf-8",
    )
    command = [program("nginx"), "-p", str(job.folder), "-c", str(configuration)]
    return Prepared(Launch(command, job.folder, {}), port, None if is_bare else log)


def _workers(pid: int, _prepared: Prepared) -> list[int]:
    return children_of(pid)


_find_version = asks_version("nginx", "-v")

NGINX = Proxy("nginx", "nginx", _find_version, partial(_prepare, is_bare=False), _workers)
NGINX_BARE = Proxy("nginx bare", "nginx", _find_version, partial(_prepare, is_bare=True), _workers)
