"""Composition: every object is built here and handed what it needs; no logic of its own."""

from bfe_py.server.control_plane import ControlPlane
from bfe_py.server.data_plane import DataPlane, DownBackend
from bfe_py.server.loading import LoadedConfiguration, load_configuration
from bfe_py.server.options import BoundListener, PlaneOptions, Site
from bfe_py.server.site import load_site

__all__ = [
    "BoundListener",
    "ControlPlane",
    "DataPlane",
    "DownBackend",
    "LoadedConfiguration",
    "PlaneOptions",
    "Site",
    "load_configuration",
    "load_site",
]
