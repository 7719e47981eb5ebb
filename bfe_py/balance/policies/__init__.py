"""Policies, one file each; a file that stands here is found."""

__all__: list[str] = []
