"""Names of BFE's modules."""

BFE_MODULES = frozenset(
    f"mod_{name}"
    for name in [
        "access",
        "access_pb3",
        "ai_rate_limit",
        "ai_route",
        "ai_token_auth",
        "auth_basic",
        "auth_jwt",
        "auth_request",
        "block",
        "body_process",
        "compress",
        "cors",
        "doh",
        "errors",
        "geo",
        "header",
        "http_code",
        "key_log",
        "logid",
        "markdown",
        "prison",
        "redirect",
        "rewrite",
        "secure_link",
        "session_sticky",
        "static",
        "tag",
        "tcp_keepalive",
        "trace",
        "trust_clientip",
        "unified_waf",
        "userid",
        "waf",
        "wasm",
    ]
)
"""Every module that BFE 1.8 knows in ``Modules``."""
