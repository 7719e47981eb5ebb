"""What each code of a finding means."""

from collections.abc import Mapping
from types import MappingProxyType

EXPLANATIONS: Mapping[str, str] = MappingProxyType(
    {
        # reading
        "E001": "A file that the configuration names does not exist or cannot be read.",
        "E002": "A document is not UTF-8 text.",
        "E003": "A document is not well-formed JSON; nothing behind the place was looked at.",
        "E004": "A document is nested too deeply.",
        "E005": "A line of a .conf file is not well-formed.",
        # shape
        "E010": "A value has another type than its key asks for.",
        "E011": "A key that must be there is absent or null.",
        "E012": "A value is outside what its key allows.",
        "E013": "The key is not known; bfe.conf and module settings may hold known keys only.",
        "E014": "The section is not known.",
        "E015": "A list or table has a null element; BFE does not survive loading it.",
        "W020": "The key is not known and is ignored, as BFE ignores it.",
        "W021": "The key is written in other case than its name; it is accepted.",
        "W022": "The key stands twice in one object; the last one counts.",
        "W023": "There is something behind the end of the JSON value; it is ignored.",
        "W024": "A null stands where a value is expected; it counts as empty or zero.",
        "W025": "A string has half of a surrogate pair; U+FFFD stands in its place.",
        # references between documents
        "E101": "A tenant is named that does not exist.",
        "E102": "A cluster is named that does not exist.",
        "E103": "The same host is written twice.",
        "E104": "A host tag belongs to no tenant.",
        "E105": "The default tenant does not exist.",
        "E106": "An address is not an IP address.",
        "E107": "A host pattern is not allowed: `*` alone or `*.` in front, once.",
        "E108": "A path pattern is not allowed: one `*`, at the end.",
        "E109": "Two basic rules of a tenant are for the same host and path.",
        "E110": "Two tenants claim the same host.",
        "E111": "A tenant with rules has no host tag.",
        "E112": "A basic rule has neither host nor path.",
        "W120": "Hosts differ in case only; BFE leaves to chance which counts.",
        "W121": "A host pattern never matches as it is written.",
        "W122": "A host tag is listed under two tenants; BFE leaves to chance which counts.",
        "W123": "An address is listed under two tenants; BFE leaves to chance which counts.",
        "W124": "The default tenant has no host tag; it cannot have routes.",
        "W125": "A tenant is named that no host belongs to.",
        "W126": "A rule is never reached: one before it always matches.",
        "W127": "A cluster has routes but no weights: requests for it fail.",
        "W128": "A cluster has weights but no settings: nothing can be routed to it.",
        "W129": "A sub-cluster has weight but no backends.",
        "W130": "A cluster is used by no route.",
        "W131": "A path of a basic rule does not begin with `/`: no request matches it.",
        # conditions
        "E201": "A condition does not compile.",
        "W201": "A condition compiles but is likely not meant so.",
        # module documents
        "E300": "A module refuses its document or settings.",
        "W300": "A module accepts its document or settings, but doubts them.",
        "W301": "A module has rules for a tenant that no host belongs to.",
        # TLS
        "E401": "A certificate is named that is not configured.",
        "E402": "A certificate and its key cannot be used together.",
        "E403": "A server name is not covered by the certificate of its rule.",
        "E404": "An address or server name stands in two TLS rules.",
        "E405": "A protocol of NextProtos is not written as its grammar asks.",
        "E406": "The grade is not known.",
        "E407": "Client certificates are asked for, but their authority is not there.",
        "E408": "The session ticket key is not 48 bytes.",
        "E409": "The certificate name is reserved.",
        "W420": "An OCSP response is configured; responses are not stapled.",
        "W423": "An authority of client certificates holds none: nobody is let in.",
        "W421": "The grade allows what the platform's OpenSSL no longer offers.",
        # clusters and balancing
        "E501": "A cluster setting is outside what is allowed.",
        "E502": "The positive weights of a cluster sum up to nothing.",
        "E503": "A sub-cluster has no backend with weight.",
        "E504": "A cluster has weights but no backends are listed for it.",
        "W520": "A cluster setting is allowed but makes no sense.",
        "W521": "A weight below zero counts as zero.",
        "W522": "A backend is listed twice in one sub-cluster.",
        "W523": "A backend cannot be reached as it is written.",
        # static configuration
        "E601": "A module is named that does not exist.",
        "E602": "A static setting is outside what is allowed.",
        "W620": "The module is one of BFE's that is not built; the rest runs without it.",
        "W621": "A static setting is empty or out of range; its default is used.",
        "W622": "The setting is accepted, but has no effect.",
        "W623": "The setting names something the platform's OpenSSL no longer offers.",
        "W624": "It is left open whose word about clients is taken.",
        # documents of tenants
        "E700": "A .rules document cannot be used.",
        "E701": "A .rules document names a backend where backends of tenants may not be.",
        "E702": "A .rules document names a file that is not below its tenant's own folder.",
        "W700": "A .rules document can be used, but is likely not meant so.",
        # the proxy itself
        "E800": "This proxy failed on a document, which it should not; the log says where.",
        "E801": "A worker cannot use a configuration that is good by itself; none of them uses it.",
    }
)
"""Code -> what it means, in one line."""
