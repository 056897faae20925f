"""Models, exact gradients, measurements and published predictions behind the notebooks."""

import ctypes
import os

# One thread a process: the matrices are small, so a second thread costs more than it gives (10-29x
# when two processes share two cores) and may change the last bits. Set before torch is loaded; a
# value that the user has set stays.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# glibc gives freed memory back to the system after every step and pays page faults to get it again:
# half the time of a descent on stacks of 32 x 32 matrices. Keep it. Other systems lack the call.
try:
    _mallopt = ctypes.CDLL("libc.so.6").mallopt
    _mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
    _mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
except (OSError, AttributeError):
    pass
