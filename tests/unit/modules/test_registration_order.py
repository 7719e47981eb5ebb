import bfe_py.modules
from bfe_py.pipeline import load_modules

REGISTRATION_ORDER = [
    "mod_trust_clientip",
    "mod_logid",
    "mod_tcp_keepalive",
    "mod_userid",
    "mod_geo",
    "mod_tag",
    "mod_trace",
    "mod_cors",
    "mod_block",
    "mod_prison",
    "mod_auth_basic",
    "mod_auth_jwt",
    "mod_secure_link",
    "mod_waf",
    "mod_doh",
    "mod_redirect",
    "mod_static",
    "mod_rewrite",
    "mod_header",
    "mod_auth_request",
    "mod_errors",
    "mod_markdown",
    "mod_compress",
    "mod_key_log",
    "mod_http_code",
    "mod_access",
]


def test_modules_run_in_the_order_in_which_bfe_registers_them():
    loaded = load_modules(bfe_py.modules)

    known = [name for name in loaded if name in REGISTRATION_ORDER]

    assert known == [name for name in REGISTRATION_ORDER if name in loaded]
    assert {"mod_trust_clientip", "mod_logid", "mod_header", "mod_access"} <= set(known)
