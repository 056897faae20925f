"""The lock, the conda environment and the direct dependencies belong together."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
DIRECT = (ROOT / "requirements.in").read_text(encoding="utf-8")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(text):
    """[(name, rest of the line)] of a requirements file, comments left out."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", line) for line in lines if line]
    assert all(found), "every line names a package"
    return [(canonical(match[1]), match[2]) for match in found]


def test_conda_installs_the_lock_with_pip():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'name = "{environment["name"]}"' in project
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-r requirements.txt", "-e ."]}
    oldest = re.search(r'requires-python = "(.+)"', project)[1]
    assert conda == [f"python{oldest}", "pip"]


@pytest.mark.parametrize("name, wanted", requirements(DIRECT))
def test_direct_dependency_is_pinned_inside_its_range(name, wanted):
    pins = [rest for pinned, rest in requirements(LOCK) if pinned == name]
    assert pins, f"{name} is not in requirements.txt: run make lock"
    versions = [re.match(r"==([^ ;]+)", rest)[1] for rest in pins]
    assert all(version in SpecifierSet(wanted.strip()) for version in versions)


def test_direct_dependency_states_its_reason():
    lines = [line for line in DIRECT.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.search(r"\S +# \S", line)] == []


def test_every_package_is_pinned_without_a_local_label():
    pin = re.compile(r"==[0-9][0-9a-z.]*( ; .+)?")
    assert [(name, rest) for name, rest in requirements(LOCK) if not pin.fullmatch(rest)] == []


def test_lock_is_portable():
    names = [name for name, _ in requirements(LOCK)]
    assert [name for name in names if re.match(r"nvidia|cuda|triton", name)] == []
    assert re.findall(r"https?:|file:|^-.*|/(?:home|root|tmp|work)\b", LOCK, re.MULTILINE) == []


def test_everything_imported_is_a_direct_dependency():
    direct = {name for name, _ in requirements(DIRECT)}
    brought = {  # what comes with a direct dependency, or is imported under another name
        "ipython": "jupyterlab",
        "jupyter-client": "jupyterlab",
        "matplotlib": "seaborn",
        "pandas": "seaborn",
        "pil": "pillow",
        "nbclient": "papermill",
        "yaml": "pyyaml",
    }
    imported = set()
    for path in [*ROOT.glob("lib/**/*.py"), *ROOT.glob("notebooks/src/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.split(".")[0])
    outside = {canonical(name) for name in imported - set(sys.stdlib_module_names) - {"lib"}}
    assert "nbclient" in outside, "the imports were not read"
    assert {brought.get(name, name) for name in outside} - direct == set()
