"""The schema of dynamic configuration: what BFE's files and `.rules` files both decode into.

Field names of the wire are BFE's (``name=``); None is a key that is absent or null. Times are
milliseconds where the name ends in ``_ms``, seconds in ``_s``. Defaults and ranges that depend on
other fields are `check`'s matter; section numbers are those of BFE's forwarding specification.
"""

import msgspec
from msgspec import field

from bfe_py.config.dynamic_clusters import (
    AiConf,
    AiKey,
    AiKeyPolicy,
    AiModel,
    AiModelTable,
    BackendConf,
    BackendEntry,
    CheckConf,
    ClusterBasic,
    ClusterConf,
    ClusterEntry,
    ClusterTable,
    FcgiConf,
    GslbBasic,
    GslbConf,
    HashConf,
    HttpsConf,
)

__all__ = [
    "AdvancedRule",
    "AiConf",
    "AiKey",
    "AiKeyPolicy",
    "AiModel",
    "AiModelTable",
    "BackendConf",
    "BackendEntry",
    "BalanceGroup",
    "BasicRule",
    "CertificateEntry",
    "CertificateTable",
    "CheckConf",
    "ClusterBasic",
    "ClusterConf",
    "ClusterEntry",
    "ClusterTable",
    "FcgiConf",
    "GslbBasic",
    "GslbConf",
    "HashConf",
    "HostRule",
    "HttpsConf",
    "ModuleDocument",
    "ModuleGroup",
    "NameConf",
    "NameEntry",
    "Pem",
    "RouteRule",
    "ServerCertConf",
    "ServerGroup",
    "TenantGroup",
    "TicketGroup",
    "TicketKeyConf",
    "TlsGroup",
    "TlsRule",
    "TlsRuleConf",
    "Tree",
    "VipRule",
]


class HostRule(msgspec.Struct, frozen=True, kw_only=True):
    """host_rule.data: which host belongs to which tenant (2.1)."""

    version: str | None = field(name="Version", default=None)
    """Opaque text, shown by /monitor/host_table_version."""
    default_tenant: str | None = field(name="DefaultProduct", default=None)
    """Tenant of requests whose host and VIP are unknown."""
    hosts: dict[str, list[str] | None] | None = field(name="Hosts", default=None)
    """Tag -> host names: exact, ``*.suffix`` (any depth) or ``*``."""
    tags: dict[str, list[str] | None] | None = field(name="HostTags", default=None)
    """Tenant -> tags."""


class VipRule(msgspec.Struct, frozen=True, kw_only=True):
    """vip_rule.data: which virtual address belongs to which tenant (2.2)."""

    version: str | None = field(name="Version", default=None)
    vips: dict[str, list[str] | None] | None = field(name="Vips", default=None)
    """Tenant -> IP addresses."""


class BasicRule(msgspec.Struct, frozen=True, kw_only=True):
    """One basic rule: host names and paths to a cluster."""

    hostnames: list[str] | None = field(name="Hostname", default=None)
    """Exact, ``*.suffix`` (one label) or ``*``; absent: ``*``."""
    paths: list[str] | None = field(name="Path", default=None)
    """Exact, or a prefix that ends in ``*``; absent: ``*``."""
    cluster: str | None = field(name="ClusterName", default=None)
    """Cluster, or ``ADVANCED_MODE`` to go on with the advanced rules."""


class AdvancedRule(msgspec.Struct, frozen=True, kw_only=True):
    """One advanced rule: a condition to a cluster; the first that matches wins."""

    condition: str | None = field(name="Cond", default=None)
    """Expression of the condition language."""
    cluster: str | None = field(name="ClusterName", default=None)


class RouteRule(msgspec.Struct, frozen=True, kw_only=True):
    """route_rule.data (2.3)."""

    version: str | None = field(name="Version", default=None)
    basic: dict[str, list[BasicRule | None] | None] | None = field(name="BasicRule", default=None)
    advanced: dict[str, list[AdvancedRule | None] | None] | None = field(
        name="ProductRule", default=None
    )


class NameEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One instance behind a service name."""

    host: str = field(name="Host", default="")
    port: int = field(name="Port", default=0)
    weight: int = field(name="Weight", default=0)


class NameConf(msgspec.Struct, frozen=True, kw_only=True):
    """name_conf.data (2.7)."""

    version: str | None = field(name="Version", default=None)
    names: dict[str, list[NameEntry] | None] | None = field(name="Config", default=None)


class CertificateEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of server_cert_conf.data; paths relative to the configuration root."""

    certificate: str = field(name="ServerCertFile", default="")
    key: str = field(name="ServerKeyFile", default="")
    ocsp_response: str = field(name="OcspResponseFile", default="")


