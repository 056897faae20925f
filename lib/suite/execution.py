"""Runs one notebook: a fresh kernel, a clean result, the last good outputs kept.

A notebook is the text file notebooks/src/NAME.py. papermill executes it, and the notebook's own code
writes NAME.json (the ledger) and figures/*.svg to a work folder, which it finds in $CLAIMS_OUTPUT.
Heavy packages are imported where they are used: a bad parameter answers at once.
"""

import contextlib
import json
import logging
import os
import re
import shutil
import tempfile
from pathlib import Path

from lib.suite.output import move
from lib.suite.parameters import Fault, check_value, declared
from lib.suite.stamps import source_path
from lib.suite.threads import ONE_THREAD

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}


class NotebookFailed(Exception):
    """A notebook did not run to its end: one line that says where and why."""


def checked_parameters(root, name, given):
    """`given`, checked against what notebook `name` declares; Fault if a name or value is bad."""
    source = source_path(root, name).read_text(encoding="utf-8")
    try:
        known = declared(source)
    except Fault as fault:
        raise Fault(f"{name}: {fault}") from None
    for key in given:
        if key not in known:
            raise Fault(f"unknown parameter {key!r}; {name} has: {', '.join(known)}")
    return {key: check_value(key, value, known[key]) for key, value in given.items()}


def failed_path(root, name):
    """Where the notebook of a run that failed is kept."""
    return root / "build" / "failed" / f"{name}.ipynb"


def read_source(path):
    """The notebook that a percent script stands for, its kernel named, its cells numbered."""
    import jupytext

    return clean(jupytext.read(path))


def clean(notebook):
    """The notebook without what depends on machine, time or chance; changed in place and returned.

    Kept: cell types, tags, sources, execution counts and outputs. Code that is tagged `hide-input` is
    folded in JupyterLab too. Prints arrive in pieces cut by
    the clock: pieces that follow each other become one.
    """
    from nbformat import from_dict

    notebook.cells = own_cells(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02d}"
        tags = cell.metadata.get("tags")
        folded = {"jupyter": {"source_hidden": True}} if "hide-input" in (tags or ()) else {}
        cell.metadata = from_dict(({"tags": tags} if tags else {}) | folded)
        if cell.cell_type == "code":
            cell.outputs = join_streams(cell.outputs)
    notebook.metadata = from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def own_cells(notebook):
    """Its cells without the marks that papermill adds around an error."""
    mark = "papermill-error-cell-tag"
    return [cell for cell in notebook.cells if mark not in cell.metadata.get("tags", [])]


def join_streams(outputs):
    """Neighbouring prints to the same stream joined to one output."""
    joined = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream":
            if output.name == joined[-1].name:
                joined[-1].text += output.text
                continue
        joined.append(output)
    return joined


@contextlib.contextmanager
def kernel_environment(root, source, work, figures=True):
    """os.environ as the kernel shall see it, restored afterwards.

    The kernel imports lib of this project, and neither a user's IPython profile, nor a user's
    "python3" kernel, nor a backend of matplotlib asked for elsewhere changes what it shows.
    """
    before = dict(os.environ)
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    os.environ.pop("MPLBACKEND", None)
    os.environ.update(
        ONE_THREAD,
        CLAIMS_OUTPUT=str(work),
        CLAIMS_SOURCE=str(source),
        CLAIMS_FIGURES="" if figures else "none",
        PYTHONHASHSEED="0",
        PYTHONPATH=os.pathsep.join(filter(None, paths)),
        IPYTHONDIR=str(work / "ipython"),
        JUPYTER_PREFER_ENV_PATH="1",
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def kernel_address(root):
    """Where runner and kernel meet: files in build/, because two kernels that start at once are now
    and then given the same TCP port. Relative to notebooks/, because a socket's path must be short.
    """
    kernels = root / "build" / "kernels"
    kernels.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kernels, ignore_cleanup_errors=True) as folder:
        yield os.path.relpath(Path(folder, "kernel.json"), root / "notebooks")


