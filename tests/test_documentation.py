"""The examples in docstrings and README run, and say what they say."""

import doctest
import importlib
import re
import subprocess
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


def test_readme_is_short_enough_to_be_read():
    """Its prose, and each line of its table, of which there is one a notebook."""
    before, table, after = re.split("<!-- claims: .*-->", (ROOT / "README.md").read_text())
    assert len(before + after) < 7_400
    assert max(map(len, table.split("\n"))) < 260


def test_readme_names_every_target_and_only_those_that_exist():
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named <= targets


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_small_rooms(name):
    path = ROOT / "lib" / f"{name.replace('.', '/')}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.mark.parametrize("name", MODULES)
def test_subjects_know_nothing_of_the_suite_and_the_suite_of_no_subject(name):
    lines = (ROOT / "lib" / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
    imported = set(
        re.findall(r"^\s*(?:from|import) (lib[\w.]*)(?: import (\w+))?", lines, re.MULTILINE)
    )
    modules = {".".join(filter(None, found)) for found in imported}
    if name.startswith("suite"):
        allowed = re.compile(r"lib\.(suite|statistics)")
        assert [m for m in modules if not allowed.match(m)] == []
    else:
        assert [m for m in modules if "suite" in m] == []


@pytest.mark.parametrize("scale", ["Paper", "large", "paper x"])
def test_a_scale_that_is_none_is_refused_in_one_line(scale):
    """The recipe alone, without the environment that it would make."""
    command = ["make", "-s", "-o", "environment", "figures", f"SCALE={scale}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and f"SCALE '{scale}' is not allowed; paper is\n" in done.stderr


def test_a_checkout_on_any_system_has_unix_line_ends():
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text("utf-8").split("\n")


def test_no_file_keeps_the_marks_of_a_merge():
    found = subprocess.run(["git", "grep", "-lE", "^(<{7}|>{7}) "], cwd=ROOT, capture_output=True)
    assert found.stdout.decode().split() == []


def test_identifiers_of_the_notation_stand_in_lib():
    """The first name of each code span of its third column; those of parameters of notebooks too."""
    sources = [*ROOT.glob("lib/**/*.py"), *ROOT.glob("notebooks/src/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    rows = [line.split(" | ") for line in (ROOT / "NOTATION.md").read_text("utf-8").split("\n")]
    named = {name for row in rows if len(row) == 4 for name in re.findall(r"`(\w+)", row[2])}
    assert len(named) > 100
    assert {name for name in named if not re.search(rf"\b{name}\b", text)} == set()
