"""A project of one tiny notebook, for the tests of the suite."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from lib.suite import cli

REPOSITORY = Path(__file__).resolve().parents[2]

TINY = """\
# %% [markdown]
# # Tiny

# %% tags=["parameters"]
seed = 0  # in [0, 10]: seed of every random draw
depths = [2, 3]  # each in [1, 8]: depths
wait = 0.0  # in [0, inf): seconds
scheme = "balanced"  # one of balanced, layerwise: initialization

# %%
import json
import os
import time
from pathlib import Path

from lib.used import value

# %%
print("first", flush=True)
time.sleep(wait)
print("second", value, seed, depths, scheme, type(wait).__name__)

# %%
output = Path(os.environ["CLAIMS_OUTPUT"])
(output / "figures").mkdir(exist_ok=True)
_ = (output / "figures" / "line.svg").write_text(f"<svg>{value + seed}</svg>")
row = {
    "id": "01.1", "statement": "two is two", "source": "arithmetic", "predicted": 2.0,
    "measured": float(value), "relation": "<=", "tolerance": None, "seeds": 1, "interval": None,
    "control": False, "verdict": "reproduced" if value <= 2 else "not reproduced",
}
given = {"seed": seed, "depths": depths, "wait": wait, "scheme": scheme}
ledger = {"notebook": "01_tiny", "parameters": given, "claims": [row]}
_ = (output / "01_tiny.json").write_text(json.dumps(ledger))
"""
FORMED = """\
# %% [markdown]
# # Tiny

# %% tags=["parameters"]
depth = 2  # in [1, 8]: depth

# %%
from lib.suite.claims import Ledger

ledger = Ledger("01_tiny", globals())

from lib.statistics import value as number
from lib.used import doubled_value

# %% [markdown]
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 01.1 | it is two | value 2 ± 0.5 | ours | A 2000 |
# | 01.2 | *control:* it is small | value ≤ 9 | ours | A 2000 |

# %%
ledger.judge({"01.1": number(doubled_value() * depth / 4), "01.2": number(1)})

# %%
ledger.conclude()
"""

TINY_OUTPUTS = ["notebooks/01_tiny.ipynb", "results/01_tiny.json", "figures/01_tiny/line.svg"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def tree(root):
    """{path: bytes} of every file of a project."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def source(root, name="01_tiny"):
    return root / "notebooks" / "src" / f"{name}.py"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new))


def call(root, *arguments):
    return cli.main(["--root", str(root), *arguments])


# Ctrl-C ends the command, also where a shell without job control started the tests with `&`.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from lib.suite.cli import main
sys.exit(main(sys.argv[1:]))
"""


def start(root, *arguments):
    """The command line in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--root", str(root), *arguments],
        cwd=REPOSITORY,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(happened, seconds=120):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def make(root):
    """Lay out the project under `root`; returns it."""
    write(root / "pyproject.toml", "")
    write(root / "requirements.txt", "numpy==2\n")
    write(root / "README.md", "<!-- claims: begin (generated) -->\n<!-- claims: end -->\n")
    write(root / "lib" / "__init__.py", "")
    write(root / "lib" / "used.py", "from .deeper import value\n")
    write(root / "lib" / "deeper.py", "value = 2\n")
    write(root / "lib" / "unused.py", "from lib.used import value\n")
    write(source(root), TINY)
    return root


def make_formed(root):
    """A project of one tiny notebook in the form, with the suite in its lib; returns it."""
    make(root)
    for path in ("suite", "__init__.py", "statistics.py"):
        source, target = REPOSITORY / "lib" / path, root / "lib" / path
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    write(root / "lib" / "formula.py", "def value():\n    return 2\n")
    used = "from lib.formula import value\n\n\ndef doubled_value():\n    return 2 * value()\n"
    write(root / "lib" / "used.py", used)
    write(root / "notebooks" / "src" / "01_tiny.py", FORMED)
    return root


def row_of(measured):
    """A row that is reproduced up to 1."""
    return {
        "id": "01.1", "statement": "it is small", "source": "A 2000", "predicted": 1.0,
        "measured": measured, "relation": "<=", "tolerance": None, "because": "ours", "seeds": 1,
        "interval": None, "control": False, "identity": False, "verdict": "reproduced",
    }  # fmt: skip
