"""docs/rules.md: `.rules` files."""

from importlib import resources

from bfe_py.cli.reference.markdown import block, code, document, table

_INTRODUCTION = """
# Rules files

`rules/TENANT.rules` holds all that one tenant owns: its hosts, its clusters with their backends,
and its routes. It is read again when it changes; a file that is wrong changes nothing, for this
tenant or any other, and `bfe-py status` says why.

A host belongs to one tenant: another that claims it too is refused. Outside of the file a cluster
is called `TENANT/CLUSTER`. Comments begin with `#` or `//`.
"""

EXAMPLE = """
hosts shop.example, *.shop.example

let staff = req_cip_range("10.0.0.0", "10.255.255.255")

cluster web {
    backend 10.1.0.1:8000 weight 3
    backend 10.1.0.2:8000
    retry 1, idempotent
    check http "/health" every 2s
}

cluster beta {
    backend 10.1.0.9:8000
}

route staff && req_cookie_value_in("beta", "yes", false) -> beta
route -> web
"""
"""A file with a little of everything."""

FILE = (
    ("hosts", "hosts HOST, …", "Hosts of the tenant: a name, `*.suffix` (any depth) or `*`."),
    ("vips", "vips ADDRESS, …", "Addresses whose requests are the tenant's if no host decides."),
    ("default", "default", "The tenant gets whatever belongs to no other."),
    ("let", "let NAME = CONDITION", "A condition to use by name in others."),
    ("cluster", "cluster NAME { … }", "Backends that serve the same, and how they are spoken to."),
    (
        "route",
        "route CONDITION -> CLUSTER",
        "Requests for which the condition is true go there; the first route counts. Without a "
        "condition: all.",
    ),
)
"""Statements of a file: rule of the grammar, form, meaning."""

CLUSTER = (
    (
        "backend",
        "backend [NAME at] HOST:PORT [weight N]",
        "One backend; its weight is 1. See [what a tenant may name](#what-a-tenant-may-name).",
    ),
    ("sub", "sub NAME [weight N] { … }", "A sub-cluster with backends of its own, and its share."),
    ("blackhole", "blackhole [weight N]", "A share that is refused."),
    ("protocol", "protocol http|https|h2c|ws|tcp", "How backends are spoken to; http."),
    (
        "proxy",
        "proxy protocol v1|v2",
        "Connections begin with a PROXY header that names the client.",
    ),
    (
        "tls",
        "tls [name TEXT] [authority TEXT, …] [certificate TEXT] [key TEXT] [unverified]",
        "TLS towards backends: the name to expect, files with who may vouch for it, and with what "
        "to show.",
    ),
    (
        "timeout",
        "timeout [connect|response|read|write|idle TIME], …",
        "Limits: to connect, to the response head (or `none`), without a byte of a request body, "
        "without a byte of the response being taken, between requests of a client.",
    ),
    ("body", "body max SIZE", "The largest request body; a larger one is answered with 413."),
    ("connections", "connections [max N], [idle N]", "Connections to each backend."),
    (
        "retry",
        "retry [N], [cross N], [idempotent]",
        "Further attempts here, in other sub-clusters, and for GET after it was sent.",
    ),
    (
        "hash",
        "hash address|target|header TEXT|cookie TEXT [or address] [sticky]",
        "What of a request chooses its sub-cluster; with `sticky` its backend too.",
    ),
    ("policy", "policy wrr|wlc", "Weighted round robin, or weighted least connections."),
    (
        "check",
        "check http|https|tcp|tls [TEXT] [host …] [status …] [every TIME] [timeout TIME] "
        "[down after N] [up after N]",
        "How a backend that failed is asked whether it is back; `off`: failures do not count.",
    ),
    ("outlier", "outlier STATUS, …", "Statuses that count as failures."),
    ("slow", "slow start TIME", "A backend that is back gets its share little by little."),
    ("host", "host client|backend", "The Host that backends see."),
    ("cancel", "cancel on close", "A client that leaves ends its request at the backend."),
    ("flush", "flush at once|never|every TIME", "When pieces of a response are passed on."),
)
"""Statements in a cluster: rule of the grammar, form, meaning."""

_LIMITS = """
## What a tenant may name

Whoever writes such a file need not be trusted with the machine that the proxy runs on.

**Files** for TLS are those in the tenant's own folder beside its document: in `rules/shop.rules`,
`"ca.pem"` is `rules/shop/ca.pem`. A name begins with no `/` and has no `..` in it. A link is
followed as long as it stays in that folder (which may be a link itself), and a file has 1 MiB at
most.

**Backends** are not where this proxy listens itself, and neither are probes: not at a listener of
`bfe.conf` and not at the management listener, by whatever name or form of an address. Nor are they
at addresses of no single machine (`0.0.0.0`, `::`, multicast, broadcast), nor, unless
`TenantBackends` in `[BfePy]` of `bfe.conf` opens them, at link-local addresses and others at which
clouds tell machines their credentials. With `TenantBackends` they are in its ranges only. Loopback
is open without it, for backends beside the proxy.

An address is written in full, `127.0.0.1`, and not as `127.1` or as one number. For a name, only
what it says itself is judged when the file is read: `localhost` is this machine.

Documents of BFE's tree are the operator's, and none of this is asked of them.
"""

_VALUES = (
    ("TIME", "`250ms`, `2s`, `1m`, `1h`"),
    ("SIZE", "`500B`, `64KiB`, `10MiB`, `1GiB`"),
    ("STATUS", "`200`, or `2xx` for a class"),
    ("NAME", "letters, digits, `_`, `.` and `-`"),
    ("TEXT", 'in `"quotes"`'),
    ("CONDITION", "see [conditions.md](conditions.md); a name of `let` stands for its condition"),
)


def rules_page() -> str:
    """Content of the page."""
    return document(
        _INTRODUCTION,
        block(EXAMPLE),
        "## Statements of a file",
        _statements(FILE),
        "## Statements in a cluster",
        _statements(CLUSTER),
        _LIMITS,
        "## Values",
        table(("value", "written"), [(code(name), written) for name, written in _VALUES]),
        "## Grammar",
        "A statement ends with its line, unless a parenthesis is open or a sign asks for more.",
        block(_grammar()),
    )


def _statements(rows: tuple[tuple[str, str, str], ...]) -> str:
    return table(("statement", "meaning"), [(code(form), meaning) for _, form, meaning in rows])


def _grammar() -> str:
    text = (resources.files("bfe_py.config") / "rules_file" / "grammar.lark").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("//")]
    return "\n".join(lines)
