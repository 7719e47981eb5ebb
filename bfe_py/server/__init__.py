"""Composition: every object is built here and handed what it needs; no logic of its own."""

from bfe_py.server.control_plane import ControlPlane
from bfe_py.server.data_plane import BackendRow, DataPlane
from bfe_py.server.later import import_in_steps, import_later
from bfe_py.server.loading import LoadedConfiguration, load_configuration
from bfe_py.server.options import (
    BoundListener,
    ControlEvents,
    ControlOptions,
    Memory,
    PlaneOptions,
    Site,
)
from bfe_py.server.reach import management_host, tenant_reach
from bfe_py.server.site import load_site

__all__ = [
    "BackendRow",
    "BoundListener",
    "ControlEvents",
    "ControlOptions",
    "ControlPlane",
    "DataPlane",
    "LoadedConfiguration",
    "Memory",
    "PlaneOptions",
    "Site",
    "import_in_steps",
    "import_later",
    "load_configuration",
    "load_site",
    "management_host",
    "tenant_reach",
]