class CertificateTable(msgspec.Struct, frozen=True, kw_only=True):
    """Config of server_cert_conf.data."""

    default: str | None = field(name="Default", default=None)
    certificates: dict[str, CertificateEntry | None] | None = field(name="CertConf", default=None)


class ServerCertConf(msgspec.Struct, frozen=True, kw_only=True):
    """server_cert_conf.data (2.9)."""

    version: str | None = field(name="Version", default=None)
    table: CertificateTable | None = field(name="Config", default=None)


class TlsRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of tls_rule_conf.data."""

    certificate: str = field(name="CertName", default="")
    vips: list[str] | None = field(name="VipConf", default=None)
    server_names: list[str] | None = field(name="SniConf", default=None)
    protocols: list[str] | None = field(name="NextProtos", default=None)
    grade: str = field(name="Grade", default="C")
    authenticates_client: bool = field(name="ClientAuth", default=False)
    client_authority: str = field(name="ClientCAName", default="")
    chacha20: bool = field(name="Chacha20", default=False)
    dynamic_record: bool = field(name="DynamicRecord", default=False)


class TlsRuleConf(msgspec.Struct, frozen=True, kw_only=True):
    """tls_rule_conf.data (2.8)."""

    version: str | None = field(name="Version", default=None)
    default_protocols: list[str] | None = field(name="DefaultNextProtos", default=None)
    default_chacha20: bool = field(name="DefaultChacha20", default=False)
    default_dynamic_record: bool = field(name="DefaultDynamicRecord", default=False)
    rules: dict[str, TlsRule | None] | None = field(name="Config", default=None)


class TicketKeyConf(msgspec.Struct, frozen=True, kw_only=True):
    """session_ticket_key.data (2.10)."""

    version: str | None = field(name="Version", default=None)
    key: str | None = field(name="SessionTicketKey", default=None)


# --- groups: what is loaded together, whole or not at all


class ServerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """host_rule, vip_rule, route_rule and cluster_conf (reload name ``server_data_conf``)."""

    hosts: HostRule = HostRule()
    vips: VipRule = VipRule()
    routes: RouteRule = RouteRule()
    clusters: ClusterConf = ClusterConf()
    files: dict[str, bytes] = {}
    """Contents of the files that clusters name for TLS to their backends."""


class BalanceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """gslb with cluster_table (reload name ``gslb_data_conf``)."""

    gslb: GslbConf = GslbConf()
    table: ClusterTable = ClusterTable()


class Pem(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate with its key: contents of the files."""

    certificate: bytes
    key: bytes


class TlsGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Certificates with their files' contents, and TLS rules (reload name ``tls_conf``)."""

    certificates: ServerCertConf = ServerCertConf()
    rules: TlsRuleConf = TlsRuleConf()
    pems: dict[str, Pem] = {}
    """Certificate name -> contents of its files."""
    authorities: dict[str, bytes] = {}
    """ClientCAName -> PEM of its certificates."""
    revocations: dict[str, list[bytes]] = {}
    """ClientCAName -> its revocation lists, PEM or DER."""
    ticket_key: bytes = b""
    """48 bytes, empty where tickets are disabled."""


class TicketGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The key of session tickets (reload name ``tls_session_ticket_key``)."""

    key: bytes = b""
    """48 bytes, empty where tickets are disabled."""


class TenantGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One `rules/<tenant>.rules`: the same tables as BFE's files, for one tenant.

    `clusters` and `balance` use the full cluster names ``tenant/cluster``.
    """

    tenant: str
    hosts: list[str] = []
    vips: list[str] = []
    is_default: bool = False
    rules: list[AdvancedRule] = []
    clusters: dict[str, ClusterEntry] = {}
    balance: BalanceGroup = BalanceGroup()
    files: dict[str, bytes] = {}
    """Contents of the files that clusters name for TLS to their backends."""


class ModuleDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a module, as decoded by the module's own schema and packed again."""

    packed: bytes
    """MessagePack of the decoded value; the bytes themselves for documents that are text."""
    version: str = ""
    tenants: list[str] = []
    """Tenants that it has rules for, if it is made of tenants."""
    files: dict[str, bytes] = {}
    """Contents of files that the document names."""


class ModuleGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Documents of one module with one reload name."""

    module: str
    documents: dict[str, ModuleDocument] = {}


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """All dynamic configuration after decoding and checking; what a worker compiles."""

    version: str = ""
    """Digest of everything below."""
    server: ServerGroup | None = None
    balance: BalanceGroup | None = None
    names: NameConf | None = None
    tls: TlsGroup | None = None
    modules: dict[str, dict[str, ModuleDocument]] = {}
    """Module -> document -> content."""
    tenants: dict[str, TenantGroup] = {}
    """Tenants of `.rules` files."""
