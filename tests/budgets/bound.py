"""Become another Python program, which the kernel ends when whoever started it is killed (Linux).

A file of its own, run before the program, because code between fork and exec is not safe beside threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606  no shell is wanted
