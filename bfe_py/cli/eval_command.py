"""`bfe-py eval`."""

import sys

import click

from bfe_py.cli.taught import TaughtCommand, debug_option, taught

_LINE = '{"id": 1, "expr": "req_path_in(\\"/x\\", false)", "request": {"path": "/x"}}'


@taught(
    ("bfe-py eval < cases.jsonl > results.jsonl", "One line for each line: id, result and error."),
    (f"echo '{_LINE}' | bfe-py eval", "Answers with the result true."),
)
@click.command(cls=TaughtCommand)
@debug_option
def command() -> int:
    """Evaluate conditions: JSON lines in and out.

    A line is an object with "id", "expr" and "request". The result is true, false, "compile_error"
    or "input_error"; the exit status is 2 if a line could not be read.
    """
    from bfe_py.cli.eval import run_eval

    return run_eval(sys.stdin.buffer, _write)


def _write(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
