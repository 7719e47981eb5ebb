"""Writes what a run leaves behind."""

from dataclasses import dataclass
from pathlib import Path

from loadtest.report import plot, table
from loadtest.report.record import Record, encode

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Written:
    """Where the report of a run is."""

    table: Path
    plot: Path
    record: Path


def write(record: Record, folder: Path) -> Written:
    """Write the three files under a name with the date, and once more as `latest`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (LATEST, file_name(record.started)):
        written = Written(*[folder / f"{name}.{ending}" for ending in ("md", "svg", "json")])
        written.table.write_text(table.render(record, written.plot.name), "utf-8")
        written.plot.write_text(plot.render(record), "utf-8")
        written.record.write_bytes(encode(record))
    return written


def file_name(started: str) -> str:
    """Name for the report of a run: 2026-01-31-140559."""
    return started[:19].replace(":", "").replace("T", "-")
