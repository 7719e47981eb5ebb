"""Processes: the parent, the controller and the workers."""

from bfe_py.process.options import RunOptions
from bfe_py.process.start import start_processes

__all__ = ["RunOptions", "start_processes"]
