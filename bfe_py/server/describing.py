"""What was loaded, in a line for the operator."""

from bfe_py.config import ServerGroup, Tree, TreeCounts

_MOST_NAMES = 8


def describe_tree(tree: Tree, counts: TreeCounts) -> str:
    """How much is in a tree, and whose it is."""
    server = tree.server or ServerGroup()
    names = sorted({*(server.hosts.tags or {}), *tree.tenants})
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    return (
        f"{counts.tenants} tenants ({shown}), {counts.rules + counts.basic_rules} rules, "
        f"{counts.clusters} clusters, {counts.backends} backends"
    )
