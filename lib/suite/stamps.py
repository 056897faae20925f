"""Which notebooks there are, what each depends on, and whether its outputs are those of today."""

import ast
import difflib
import hashlib
import json
from pathlib import Path

from lib.suite.output import read_text
from lib.suite.parameters import Fault


def find_root(start):
    """The folder of the project: the nearest one upward that holds pyproject.toml."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    raise Fault(f"no pyproject.toml in {start} or above it; give --root")


def names(root):
    """The names of all notebooks, in order."""
    return sorted(path.stem for path in (root / "notebooks" / "src").glob("[0-9][0-9]_*.py"))


def named(root, given):
    """The name of the notebook that `given` means: `32`, `32_Balancedness`, `notebooks/32_balancedness.ipynb`.

    Raises Fault, with the nearest name there is, where it means none.
    """
    known, path = names(root), Path(given)
    word = (path.stem if path.suffix in (".ipynb", ".py", ".json", ".yaml") else given).lower()
    for name in known:
        if word in (name.lower(), name.partition("_")[0]):
            return name
    near = difflib.get_close_matches(word, known, 1, 0.4)
    hint = f"did you mean {near[0]}? " if near else ""
    raise Fault(f"unknown notebook {given!r}; {hint}`claims list` prints all {len(known)}")


def source_path(root, name):
    """The source of notebook `name`; Fault if there is no such notebook."""
    return root / "notebooks" / "src" / f"{named(root, name)}.py"


def imported(path, package=""):
    """Names of the lib modules (`used`, `suite.claims`) that a Python file imports.

    package: where the file lies in lib (`lib`, `lib.suite`; "" outside), for relative imports.
    A file that does not parse counts as importing nothing: its own hash changes when it is mended.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if package and node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("lib.") for name in found if name.startswith("lib.")}


def module_path(lib, name):
    """The file of a module of lib: `used` is used.py, `suite` is suite/__init__.py."""
    path = lib / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def dependencies(root, name):
    """Every file that decides what notebook `name` gives: its source, the lib modules it imports,
    directly or through others, and the lock."""
    lib, source = root / "lib", root / "notebooks" / "src" / f"{name}.py"
    found, queue = {lib / "__init__.py"}, imported(lib / "__init__.py", "lib") | imported(source)
    while queue:
        module = module_path(lib, queue.pop())
        if module.is_file() and module not in found:
            found.add(module)
            queue |= imported(module, ".".join(module.relative_to(root).parts[:-1]))
    return [source, *sorted(found), root / "requirements.txt"]


def title(root, name):
    """The title of notebook `name`: the claim in a line."""
    path = Path(root, "notebooks", "src", f"{name}.py")
    lines = read_text(path).split("\n") if path.exists() else []
    return next((line[4:] for line in lines if line.startswith("# # ")), name)


def hashes(root, paths):
    """{path relative to root: SHA-256 of the bytes, None for a missing file}."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else None
        for path in paths
    }


def outputs(root, name):
    """The published files of `name`: notebook, ledger, and all figures now in its folder."""
    return [
        root / "notebooks" / f"{name}.ipynb",
        root / "results" / f"{name}.json",
        *sorted((root / "figures" / name).glob("*.svg")),
    ]


def stamp_path(root, name):
    """Where the stamp of notebook `name` lies."""
    return root / "build" / "stamps" / name


def is_stale(root, name):
    """Whether inputs or outputs of `name` differ from those of its last good run, if any."""
    try:
        stamp = json.loads(stamp_path(root, name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return True
    return stamp != {
        "inputs": hashes(root, dependencies(root, name)),
        "outputs": hashes(root, outputs(root, name)),
    }
