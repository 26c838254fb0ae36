"""Run a command that ends when the process that started it ends, even by ``kill -9``.

``python tied.py SIGNAL PARENT COMMAND...`` asks the kernel to send SIGNAL to this process when its parent
is gone, then becomes COMMAND. Only Linux has such a request; elsewhere it just becomes the command. A
program of its own and no hook between fork and exec, because such hooks are unsafe beside threads.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def tie(number: int, parent: int) -> None:
    """Ask for the signal; leave at once if the parent is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    tie(int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
