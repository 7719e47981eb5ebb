"""Groups of `.rules` documents: one for each tenant."""

from collections.abc import Iterator
from posixpath import join

import msgspec

from bfe_py.config.documents import Documents
from bfe_py.config.dynamic import ClusterEntry, TenantGroup
from bfe_py.config.findings import Finding
from bfe_py.config.groups import Group
from bfe_py.config.reading import Reading
from bfe_py.config.rules_file import parse_rules
from bfe_py.config.text import Text

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
        return msgspec.structs.replace(group, files=_read_files(group, content, file, reading))

    return Group(f"rules/{tenant}", (path,), read)


def _read_files(
    group: TenantGroup, content: bytes, document: str, reading: Reading
) -> dict[str, bytes]:
    """Contents of the files for TLS to backends; one that is not there is reported."""
    files: dict[str, bytes] = {}
    text = Text(document, content.decode())
    for entry in group.clusters.values():
        for name in _named_files(entry):
            found = reading.read(name)
            if found is not None:
                files[name] = found
                continue
            start = max(text.text.find(f'"{name}"'), 0)
            finding = Finding("error", "E001", f'file "{name}" cannot be read')
            reading.report.add(text.locate(finding, (start, start + len(name) + 2)))
    return files


def _named_files(entry: ClusterEntry) -> Iterator[str]:
    conf = entry.https
    if conf is None:
        return
    if not conf.skips_verification:
        yield from conf.authorities or ()
    for name in (conf.certificate, conf.key):
        if name:
            yield name
