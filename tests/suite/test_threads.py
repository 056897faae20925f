"""One thread, whatever was loaded first; a value that the user has set stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = """
{first}
import lib
import numpy, torch
from threadpoolctl import threadpool_info
print(torch.get_num_threads(), max(i["num_threads"] for i in threadpool_info()))
"""


@pytest.mark.parametrize(
    "first", ["", "import numpy", "import torch", "import numpy, torch, scipy.linalg"]
)
@pytest.mark.parametrize("given, expected", [(None, "1 1"), ("2", "2 2")])
def test_threads(first, given, expected):
    if given and (os.cpu_count() or 1) < 2:
        pytest.skip("one core")
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    if given:
        environment |= dict.fromkeys(names, given)
    command = [sys.executable, "-c", CODE.format(first=first)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == expected
