"""The proxies: this one and those it is compared with, one file each."""

from loadtest.peers.bfe import BFE
from loadtest.peers.bfe_py import BFE_PY, BFE_PY_BARE
from loadtest.peers.caddy import CADDY
from loadtest.peers.envoy import ENVOY
from loadtest.peers.haproxy import HAPROXY
from loadtest.peers.nginx import NGINX, NGINX_BARE
from loadtest.peers.traefik import TRAEFIK

OURS = (BFE_PY, BFE_PY_BARE)
PEERS = (NGINX, NGINX_BARE, HAPROXY, CADDY, TRAEFIK, ENVOY, BFE)

__all__ = [
    "BFE_PY",
    "BFE_PY_BARE",
    "OURS",
    "PEERS",
]
