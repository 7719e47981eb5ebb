"""Caddy, with its access log in a file; it adds X-Forwarded-For by itself."""

from loadtest.machine import free_port
from loadtest.processes import Launch
from loadtest.programs import asks_version, program
from loadtest.proxy import Job, Prepared, Proxy

_CONFIGURATION = """
{{
	admin off
	auto_https off
	persist_config off
	log {{
		output stderr
		level ERROR
	}}
	servers {{
		timeouts {{
			idle 1h
		}}
	}}
}}

:{port} {{
	bind 127.0.0.1
	log {{
		output file {log} {{
			roll_disabled
		}}
	}}
	reverse_proxy 127.0.0.1:{backend} {{
		transport http {{
			keepalive 1h
			keepalive_idle_conns 1024
			keepalive_idle_conns_per_host 1024
		}}
	}}
}}
"""


def _prepare(job: Job) -> Prepared:
    port = free_port()
    log = job.folder / "access.log"
    configuration = job.folder / "Caddyfile"
    text = _CONFIGURATION.format(port=port, backend=job.backend, log=log)
    configuration.write_text(text, "utf-8")
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(configuration)]
    home = str(job.folder)
    environment = {
        "GOMAXPROCS": "1",
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_DATA_HOME": home,
    }
    return Prepared(Launch(command, job.folder, environment), port, log)


CADDY = Proxy("caddy", "caddy", asks_version("caddy", "version"), _prepare)
