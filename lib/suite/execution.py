"""Runs one notebook: a fresh kernel, a clean result, the last good outputs kept.

A notebook is the text file notebooks/src/NAME.py. nbclient executes it, and the notebook's own code
writes NAME.json (the ledger) and figures/*.svg to a work folder, which it finds in $CLAIMS_OUTPUT.
Environment and working folder are handed to the kernel: this process keeps its own, so that threads of
one process can run notebooks side by side.
Heavy packages are imported where they are used: a bad parameter answers at once.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from lib.suite.output import move, read_text
from lib.suite.parameters import Fault, check_value, declared
from lib.suite.stamps import source_path
from lib.suite.threads import ONE_THREAD

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}


class NotebookFailed(Exception):
    """A notebook did not run to its end: one line that says where and why."""


def checked_parameters(root, name, given):
    """`given`, checked against what notebook `name` declares; Fault if a name or value is bad."""
    source = read_text(source_path(root, name))
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


def kernel_environment(root, source, work, figures=True):
    """The environment that a kernel shall see.

    The kernel imports lib of this project, and neither a user's IPython profile and start-up file, nor
    settings or a backend of matplotlib asked for elsewhere change what it shows.
    """
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    mine = {
        **ONE_THREAD,
        "CLAIMS_OUTPUT": str(work),
        "CLAIMS_SOURCE": str(source),
        "CLAIMS_FIGURES": "" if figures else "none",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "IPYTHONDIR": str(work / "ipython"),
        "MATPLOTLIBRC": os.devnull,
    }
    theirs = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "PYTHONSTARTUP")}
    return theirs | mine


@contextlib.contextmanager
def kernel_manager():
    """The manager of one kernel of this Python, not of a "python3" that a user has installed.

    Runner and kernel meet at files, because two kernels that start at once are now and then given the
    same TCP port; a socket's path must be short.
    """
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager

    folder = next(d for d in (tempfile.gettempdir(), "/tmp") if len(os.fsencode(d)) <= 60)
    with tempfile.TemporaryDirectory(
        prefix="claims-", dir=folder, ignore_cleanup_errors=True
    ) as place:
        yield AsyncKernelManager(
            kernel_name=KERNEL["name"],
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="ipc",
            connection_file=str(Path(place, "k.json")),
        )


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
        reason = error or ledger_problem(work / f"{name}.json", parameters)
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


def given_cell(parameters):
    """The cell that puts given parameters in place of the defaults, as papermill writes it."""
    from nbformat.v4 import new_code_cell

    lines = ["# Parameters", *(f"{key} = {value!r}" for key, value in parameters.items())]
    return new_code_cell("\n".join(lines), metadata={"tags": ["injected-parameters"]})


def run_cells(root, name, parameters, work, progress, first=None, rows=None, figures=True):
    """(executed notebook, None), or (as far as it came, "failed in cell K: Error: message")."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell
    from tqdm import tqdm

    source = source_path(root, name)
    notebook = read_source(source)
    if rows is not None:
        notebook.cells = cells_until(notebook.cells, rows)
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    more = [given_cell(parameters)] * bool(parameters)
    more += [new_code_cell(first)] if first is not None else []
    place = tags.index(["parameters"]) + 1
    notebook.cells[place:place] = more
    number = 0
    with kernel_manager() as manager:
        client = NotebookClient(
            notebook,
            km=manager,
            startup_timeout=300,  # seconds: a machine under load
            extra_arguments=["--log-level=50"],  # ipykernel warns about every start
            raise_on_iopub_timeout=True,
        )
        options = {
            "env": kernel_environment(root, source, work, figures),
            "cwd": str(root / "notebooks"),
        }
        try:
            with client.setup_kernel(cleanup_kc=True, **options):
                cells = tqdm(notebook.cells, name, leave=False) if progress else notebook.cells
                for number, cell in enumerate(cells, start=1):
                    client.execute_cell(cell, number - 1)
            return notebook, None
        except CellExecutionError as problem:
            error = f"{problem.ename}: {problem.evalue}"
        except RuntimeError as problem:  # the kernel did not start, or died
            error = f"{type(problem).__name__}: {problem}"
    return notebook, f"failed in cell {number}: {first_line(error)}"


def first_line(text):
    """The first line of a text, white space around it left out."""
    return text.strip().split("\n")[0]


def ledger_problem(path, parameters):
    """What is wrong with the ledger that a notebook wrote, None if it can be used.

    It must be that of a run with these parameters, and no claim of it may be empty.
    """
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
        rows, found = ledger["claims"], ledger["parameters"]
        for key, value in parameters.items():
            if found.get(key) != value:
                return f"failed: its ledger is of {key} = {found.get(key)!r}, not of {value!r}"
        return None if all(row["id"] and row["verdict"] for row in rows) else "wrote an empty claim"
    except FileNotFoundError:
        return f"failed: it wrote no ledger {path.name}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"failed: its ledger {path.name} is broken: {first_line(repr(error))}"


def write_notebook(notebook, path):
    """Write a notebook to `path`; nbformat is loaded only here."""
    import nbformat

    nbformat.write(notebook, path)
