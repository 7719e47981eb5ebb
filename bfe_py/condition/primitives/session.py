"""What TLS told about the session."""

from bfe_py.condition.arguments import Case, Patterns
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom, Missing, compare, equals_one
from bfe_py.condition.registry import Comparison, Reads, primitive


def _server_name(facts: Facts) -> str | None:
    return facts.server_name or None


def _is_authenticated(facts: Facts) -> bool:
    return facts.is_client_authenticated


def _authority(facts: Facts) -> str | None:
    return (facts.client_authority or None) if facts.is_client_authenticated else None


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.SESSION)
def ses_tls_sni_in(names: Patterns) -> Atom:
    """The name that the client asked for in TLS equals one of the texts, in any case."""
    return compare(_server_name, equals_one(names, Case.INSENSITIVE), Missing.FALSE)


@primitive(compares=Comparison.HOLDS, missing=Missing.FALSE, reads=Reads.SESSION)
def ses_tls_client_auth() -> Atom:
    """TLS client certificate authentication is in force."""
    return Atom(_is_authenticated, _is_authenticated)


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.SESSION)
def ses_tls_client_ca_in(names: Patterns) -> Atom:
    """The authority behind the client's certificate equals one of the texts."""
    return compare(_authority, equals_one(names, Case.SENSITIVE), Missing.FALSE)
