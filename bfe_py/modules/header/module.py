"""mod_header: change fields and cookies of requests and responses.

Requests get the fields of `defaults`, then the changes of the rules once their cluster is known;
responses get theirs before the head is sent, those that the proxy makes itself among them.
"""

import re
from collections.abc import Mapping

from bfe_py.model import Exchange
from bfe_py.modules.header.defaults import (
    DEFAULT_FIELDS,
    DefaultField,
    DefaultFields,
    via_field,
)
from bfe_py.modules.header.rules import HeaderRules, apply_rules, compile_rules
from bfe_py.modules.header.schema import HeaderDocument, Settings
from bfe_py.pipeline import Document, Findings, Handler, Module, Parts, Phase, Verdict

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def _check_settings(settings: Settings, findings: Findings) -> None:
    via = settings.basic.via
    if via and not _TOKEN.fullmatch(via):
        findings.error(
            ("Basic", "Via"), f'"{via}" is no name for Via', expected="letters, digits, . and -"
        )


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    settings: Settings = parts.settings
    rules: HeaderRules = parts.documents["rules"]
    is_compatible = parts.is_compatible
    fields: tuple[DefaultField, ...] = ()
    if not settings.basic.disable_default_header:
        fields = DEFAULT_FIELDS
    if is_compatible:
        fields = tuple([each for each in fields if each.is_bfe])
    if settings.basic.via:
        fields = (*fields, via_field(settings.basic.via))
    add_defaults = DefaultFields(fields, is_compatible=is_compatible).add
    request_rules, response_rules = rules.request, rules.response

    def change_request(exchange: Exchange) -> Verdict:
        add_defaults(exchange)
        apply_rules(request_rules, exchange)
        return None

    def only_add_defaults(exchange: Exchange) -> Verdict:
        add_defaults(exchange)
        return None

    def change_response(exchange: Exchange) -> Verdict:
        apply_rules(response_rules, exchange)
        return None

    handlers: dict[Phase, Handler] = {}
    if request_rules:
        handlers[Phase.ROUTE] = change_request
    elif fields:
        handlers[Phase.ROUTE] = only_add_defaults
    if response_rules:
        handlers[Phase.RESPONSE] = change_response
    return handlers


MODULE = Module(
    name="mod_header",
    build=_build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "DataPath"),
            default="mod_header/mod_header.data",
            schema=HeaderDocument,
            compile=compile_rules,
            reload="mod_header",
        ),
    ),
    after=(
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
    ),
    check_settings=_check_settings,
    description="Change fields and cookies of requests and responses.",
)
