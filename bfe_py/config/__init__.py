"""Configuration: BFE's files and `.rules` documents read, checked and put together.

`load_static` reads bfe.conf, `groups` names the documents that go together, `decode_group` reads
one of them, `assemble` makes a `Tree` of all, `check_tree` looks at them as a whole.
What is wrong is a `Finding` with its place in a `Report`.
"""

from bfe_py.config.assemble import assemble, assemble_packed
from bfe_py.config.check import check_tree
from bfe_py.config.check_clusters import check_cluster
from bfe_py.config.check_routes import ADVANCED
from bfe_py.config.codes import EXPLANATIONS
from bfe_py.config.compile import (
    Compiled,
    Prepared,
    compile_certificates,
    compile_steps,
    compile_tree,
    prepare_steps,
)
from bfe_py.config.compile_chain import CompileParts
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.counts import TreeCounts, count_tree
from bfe_py.config.decode import decode
from bfe_py.config.diff import describe_change
from bfe_py.config.difference import Difference, compare_trees, tell_differences
from bfe_py.config.documents import Directory, Documents
from bfe_py.config.dynamic import (
    BalanceGroup,
    ModuleDocument,
    ModuleGroup,
    NameConf,
    ServerGroup,
    TenantGroup,
    TicketGroup,
    TlsGroup,
    Tree,
)
from bfe_py.config.findings import Finding, Report, Severity
from bfe_py.config.groups import Decoded, Group, decode_group, groups
from bfe_py.config.known_modules import BFE_MODULES
from bfe_py.config.lazy_conditions import Conditions, EagerConditions, LazyConditions
from bfe_py.config.next_protocols import (
    NextProtocol,
    NextProtocolError,
    parse_protocol,
    parse_protocols,
)
from bfe_py.config.parts import TLS, Changes, PackedTree, Part, PartKey, pack_tree
from bfe_py.config.pki import PemFiles, Pki
from bfe_py.config.places import DocumentPlaces, JsonPlaces, LinePlaces, Places
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.render import render, summary, to_json
from bfe_py.config.rules_file import (
    SHARED,
    Claim,
    Claims,
    parse_rules,
    report_refused,
    resolve_claims,
    shared_claims,
)
from bfe_py.config.rules_group import rules_group, rules_groups
from bfe_py.config.static import (
    Static,
    default_settings,
    default_static,
    load_settings,
    load_static,
)
from bfe_py.config.static_own import Own, with_compatibility
from bfe_py.config.static_schema import Https, Server, SessionCache, SessionTicket
from bfe_py.config.text import Text, read_text

__all__ = [
    "ADVANCED",
    "BFE_MODULES",
    "EXPLANATIONS",
    "SHARED",
    "TLS",
    "BalanceGroup",
    "Changes",
    "Claim",
    "Claims",
    "CompileParts",
    "Compiled",
    "ConditionCache",
    "Conditions",
    "Decoded",
    "Difference",
    "Directory",
    "DocumentPlaces",
    "Documents",
    "EagerConditions",
    "Finding",
    "Group",
    "Https",
    "JsonPlaces",
    "LazyConditions",
    "LinePlaces",
    "ModuleDocument",
    "ModuleGroup",
    "NameConf",
    "NextProtocol",
    "NextProtocolError",
    "Own",
    "PackedTree",
    "Part",
    "PartKey",
    "PemFiles",
    "Pki",
    "Places",
    "PositionedFindings",
    "Prepared",
    "Report",
    "Server",
    "ServerGroup",
    "SessionCache",
    "SessionTicket",
    "Severity",
    "Static",
    "TenantGroup",
    "Text",
    "TicketGroup",
    "TlsGroup",
    "Tree",
    "TreeCounts",
    "assemble",
    "assemble_packed",
    "check_cluster",
    "check_tree",
    "compare_trees",
    "compile_certificates",
    "compile_steps",
    "compile_tree",
    "count_tree",
    "decode",
    "decode_group",
    "default_settings",
    "default_static",
    "describe_change",
    "groups",
    "load_settings",
    "load_static",
    "pack_tree",
    "parse_protocol",
    "parse_protocols",
    "parse_rules",
    "prepare_steps",
    "read_text",
    "render",
    "report_refused",
    "resolve_claims",
    "rules_group",
    "rules_groups",
    "shared_claims",
    "summary",
    "tell_differences",
    "to_json",
    "with_compatibility",
]
