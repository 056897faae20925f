"""Runs the notebooks: `claims figures` all that are stale, `claims run` one with other parameters.

A notebook is the text file notebooks/src/NAME.py. papermill executes it in a fresh kernel, and the
notebook's own code writes NAME.json (the ledger) and figures/*.svg to a work folder, which it finds
in $CLAIMS_OUTPUT. Only a run that succeeded is published, each file in one step, so that the last
good outputs outlive every failure.

Heavy packages are imported where they are used: a no-op and a bad parameter answer at once.
"""

import argparse
import ast
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from lib.parameters import Fault, check_value, declared, read_pair

# One thread a process, parallel over notebooks: more threads in each cost 10 times and more.
THREADS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS")}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class NotebookFailed(Exception):
    """A notebook did not run to its end: one line that says where and why."""


# --- Names, dependencies, stamps --------------------------------------------


def find_root(start):
    """The folder of the project: the nearest one upward that holds pyproject.toml."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file():
            return folder
    raise Fault(f"no pyproject.toml in {start} or above it; give --root")


def names(root):
    """The names of all notebooks, in order."""
    return sorted(path.stem for path in (root / "notebooks" / "src").glob("[0-9][0-9]_*.py"))


def source_path(root, name):
    """The source of notebook `name`; Fault if there is no such notebook."""
    if name not in names(root):
        raise Fault(f"unknown notebook {name!r}; there is: {', '.join(names(root)) or 'none'}")
    return root / "notebooks" / "src" / f"{name}.py"


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


def imported(path, inside=False):
    """Names of the lib modules that a Python file imports; `inside`: the file is one of lib.

    A file that does not parse counts as importing nothing: its own hash changes when it is mended.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("lib.")}
        elif isinstance(node, ast.ImportFrom):
            relative = inside and node.level == 1
            module = f"lib.{node.module or ''}".rstrip(".") if relative else node.module or ""
            if module == "lib":
                found |= {a.name for a in node.names}
            elif module.startswith("lib."):
                found.add(module.split(".")[1])
    return found


def dependencies(root, name):
    """Every file that decides what notebook `name` gives: its source, the lib modules it imports,
    directly or through others, and the lock."""
    lib, source = root / "lib", root / "notebooks" / "src" / f"{name}.py"
    found, queue = {lib / "__init__.py"}, imported(lib / "__init__.py", True) | imported(source)
    while queue:
        module = lib / f"{queue.pop()}.py"
        if module.is_file() and module not in found:
            found.add(module)
            queue |= imported(module, inside=True)
    return [source, *sorted(found), root / "requirements.txt"]


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


def failed_path(root, name):
    """Where the notebook of a run that failed is kept."""
    return root / "build" / "failed" / f"{name}.ipynb"


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


# --- Running one notebook ---------------------------------------------------


def read_source(path):
    """The notebook that a percent script stands for, its kernel named, its cells numbered."""
    import jupytext

    return clean(jupytext.read(path))


