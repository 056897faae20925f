"""Models, exact gradients, measurements and published predictions behind the notebooks."""

import ctypes

from lib.suite import threads

# Before numpy and torch are loaded, if it can be: every notebook imports `lib` first.
threads.limit()

# glibc gives freed memory back to the system after every step and pays page faults to get it again:
# half the time of a descent on stacks of 32 x 32 matrices. Keep it. Other systems lack the call.
try:
    _mallopt = ctypes.CDLL("libc.so.6").mallopt
    _mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
    _mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
except (OSError, AttributeError):
    pass
