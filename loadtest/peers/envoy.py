"""Envoy, with its access log in a file."""

from loadtest.machine import free_port
from loadtest.processes import Launch
from loadtest.programs import asks_version, program
from loadtest.proxy import Job, Prepared, Proxy

_CONFIGURATION = """
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: clients
          codec_type: HTTP1
          use_remote_address: true
          common_http_protocol_options: {{idle_timeout: 3600s}}
          stream_idle_timeout: 0s
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {log}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{{match: {{prefix: "/"}}, route: {{cluster: pages, timeout: 0s}}}}]
  clusters:
  - name: pages
    type: STATIC
    connect_timeout: 5s
    circuit_breakers:
      thresholds: [{{max_connections: 20000, max_pending_requests: 20000, max_requests: 20000}}]
    load_assignment:
      cluster_name: pages
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {backend}}}}}}}
"""  # noqa: E501 - names of types are as long as they are


def _prepare(job: Job) -> Prepared:
    port = free_port()
    log = job.folder / "access.log"
    configuration = job.folder / "envoy.yaml"
    text = _CONFIGURATION.format(port=port, backend=job.backend, log=log)
    configuration.write_text(text, "utf-8")
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    command = [program("envoy"), "-c", str(configuration), *options]
    return Prepared(Launch(command, job.folder, {}), port, log)


ENVOY = Proxy("envoy", "envoy", asks_version("envoy", "--version"), _prepare)
