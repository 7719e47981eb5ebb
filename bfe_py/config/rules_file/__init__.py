"""Rules files: everything that one tenant owns, in a notation for people.

The file ``rules/shop.rules`` belongs to the tenant ``shop``::

    # everything that the tenant "shop" owns
    hosts shop.example, *.shop.example

    let mobile = req_ua_regmatch(`(?i)mobile`)
    let beta   = req_cookie_value_in("beta", "1", false) && !mobile

    cluster web {
        backend 10.0.0.1:8000 weight 3
        backend 10.0.0.2:8000
        timeout connect 2s, response 60s
        hash cookie "SID"
    }

    cluster mobile_api {
        sub bj weight 60 { backend bj-1 at 10.1.0.1:8000 weight 3 }
        sub sh weight 40 { backend 10.2.0.1:8000 }
        check http "/ping" status 2xx every 1s down after 3 up after 2
    }

    route mobile && req_path_prefix_in("/api", false) -> mobile_api
    route -> web

**Writing.** One statement a line. A statement goes on in the next line where a parenthesis is
open, behind ``, = -> && || !`` at the end of a line, and where the next line begins with
``-> && || {``. ``#`` and ``//`` begin a comment. Words have a meaning only in their place: a
cluster may be called ``weight``. Blocks are ``{`` to ``}``, and one statement may stand between
them on the same line.

**Values.** A *name* is made of letters, digits, ``_``, ``.`` and ``-``, none of the last two in
front; that of a condition has no dot and no digit in front. A *text* stands in ``"``, where a quote
is ``\\"`` and a backslash ``\\\\``, or as it is in back-quotes. A *duration* is a whole number with
``ms``, ``s``, ``m`` or ``h``, up to 24h. A *status* is ``200`` or, for a class, ``2xx``. An
*address* is ``host:port``, IPv6 in brackets. What is in ``[ ]`` below may be left out; ``, …``
stands for a list.

**Statements of the file**

==============================  ===================================================================
``hosts HOST, …``               hosts of the tenant: a name, ``*.suffix`` for any depth, or ``*``
``vips ADDRESS, …``             virtual addresses of the tenant
``default``                     the tenant gets what no host and no address leads to
``let NAME = CONDITION``        a condition with a name, for those below it
``cluster NAME { … }``          a cluster, called ``tenant/NAME`` outside of this file
``route [CONDITION] -> NAME``   requests go to that cluster; the first route that matches counts
==============================  ===================================================================

A condition is an expression of the condition language. ``&&`` beside ``||`` needs parentheses.
A name stands for its whole definition, as if in parentheses.

**Statements of a cluster**

=====================================================  ============================================
``backend [NAME at] ADDRESS [weight N]``               one backend; its weight is 1 unless written
``sub NAME [weight N] { backend … }``                  a sub-cluster with its share of the traffic
``blackhole [weight N]``                               a share that is refused
``protocol http | https | h2c | ws | tcp``             how backends are spoken to; http
``proxy protocol v1 | v2``                             connections name the client in a PROXY
                                                       header
``tls OPTION …``                                       TLS to the backends: ``name "HOST"``,
                                                       ``authority "FILE", …``, ``certificate
                                                       "FILE" key "FILE"``, ``unverified``
``timeout LIMIT, …``                                   ``connect 2s``, ``response 60s | none``
                                                       (head of the response), ``read 30s`` (body
                                                       from the client), ``write 60s`` (response to
                                                       the client), ``idle 60s`` (kept connection)
``retry [N], [cross N], [idempotent]``                 further tries in the sub-cluster (2) and in
                                                       another (0); idempotent: GET without a body
                                                       also after it was sent
``connections [max N], [idle N]``                      for each backend: at most, and kept open (2)
``hash address | target [sticky]``                     what chooses the sub-cluster, and with
``hash header | cookie "NAME" [or address] [sticky]``  ``sticky`` the backend too; address
``policy wrr | wlc``                                   what chooses the backend; wrr
``check http | https ["/PATH"] OPTION …``              how a backend that failed is probed:
``check tcp | tls OPTION …``                           ``host "NAME" | backend``, ``status 200``,
                                                       ``status 2xx, …``, ``every 1s``, ``timeout
                                                       3s``, ``down after 5``, ``up after 1``
``check off``                                          failures are not counted
``outlier STATUS, …``                                  responses that count as failures
``slow start DURATION``                                a backend that came back is eased in
``host client | backend``                              Host that backends get: as sent, or their own
``cancel on close``                                    a client that leaves ends the request
``flush at once | never | every DURATION``             when parts of a response are passed on
=====================================================  ============================================

**What a tenant may name.** A *FILE* is one below the tenant's own folder beside its document:
``rules/shop/ca.pem`` for ``"ca.pem"``. Backends are where `balance.Reach` lets those of tenants be,
never where this proxy listens itself.

A cluster has backends of its own, which then are its sub-cluster ``main``, or sub-clusters, never
both. Each setting may be made once.

**Errors.** Every statement that is wrong is reported, each with its place, and the file is used
only without errors. A host belongs to one tenant: see `resolve_claims`.
"""

from bfe_py.config.rules_file.claims import (
    SHARED,
    Claim,
    Claims,
    Refusal,
    describe_refusal,
    group_claims,
    report_refused,
    resolve_claims,
    shared_claims,
)
from bfe_py.config.rules_file.document import parse_rules

__all__ = [
    "SHARED",
    "Claim",
    "Claims",
    "Refusal",
    "describe_refusal",
    "group_claims",
    "parse_rules",
    "report_refused",
    "resolve_claims",
    "shared_claims",
]