def execute(root, name, parameters, output, progress=False, first=None, rows=None, figures=True):
    """Run notebook `name` with `parameters` into the folder `output`; returns its ledger.

    first: code that runs right after the parameters, before the notebook imports anything.
    rows: the claims that are wanted, as far as which the notebook runs; all without.
    figures: False where only the verdicts are wanted.

    Writes NAME.ipynb (cleaned), NAME.json and figures/*.svg there, all after the run: a run that
    fails leaves `output` as it was and its notebook in build/failed/.
    Raises Fault for a bad name, parameter or folder and NotebookFailed for a notebook that stops.
    """
    parameters = checked_parameters(root, name, parameters)
    with work_folder(output, name) as work:
        notebook, error = run_cells(root, name, parameters, work, progress, first, rows, figures)
        reason = error or ledger_problem(work / f"{name}.json")
        write_notebook(clean(notebook), work / f"{name}.ipynb")
        if reason:
            failed = failed_path(root, name)
            move(work / f"{name}.ipynb", failed)
            raise NotebookFailed(f"{name} {reason} (see {failed.relative_to(root)})")
        for path in (work / f"{name}.ipynb", work / f"{name}.json", *work.glob("figures/*.svg")):
            move(path, output / path.relative_to(work))
    return json.loads((output / f"{name}.json").read_text(encoding="utf-8"))


@contextlib.contextmanager
def work_folder(output, name):
    """A folder inside `output` (so on its disk, where a move is one step), removed afterwards."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=output))
    except OSError as error:
        raise Fault(f"cannot write to the folder {output}: {error.strerror}") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def cells_until(cells, rows):
    """The cells up to the one that judges the last of these claims, and one that concludes there.

    A claim 22.3c is judged by its id or as a member of a family, 22.3a*.
    """

    def judges(source):
        keys = re.findall(r'"(\d\d\.\d+[a-z]?)(\*?)"', source) if ".judge(" in source else []
        return any(
            row == id or (family and row[:-1] == id[:-1] and row[-1] >= id[-1])
            for id, family in keys
            for row in rows
        )

    from nbformat.v4 import new_code_cell

    last = max(
        (k for k, cell in enumerate(cells) if cell.cell_type == "code" and judges(cell.source)),
        default=len(cells) - 1,
    )
    left = [cell for cell in cells[last + 1 :] if cell.cell_type == "code"]
    return [*cells[: last + 1], new_code_cell("ledger.conclude(so_far=True)")] if left else cells


def run_cells(root, name, parameters, work, progress, first=None, rows=None, figures=True):
    """(executed notebook, None), or (as far as it came, "failed in cell K: Error: message")."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    # What it would say of a failure is in our one line.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    draft = work / f"{name}.ipynb"
    notebook = read_source(source_path(root, name))
    if first is not None:
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        notebook.cells.insert(tags.index(["parameters"]) + 1, nbformat.v4.new_code_cell(first))
    if rows is not None:
        notebook.cells = cells_until(notebook.cells, rows)
    write_notebook(notebook, draft)
    try:
        with (
            kernel_environment(root, source_path(root, name), work, figures),
            kernel_address(root) as address,
        ):
            papermill.execute_notebook(
                *[str(draft).replace("{", "{{").replace("}", "}}")] * 2,  # papermill formats paths
                parameters=parameters,
                kernel_name=KERNEL["name"],
                cwd=root / "notebooks",
                config=Config(KernelManager={"transport": "ipc", "connection_file": address}),
                extra_arguments=["--log-level=50"],  # ipykernel warns about every start
                progress_bar={"desc": name, "leave": False} if progress else False,
            )
        error = None
    except PapermillExecutionError as problem:
        error = f"{problem.ename}: {problem.evalue}"
    except RuntimeError as problem:  # the kernel did not start, or died
        error = f"{type(problem).__name__}: {problem}"
    notebook = nbformat.read(draft, as_version=4)
    return notebook, error and f"failed in cell {last_started(notebook)}: {first_line(error)}"


def first_line(text):
    """The first line of a text, white space around it left out."""
    return text.strip().split("\n")[0]


def last_started(notebook):
    """Number of the last cell that papermill started: after a kernel died, no cell says so."""
    times = [cell.metadata.get("papermill", {}).get("start_time") for cell in own_cells(notebook)]
    return max((number for number, time in enumerate(times, start=1) if time), default=0)


def ledger_problem(path):
    """What is wrong with the ledger that a notebook wrote, None if it can be used."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["claims"]
        return None if all(row["id"] and row["verdict"] for row in rows) else "wrote an empty claim"
    except FileNotFoundError:
        return f"failed: it wrote no ledger {path.name}"
    except (ValueError, KeyError, TypeError) as error:
        return f"failed: its ledger {path.name} is broken: {first_line(repr(error))}"


def write_notebook(notebook, path):
    """Write a notebook to `path`; nbformat is loaded only here."""
    import nbformat

    nbformat.write(notebook, path)
