"""Groups of `.rules` documents: one for each tenant.

Files that the document of a tenant names are those in a folder of its own beside it:
``rules/shop/ca.pem`` for ``"ca.pem"`` in ``rules/shop.rules``.
"""

from collections.abc import Iterator
from posixpath import dirname, join

import msgspec

from bfe_py.balance import Reach
from bfe_py.config.documents import Documents
from bfe_py.config.dynamic import ClusterEntry, TenantGroup
from bfe_py.config.findings import Finding
from bfe_py.config.groups import Group
from bfe_py.config.reading import Reading
from bfe_py.config.rules_file import parse_rules
from bfe_py.config.text import Text

SUFFIX = ".rules"


def rules_groups(
    directory: str, documents: Documents, reach: Reach | None = None
) -> tuple[Group, ...]:
    """A group for every `.rules` document in `directory`; none if there is no such directory."""
    names = documents.names(directory) or ()
    return tuple(
        rules_group(name.removesuffix(SUFFIX), join(directory, name), reach)
        for name in names
        if name.endswith(SUFFIX) and not name.startswith(".")
    )


def rules_group(tenant: str, path: str, reach: Reach | None = None) -> Group:
    """The group of the document of `tenant` at `path`; its backends are where `reach` allows."""

    def read(reading: Reading) -> TenantGroup | None:
        file = reading.find_file(path)
        content = reading.require(file)
        if content is None:
            return None
        group = parse_rules(tenant, content, file, reading.report, reach, reading.conditions)
        if group is None:
            return None
        text = Text(file, content.decode())
        return msgspec.structs.replace(group, files=_read_files(group, text, reading))

    return Group(f"rules/{tenant}", (path,), read)


def _read_files(group: TenantGroup, text: Text, reading: Reading) -> dict[str, bytes]:
    """Contents of the files for TLS to backends; one that is not there is reported."""
    folder = join(dirname(text.document), group.tenant)
    files: dict[str, bytes] = {}
    for entry in group.clusters.values():
        for name in _named_files(entry):
            found = reading.read(join(folder, name))
            if found is not None:
                files[name] = found
                continue
            start = max(text.text.find(f'"{name}"'), text.text.find(f"`{name}`"), 0)
            finding = Finding(
                "error",
                "E001",
                f'the file "{name}" cannot be read',
                expected=f"a file in {folder}/, with no link that leads out of there",
            )
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
