"""JupyterLab over copies in build/lab: what a reader changes, or Lab by itself, changes nothing published."""

import hashlib
import json
import os
import shutil
import sys

from lib.suite.output import read_json, write_json
from lib.suite.parameters import Fault
from lib.suite.stamps import names

LINKED = ("README.md", "RESULTS.md", "NOTATION.md", "references.bib")  # what the notebooks lead to


def lab_folder(root):
    """The folder that JupyterLab shows."""
    return root / "build" / "lab"


def written(path):
    """What stands for the words and code of a notebook: Lab changes metadata, and runs change outputs."""
    try:
        cells = [[c["cell_type"], "".join(c["source"])] for c in read_json(path)["cells"]]
    except (Fault, KeyError, TypeError):
        return None
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def prepare(root):
    """Copy what is published into build/lab; returns the copies that a reader has edited, which stay.

    A copy in which nobody has written follows the published notebook. build/lab/copied.json keeps for
    each what was copied: its words, and its bytes.
    """
    folder, edited = lab_folder(root), []
    record = folder / "copied.json"
    copied = read_json(record) if record.exists() else {}
    for name in names(root):
        source, target = (base / "notebooks" / f"{name}.ipynb" for base in (root, folder))
        if not source.exists():
            continue
        now = [written(source), hashlib.sha256(source.read_bytes()).hexdigest()]
        was = copied.get(name, [None, None])
        if target.exists() and written(target) != was[0]:
            edited.append(target)
        elif not target.exists() or now != was:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied[name] = now
    for name in filter(lambda name: (root / name).is_file(), LINKED):
        shutil.copyfile(root / name, folder / name)
    if (root / "figures").is_dir():
        shutil.copytree(root / "figures", folder / "figures", dirs_exist_ok=True)
    write_json(record, copied)
    return edited


def serve(root, options=()):
    """JupyterLab in place of this process; `options` are its own."""
    for path in prepare(root):
        print(f"kept as you edited it: {path.relative_to(root)}; remove it for the published one")
    print("these are copies, in build/lab; your results go there too", flush=True)
    folder = lab_folder(root)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.default_url=/lab/tree/notebooks"]
    # A container's only user is often root, whom Jupyter refuses unless told.
    command += ["--allow-root"] * (hasattr(os, "geteuid") and os.geteuid() == 0)
    os.chdir(folder)
    os.execv(sys.executable, [*command, *options])
