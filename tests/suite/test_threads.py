"""One thread, whatever was loaded first; a value that the user has set stays. Importing lib changes nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import source

ROOT = Path(__file__).resolve().parents[2]
CODE = """
{first}
from lib.suite import threads
threads.settle()
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


UNTOUCHED = """
import ctypes, importlib, os, pkgutil, signal, sys, warnings
import numpy, torch, scipy.stats, matplotlib.pyplot as plt, seaborn, mlxtend.data
from threadpoolctl import threadpool_info

def state():
    return [
        dict(os.environ), torch.get_num_threads(), torch.get_default_dtype(), torch.initial_seed(),
        [pool["num_threads"] for pool in threadpool_info()], numpy.geterr(), numpy.get_printoptions(),
        numpy.random.get_state()[1].tolist(), list(warnings.filters), dict(plt.rcParams),
        signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), os.getcwd(),
    ]

before, calls = state(), []
ctypes.CDLL = lambda *given, **options: calls.append(given)
import lib
for module in pkgutil.walk_packages(lib.__path__, "lib."):
    importlib.import_module(module.name)
print([a == b for a, b in zip(before, state(), strict=True)].count(False), calls)
"""


def test_importing_lib_and_all_its_rooms_changes_nothing():
    """Environment, threads, allocator, random states, warnings, settings of numpy, torch and matplotlib."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    command = [sys.executable, "-c", UNTOUCHED]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0 []\n"


def test_a_ledger_gives_the_process_one_thread(formed, monkeypatch):
    """Before torch is loaded: the notebook's first line."""
    code = """
import os
os.environ["CLAIMS_SOURCE"] = "{source}"
from lib.suite.claims import Ledger
import sys
assert "torch" not in sys.modules and "numpy" not in sys.modules
depth = 2
Ledger("01_tiny", globals())
import torch
print(torch.get_num_threads())
"""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    command = [sys.executable, "-c", code.replace("{source}", str(source(formed)))]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
