"""The examples in docstrings and README run, and say what they say."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(
    ".".join(p.relative_to(ROOT / "lib").with_suffix("").parts)
    for p in (ROOT / "lib").rglob("*.py")
    if p.stem != "__init__"
)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(f"lib.{name}")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_has_a_docstring(name):
    module = importlib.import_module(f"lib.{name}")
    public = [f for n, f in vars(module).items() if not n.startswith("_") and callable(f)]
    ours = [f for f in public if getattr(f, "__module__", None) == module.__name__]
    assert [f.__name__ for f in ours if not f.__doc__] == []


def test_readme_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(code, {})
    assert float(re.search(r"[\d.e+-]+(?=[,)])", capsys.readouterr().out)[0]) < 1e-12


def test_every_module_stands_in_the_readme():
    text = (ROOT / "README.md").read_text()
    assert [m for m in MODULES if f"`lib.{m}`" not in text] == []
