"""Groups of `.rules` documents: one for each tenant."""

from posixpath import join

import msgspec

from bfe_py.config.documents import Documents
from bfe_py.config.dynamic import HttpsConf, TenantGroup
from bfe_py.config.groups import Group
from bfe_py.config.places import DocumentPlaces
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.reading import Reading
from bfe_py.config.rules_file import parse_rules

SUFFIX = ".rules"


def rules_groups(directory: str, documents: Documents) -> tuple[Group, ...]:
    """A group for every `.rules` document in `directory`; none if there is no such directory."""
    names = documents.names(directory) or ()
    return tuple(
        rules_group(name.removesuffix(SUFFIX), join(directory, name))
        for name in names
        if name.endswith(SUFFIX) and not name.startswith(".")
    )


def rules_group(tenant: str, path: str) -> Group:
    """The group of the document of `tenant` at `path`."""

    def read(reading: Reading) -> TenantGroup | None:
        file = reading.find_file(path)
        content = reading.require(file)
        if content is None:
            return None
        group = parse_rules(tenant, content, file, reading.report)
        if group is None:
            return None
        findings = reading.findings(DocumentPlaces(file))
        for entry in group.clusters.values():
            if entry.https is not None:
                _ask_for_files(entry.https, findings)
        return msgspec.structs.replace(group, files=findings.files)

    return Group(f"rules/{tenant}", (path,), read)


def _ask_for_files(conf: HttpsConf, findings: PositionedFindings) -> None:
    names = [] if conf.skips_verification else list(conf.authorities or ())
    names += [name for name in (conf.certificate, conf.key) if name]
    for name in names:
        findings.file((), name)
