"""HAProxy, with its access log in a file."""

from loadtest.machine import free_port
from loadtest.processes import Launch
from loadtest.programs import asks_version, program
from loadtest.proxy import Job, Prepared, Proxy

_CONFIGURATION = """
global
    nbthread 1
    maxconn 10500
    # Two descriptors for each connection may be more than this user is allowed.
    no strict-limits
    log stdout len 1024 format raw daemon

defaults
    mode http
    log global
    option httplog
    option forwardfor
    http-reuse always
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout http-request 60s
    timeout http-keep-alive 1h

frontend clients
    bind 127.0.0.1:{port} backlog 4096
    default_backend pages

backend pages
    server nginx 127.0.0.1:{backend} pool-max-conn 1024 pool-purge-delay 1h
"""


def _prepare(job: Job) -> Prepared:
    port = free_port()
    configuration = job.folder / "haproxy.cfg"
    configuration.write_text(_CONFIGURATION.format(port=port, backend=job.backend), "utf-8")
    launch = Launch([program("haproxy"), "-db", "-f", str(configuration)], job.folder, {})
    # What HAProxy writes to standard output is the access log.
    return Prepared(launch, port, launch.output)


HAPROXY = Proxy("haproxy", "haproxy", asks_version("haproxy", "-v"), _prepare)
