"""nbval asks lib.suite.agreement whether a stored output and the one made anew agree."""

import os
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

from lib.suite.agreement import disagreement

HERE = Path(__file__).resolve().parent


class Output(str):
    """The text of an output: equal to another if the two agree."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return not disagreement(str(self), str(other))

    def __ne__(self, other):
        return not self == other


def pytest_itemcollected(item):
    """nbval passes every output through `sanitize`, then compares; a mismatch, to its report."""
    if isinstance(item, IPyNbCell):
        item.sanitize = lambda value: Output(value) if isinstance(value, str) else value
        item.format_output_compare = lambda key, stored, made: item.comparison_traceback.append(
            f"{key}: {disagreement(str(stored), str(made))}"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Each notebook's kernel writes to a folder of its own, which `claims compare` then reads."""
    if isinstance(item, IPyNbCell):
        base = os.environ.get("CLAIMS_COMPARE") or HERE.parent / "build" / "nbval"
        os.environ["CLAIMS_OUTPUT"] = str(Path(base, item.path.stem))
        os.environ["CLAIMS_SOURCE"] = str(item.path)
        os.environ["MATPLOTLIBRC"] = os.devnull
        os.environ.pop("PYTHONSTARTUP", None)  # of a user: IPython would run it
