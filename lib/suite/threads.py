"""One thread a process, and memory that is kept: set where notebooks start, not by importing `lib`.

The matrices are small, and a second thread changes the last bits. Two processes that share two cores
with two threads each cost 10 to 29 times as much.
"""

import ctypes
import os
import sys

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}


def limit():
    """One thread for libraries still to be loaded and for those loaded already.

    A value that the user has set in the environment stays.
    """
    wanted = all(os.environ.get(name, "1") == "1" for name in ONE_THREAD)
    for name, count in ONE_THREAD.items():
        os.environ.setdefault(name, count)
    if wanted and not {"numpy", "torch", "scipy"}.isdisjoint(sys.modules):
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)


def keep_memory():
    """Let glibc keep freed memory; other systems lack the call.

    It gives freed memory back to the system after every step and pays page faults to get it again: half
    the time of a descent on stacks of 32 x 32 matrices.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
        mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
    except (OSError, AttributeError):
        pass


def settle():
    """What a process that computes should do first, best before numpy and torch are loaded."""
    limit()
    keep_memory()
