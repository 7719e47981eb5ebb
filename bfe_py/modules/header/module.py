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
    RequestFields,
    via_field,
)
from bfe_py.modules.header.plan import Plans
from bfe_py.modules.header.rules import HeaderRules, compile_rules
from bfe_py.modules.header.schema import HeaderDocument, Settings
from bfe_py.pipeline import Document, Findings, Handler, Module, Parts, Phase, Verdict

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def _check_settings(settings: Settings, findings: Findings) -> None:
    via = settings.basic.via
    if via and not _TOKEN.fullmatch(via):
        findings.error(
            ("Basic", "Via"), f'"{via}" is no name for Via', expected="letters, digits, . and -"
        )


def _default_fields(settings: Settings, *, is_compatible: bool) -> tuple[DefaultField, ...]:
    fields: tuple[DefaultField, ...] = ()
    if not settings.basic.disable_default_header:
        fields = DEFAULT_FIELDS
    if is_compatible:
        fields = tuple([each for each in fields if each.is_bfe])
    if settings.basic.via:
        fields = (*fields, via_field(settings.basic.via))
    return fields


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    rules: HeaderRules = parts.documents["rules"]
    fields = _default_fields(parts.settings, is_compatible=parts.is_compatible)
    of_request = RequestFields(fields, Plans(rules.request), is_compatible=parts.is_compatible)
    plans = Plans(rules.response)

    def change_response(exchange: Exchange) -> Verdict:
        plan = plans[exchange.tenant]
        if plan.names:
            response = exchange.response
            assert response is not None
            headers = response.headers
            if not headers.add_block(plan.lines, plan.names):
                plan.set_lines(headers)
        if plan.change is not None:
            plan.change(exchange)
        return None

    handlers: dict[Phase, Handler] = {}
    if rules.request or fields:
        handlers[Phase.ROUTE] = of_request.change
    if rules.response:
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