def clean(notebook):
    """The notebook without what depends on machine, time or chance; changed in place and returned.

    Kept: cell types, tags, sources, execution counts and outputs. Prints arrive in pieces cut by
    the clock: pieces that follow each other become one.
    """
    from nbformat import from_dict

    notebook.cells = own_cells(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02d}"
        tags = cell.metadata.get("tags")
        cell.metadata = from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = join_streams(cell.outputs)
    notebook.metadata = from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
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
def kernel_environment(root, work):
    """os.environ as the kernel shall see it, restored afterwards.

    The kernel imports lib of this project, and neither a user's IPython profile, nor a user's
    "python3" kernel, nor a backend of matplotlib asked for elsewhere changes what it shows.
    """
    before = dict(os.environ)
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    os.environ.pop("MPLBACKEND", None)
    os.environ.update(
        THREADS,
        CLAIMS_OUTPUT=str(work),
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


def execute(root, name, parameters, output, progress=False):
    """Run notebook `name` with `parameters` into the folder `output`; returns its ledger.

    Writes NAME.ipynb (cleaned), NAME.json and figures/*.svg there, all after the run: a run that
    fails leaves `output` as it was and its notebook in build/failed/.
    Raises Fault for a bad name, parameter or folder and NotebookFailed for a notebook that stops.
    """
    parameters = checked_parameters(root, name, parameters)
    with work_folder(output, name) as work:
        notebook, error = run_cells(root, name, parameters, work, progress)
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


def move(source, target):
    """Put a file in its place in one step, in place of an older one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)


def run_cells(root, name, parameters, work, progress):
    """(executed notebook, None), or (as far as it came, "failed in cell K: Error: message")."""
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    # What it would say of a failure is in our one line.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    draft = work / f"{name}.ipynb"
    write_notebook(read_source(source_path(root, name)), draft)
    try:
        with kernel_environment(root, work), kernel_address(root) as address:
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


# --- Many notebooks ---------------------------------------------------------


def publish(root, name, output):
    """Put the outputs of a good run in their places under root; figures no longer made go."""
    made = {path.name for path in output.glob("figures/*.svg")}
    for path in (root / "figures" / name).glob("*.svg"):
        if path.name not in made:
            path.unlink()
    for figure in sorted(made):
        move(output / "figures" / figure, root / "figures" / name / figure)
    move(output / f"{name}.json", root / "results" / f"{name}.json")
    move(output / f"{name}.ipynb", root / "notebooks" / f"{name}.ipynb")


def build(root, name, progress):
    """Run one notebook with its defaults and publish it; returns (succeeded, its one line).

    The inputs are hashed before the run: a file edited during it makes the notebook stale again.
    """
    start = time.perf_counter()
    inputs = hashes(root, dependencies(root, name))
    output = root / "build" / "figures" / name
    shutil.rmtree(output, ignore_errors=True)  # of a run that was interrupted
    try:
        ledger = execute(root, name, {}, output, progress)
        publish(root, name, output)
        stamp = {"inputs": inputs, "outputs": hashes(root, outputs(root, name))}
        (output / "stamp").write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        move(output / "stamp", stamp_path(root, name))
        failed_path(root, name).unlink(missing_ok=True)
    except (Fault, NotebookFailed) as error:
        return False, first_line(str(error))
    finally:
        shutil.rmtree(output, ignore_errors=True)
    return True, summary(name, time.perf_counter() - start, ledger)


def build_apart(root, name, progress, in_worker):
    """`build` for one of many: whatever goes wrong becomes its line, so that the others still run.

    A worker process leaves Ctrl-C to its parent, which ends its workers and their kernels.
    """
    if in_worker:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return build(root, name, progress)
    except Exception as error:
        return False, f"{name} failed: {first_line(f'{type(error).__name__}: {error}')}"


def summary(name, seconds, ledger):
    """`NAME  12.3 s  6 of 7 claims reproduced; 31.2: not reproduced`."""
    rows = ledger["claims"]
    others = [f"{row['id']}: {row['verdict']}" for row in rows if row["verdict"] != "reproduced"]
    held = f"{len(rows) - len(others)} of {len(rows)} claims reproduced"
    return "; ".join([f"{name}  {seconds:.1f} s  {held}", *others])


@contextlib.contextmanager
def build_lock(root):
    """Held by the one process that publishes; a second one says that it waits, and waits."""
    path = root / "build" / "lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another run is going on; waiting", file=sys.stderr, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def build_all(root, stale, jobs):
    """Build every notebook in `stale`, `jobs` at a time, a line each; True if all succeeded."""
    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    jobs = min(jobs or cpu_count(), len(stale))
    terminal = sys.stderr.isatty()
    # A bar over one notebook would say nothing: papermill's own, over its cells, does.
    alone, good = terminal and len(stale) == 1, True
    tasks = (delayed(build_apart)(root, name, alone, jobs > 1) for name in stale)
    with tqdm(total=len(stale), unit="notebook", disable=alone or not terminal, leave=False) as bar:
        for succeeded, line in Parallel(jobs, return_as="generator_unordered")(tasks):
            bar.update()
            tqdm.write(line, file=sys.stdout if succeeded else sys.stderr)
            sys.stdout.flush()
            good &= succeeded
    return good


def figures(root, wanted=(), jobs=None):
    """Rebuild the stale ones among `wanted` (default: all) and README's table; exit code 0 or 1."""
    from lib.claims import update_readme

    wanted = [source_path(root, name).stem for name in wanted] or names(root)
    with build_lock(root):
        stale = [name for name in wanted if is_stale(root, name)]
        if stale:
            good = build_all(root, stale, jobs)
        else:
            good = True
            count = f"{len(wanted)} notebook{'s' if len(wanted) != 1 else ''}"
            print(f"nothing to do: {count} up to date")
        # Always, so that a table left behind by an interrupted run is mended by the next.
        update_readme(root)
    return 0 if good else 1


def run(root, name, pairs, output):
    """Run one notebook with parameters given as `key=value`; nothing but `output` is touched."""
    parameters = dict(map(read_pair, pairs))
    if len(parameters) < len(pairs):
        raise Fault("a parameter is given more than once; once is allowed")
    start = time.perf_counter()
    ledger = execute(root, name, parameters, output, progress=sys.stderr.isatty())
    print(f"{summary(name, time.perf_counter() - start, ledger)}; in {output}")
    return 0


# --- Command line -----------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """argparse with faults of ours instead of its own exit."""

    def error(self, message):
        """A usage error in one line, like every other fault."""
        raise Fault(message)


def positive(text):
    """A count of one or more, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; an integer from 1 upward is")
    return int(text)


def parser():
    """The command line: figures, run, sweep, paper, list."""
    top = Parser(prog="claims", description="Run the claim notebooks.")
    top.add_argument("--root", type=Path, help="folder of the project (default: found from here)")
    commands = top.add_subparsers(dest="command", required=True)
    every = commands.add_parser("figures", help="rebuild what changed: notebooks, results, figures")
    every.add_argument("--jobs", type=positive, help="notebooks at a time (default: one a core)")
    every.add_argument("rest", nargs="*", metavar="NAME", help="only these (default: all)")
    one = commands.add_parser("run", help="run one notebook with other parameters")
    one.add_argument("--output", type=Path, help="folder for what it makes (default: build/run)")
    one.add_argument("name", metavar="NAME")
    one.add_argument("rest", nargs="*", metavar="key=value")
    many = commands.add_parser("sweep", help="run notebooks on SEEDS fresh seeds, FIRST upward")
    many.add_argument("--seeds", type=positive, default=30, help="how many (default: 30)")
    # Below 1001 are the seeds that were seen while criteria were fixed.
    many.add_argument("--first", type=positive, default=1001, help="first seed (default: 1001)")
    many.add_argument("--jobs", type=positive, help="runs at a time (default: one a core)")
    many.add_argument("--scheduler", help="address of a dask scheduler, such as tcp://host:8786")
    many.add_argument("rest", nargs="*", metavar="NAME", help="only these (default: all)")
    large = commands.add_parser("paper", help="run notebooks at the paper's own scale")
    large.add_argument(
        "rest", nargs="*", metavar="NAME", help="only these (default: all that have one)"
    )
    commands.add_parser("list", help="print the names of all notebooks")
    return top


def parse(arguments):
    """Parsed arguments; positional ones may follow an option, which argparse alone cannot do."""
    parsed, late = parser().parse_known_args(arguments)
    strange = [word for word in late if word.startswith("-") or "rest" not in parsed]
    if strange:
        raise Fault(f"unknown argument {strange[0]!r}; see claims {parsed.command} --help")
    if late:
        parsed.rest += late
    return parsed


def dispatch(arguments):
    """Do what the command line says; returns the exit code."""
    root = arguments.root or find_root(Path.cwd())
    if not (root / "pyproject.toml").is_file():
        raise Fault(f"no pyproject.toml in {root}; --root must name the folder of the project")
    root = root.resolve()
    if arguments.command == "figures":
        return figures(root, arguments.rest, arguments.jobs)
    if arguments.command == "run":
        output = (arguments.output or root / "build" / "run").resolve()
        return run(root, arguments.name, arguments.rest, output)
    if arguments.command == "sweep":
        from lib.sweeps import sweep

        seeds = range(arguments.first, arguments.first + arguments.seeds)
        return sweep(root, arguments.rest, seeds, arguments.jobs, arguments.scheduler)
    if arguments.command == "paper":
        from lib.sweeps import paper_scale

        return paper_scale(root, arguments.rest, root / "build" / "paper")
    print(*names(root), sep="\n")
    return 0


def interrupt(signum, frame):
    """SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt


def main(arguments=None):
    """Exit code: 0 good, 1 a notebook failed, 2 bad input, 130 interrupted."""
    try:
        signal.signal(signal.SIGTERM, interrupt)
        return dispatch(parse(arguments))
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 2
    except NotebookFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a read-only checkout
        where = f" {error.filename}" if error.filename else ""
        print(
            f"cannot write{where}: {error.strerror}; what was there is unchanged", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    # By its full name, so that worker processes can import what they run.
    from lib.runner import main as run_main

    sys.exit(run_main())
