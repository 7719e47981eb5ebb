"""What a process asks of the kernel for itself, by prctl(2)."""

import ctypes
import os
import signal
from contextlib import suppress

from bfe_py.process.children import EXIT_BAD

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def forgo_privileges() -> None:
    """Have no program that this process becomes give it more privileges than it has.

    Raises:
        OSError: the kernel refuses.
    """
    _ask(_PR_SET_NO_NEW_PRIVS, 1)


def end_with(parent: int) -> None:
    """Be killed when process `parent` ends, which has just forked this one; end if it has already.

    An event loop that does not turn sees nothing of that end. A change of user would undo this.
    """
    with suppress(OSError):  # the lifeline is there too
        _ask(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(EXIT_BAD)


def _ask(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
