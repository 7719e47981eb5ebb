"""Traefik, with its access log in a file; it adds X-Forwarded-For by itself."""

from loadtest.machine import free_port
from loadtest.processes import Launch
from loadtest.programs import asks_version, program
from loadtest.proxy import Job, Prepared, Proxy

_STATIC = """
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
log: {{level: ERROR}}
accessLog: {{filePath: {log}}}
entryPoints:
  web:
    address: 127.0.0.1:{port}
    transport:
      respondingTimeouts: {{readTimeout: 1h, idleTimeout: 1h}}
providers:
  file: {{filename: {dynamic}, watch: false}}
serversTransport: {{maxIdleConnsPerHost: 1024, forwardingTimeouts: {{idleConnTimeout: 1h}}}}
"""

_DYNAMIC = """
http:
  routers:
    all: {{rule: "PathPrefix(`/`)", entryPoints: [web], service: pages}}
  services:
    pages:
      loadBalancer:
        servers: [{{url: "http://127.0.0.1:{backend}"}}]
"""


def _prepare(job: Job) -> Prepared:
    port = free_port()
    log = job.folder / "access.log"
    dynamic = job.folder / "dynamic.yml"
    dynamic.write_text(_DYNAMIC.format(backend=job.backend), "utf-8")
    static = job.folder / "traefik.yml"
    static.write_text(_STATIC.format(port=port, log=log, dynamic=dynamic), "utf-8")
    command = [program("traefik"), f"--configFile={static}"]
    return Prepared(Launch(command, job.folder, {"GOMAXPROCS": "1"}), port, log)


TRAEFIK = Proxy("traefik", "traefik", asks_version("traefik", "version"), _prepare)
