"""What a run leaves behind: a table, a plot, and a record for machines."""

from loadtest.report.files import Written, write
from loadtest.report.record import Record, Settings, decode
from loadtest.report.table import summary

__all__ = ["Record", "Settings", "Written", "decode", "summary", "write"]
