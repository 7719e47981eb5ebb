"""The reference documents, made from the code that they describe."""

from bfe_py.cli.reference.pages import PAGES

__all__ = ["PAGES"]
