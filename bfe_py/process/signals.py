"""Signals of the parent: which it takes, and what they do in its children and at its end."""

import signal
from collections.abc import Callable

TAKEN = (
    signal.SIGTERM,
    signal.SIGQUIT,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)
"""What the parent takes."""
_NOT_FOR_CHILDREN = (
    signal.SIGINT,
    signal.SIGQUIT,  # a terminal sends these two to all of us
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,  # and these would end a child that is not yet prepared for them
)


def take_all(take: Callable[[int], None]) -> None:
    """Hand every signal to `take`."""
    for number in TAKEN:
        signal.signal(number, lambda caught, _: take(caught))


def drop_in_child() -> None:
    """In a new child: have SIGTERM end it, and nothing else that is for the parent."""
    for number in TAKEN:
        signal.signal(number, signal.SIG_DFL)
    for number in _NOT_FOR_CHILDREN:
        signal.signal(number, signal.SIG_IGN)


def ignore_all() -> None:
    """Have no signal end this process any more: it only tidies up, and has its exit status."""
    for number in TAKEN:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored, ends of children would be lost
