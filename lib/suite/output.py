"""Where a notebook writes, and writing in one step."""

import hashlib
import json
import os
from pathlib import Path

from lib.suite.parameters import Fault


def checkout():
    """The folder of the project that this package belongs to; None for an installed wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else None


_run = []  # the name of the one run of this process, once its ledger has checked the parameters


def name_run(notebook, parameters, defaults):
    """Say whose results this process writes: runs with other parameters get folders of their own."""
    others = {key: value for key, value in parameters.items() if value != defaults[key]}
    if [*others] == ["seed"]:
        notebook += f"-seed-{others['seed']}"
    elif others:
        text = json.dumps(parameters, sort_keys=True)
        notebook += f"-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    _run[:] = [notebook]


def output_folder():
    """$CLAIMS_OUTPUT, else a folder for this run in build/lab of this checkout, or in the current one."""
    given = os.environ.get("CLAIMS_OUTPUT")
    if given:
        return Path(given)
    root = checkout()
    return Path(root / "build" / "lab" if root else Path.cwd(), *_run)


def write_text(path, text):
    """Write a text file so that a reader sees the old file or the new one, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_text(path):
    """A text file in UTF-8; Fault, with its path, where it is none."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Fault(f"{path} is broken: it is not UTF-8 ({error})") from None


def read_json(path):
    """The value of a JSON file; Fault, with its path, where it is none."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:  # marks of a merge, half a file
        raise Fault(f"{path} is broken: {error}") from None


def write_json(path, value):
    """Write JSON in one step; ValueError for numbers that JSON does not have."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def move(source, target):
    """Put a file in its place in one step, in place of an older one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
