"""Models, exact gradients, measurements and published predictions behind the notebooks."""

import os

# One thread a process: the matrices are small, so a second thread costs more than it gives (10-29x
# when two processes share two cores) and may change the last bits. Set before torch is loaded; a
# value that the user has set stays.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
