"""BFE itself, where the environment names a program of it: on the tree of this proxy."""

import os
import shutil
from pathlib import Path

from loadtest.machine import free_port
from loadtest.processes import Launch
from loadtest.programs import told_version
from loadtest.proxy import Job, Prepared, Proxy
from loadtest.tree import MODULES, Ports, write_tree

VARIABLE = "BFE_BINARY"

_CERTIFICATES = Path(__file__).resolve().parents[2] / "conf/tls_conf"
_HTTPS = """
[HttpsBasic]
ServerCertConf = tls_conf/server_cert_conf.data
TlsRuleConf = tls_conf/tls_rule_conf.data
CipherSuites = TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
CurvePreferences = CurveP256
ClientCABaseDir = tls_conf/client_ca
ClientCRLBaseDir = tls_conf/client_crl
[SessionCache]
SessionCacheDisabled = true
[SessionTicket]
SessionTicketsDisabled = true
"""


def _prepare(job: Job) -> Prepared:
    ports = Ports(free_port(), free_port(), job.backend)
    conf = job.folder / "conf"
    write_tree(conf, ports, MODULES, job.rules)
    (job.folder / "log").mkdir()
    shutil.copytree(_CERTIFICATES, conf / "tls_conf")
    # It does not start with a section that it does not know, nor without TLS.
    ours = (conf / "bfe.conf").read_text("utf-8")
    server = ours.partition("[BfePy]")[0]
    https = f"HttpsPort = {free_port()}\nHttpsAddr = 127.0.0.1\n"
    (conf / "bfe.conf").write_text(server + https + _HTTPS, "utf-8")
    binary = str(Path(os.environ[VARIABLE]).resolve())
    command = [binary, "-c", str(conf), "-l", str(job.folder / "log")]
    launch = Launch(command, job.folder, {"GOMAXPROCS": "1"})
    return Prepared(launch, ports.http, job.folder / "log/access.log")


def _find_version() -> str | None:
    named = os.environ.get(VARIABLE, "")
    return told_version([named, "-v"]) if named and shutil.which(named) else None


BFE = Proxy("bfe", "bfe", _find_version, _prepare)
