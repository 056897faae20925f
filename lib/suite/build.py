"""Many notebooks: run what is stale, publish what differs from the stored outputs; run one apart."""

import contextlib
import fcntl
import html
import json
import re
import shutil
import signal
import sys
import time
from pathlib import Path

from lib.suite import claims
from lib.suite.agreement import (
    disagreement,
    ledger_disagreement,
    notebook_disagreement,
    picture_disagreement,
    pictures,
)
from lib.suite.execution import NotebookFailed, execute, failed_path, first_line
from lib.suite.output import move, read_json
from lib.suite.parameters import Fault, read_pairs
from lib.suite.report import check, update_neighbours, update_reports
from lib.suite.stamps import (
    dependencies,
    hashes,
    is_stale,
    names,
    outputs,
    source_path,
    stamp_path,
)


def published(root, name, output):
    """{where it belongs under root: file in `output`} of what a run has made."""
    figures = sorted(output.glob("figures/*.svg"))
    return {
        root / "notebooks" / f"{name}.ipynb": output / f"{name}.ipynb",
        root / "results" / f"{name}.json": output / f"{name}.json",
        **{root / "figures" / name / path.name: path for path in figures},
    }


COMPARE = {".ipynb": notebook_disagreement, ".json": ledger_disagreement}


def file_difference(stored, made):
    """What keeps two files (notebook, ledger, figure) apart, in one line; "" if they agree."""
    try:
        old, new = (path.read_text(encoding="utf-8") for path in (stored, made))
        if stored.suffix in COMPARE:
            old, new = json.loads(old), json.loads(new)
        return first_line(COMPARE.get(stored.suffix, disagreement)(old, new))
    except (ValueError, KeyError, TypeError):
        return "it is broken"
    except FileNotFoundError as error:
        return f"there is no {error.filename}"


def difference(root, name, output):
    """What keeps the stored outputs of `name` and those in `output` apart; "" if they agree.

    The reference is always what is stored, so that small differences between machines never add up.
    """
    made, stored = published(root, name, output), outputs(root, name)
    if sorted(made) != sorted(stored):
        return "there are other files"
    for path in stored:
        if reason := file_difference(path, made[path]):
            return f"{path.relative_to(root)}: {reason}"
    return ""


def picture_differences(root, name, folder):
    """What keeps the pictures in a stored notebook and those in `folder`/figures apart, a line each."""
    stored = read_json(root / "notebooks" / f"{name}.ipynb")
    known = {html.escape(alt, quote=False): png for alt, png in pictures(stored)}
    for path in sorted(folder.glob("figures/*.png")):
        svg = path.with_suffix(".svg").read_text(encoding="utf-8")
        alt = re.search(r"<desc>(.*?)</desc>", svg, re.S)[1]
        if alt not in known:
            yield f"{path.stem}: the notebook shows no figure that is described as this one"
        elif reason := picture_disagreement(known[alt], path.read_bytes()):
            yield f"{path.stem}: {reason}"


def differences(root, name, folder):
    """What keeps the stored ledger, figures and pictures of `name` and those in `folder` apart, in lines."""
    if not folder.is_dir():
        return [f"{name}: there is no {folder}"]
    stored = [path for path in outputs(root, name) if path.suffix != ".ipynb"]
    made = published(root, name, folder)
    lost = {path for path in made if path.suffix == ".svg"} - {*stored}
    reasons = [f"{path.relative_to(root)}: it is not stored" for path in sorted(lost)]
    for path in stored:
        if reason := file_difference(path, made.get(path, folder / path.name)):
            reasons.append(f"{path.relative_to(root)}: {reason}")
    shown = picture_differences(root, name, folder)
    return reasons + [f"notebooks/{name}.ipynb: {reason}" for reason in shown]


def compare(root, folder, some=()):
    """Compare ledgers, figures and pictures in `folder`/NAME with the stored ones, a line each; 0 or 1.

    some: the names of the notebooks; all without any.
    """
    good = True
    if not any((folder / name).is_dir() for name in names(root)):
        raise Fault(
            f"{folder} holds no folder of a notebook, such as {next(iter(names(root)), 'NAME')}/"
        )
    for name in some or names(root):
        reasons = differences(root, name, folder / name)
        print(*reasons, sep="\n", end="\n" if reasons else "")
        good &= not reasons
    print("ledgers and figures agree" if good else "ledgers or figures disagree")
    return 0 if good else 1


def publish(root, name, output):
    """Put the outputs of a good run in their places under root; figures no longer made go."""
    made = published(root, name, output)
    for path in (root / "figures" / name).glob("*.svg"):
        if path not in made:
            path.unlink()
    # The notebook last: it is what a reader opens, and it shows the figures.
    for target, path in reversed(made.items()):
        move(path, target)


def build(root, name, progress):
    """Run one notebook with its defaults and publish it; returns (succeeded, its one line).

    Outputs that agree with the stored ones within what a processor changes are left as stored.
    The inputs are hashed before the run: a file edited during it makes the notebook stale again.
    """
    start = time.perf_counter()
    inputs = hashes(root, dependencies(root, name))
    output = root / "build" / "figures" / name
    shutil.rmtree(output, ignore_errors=True)  # of a run that was interrupted
    try:
        ledger = execute(root, name, {}, output, progress)
        changed = difference(root, name, output)
        if changed:
            publish(root, name, output)
        stamp = {"inputs": inputs, "outputs": hashes(root, outputs(root, name))}
        (output / "stamp").write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        move(output / "stamp", stamp_path(root, name))
        failed_path(root, name).unlink(missing_ok=True)
    except (Fault, NotebookFailed) as error:
        return False, first_line(str(error))
    finally:
        shutil.rmtree(output, ignore_errors=True)
    note = "" if changed else "; as stored"
    return True, line(name, time.perf_counter() - start, ledger) + note


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


def line(name, seconds, ledger):
    """`NAME  12.3 s  6 of 7 claims reproduced; not reproduced: 31.2`."""
    return f"{name}  {seconds:.1f} s  {claims.summary(ledger['claims'])}"


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
    if not terminal:
        print(
            f"{len(stale)} to run, {jobs} at a time: {', '.join(n[:2] for n in stale)}", flush=True
        )
    tasks = (delayed(build_apart)(root, name, alone, jobs > 1) for name in stale)
    with tqdm(total=len(stale), unit="notebook", disable=alone or not terminal, leave=False) as bar:
        for succeeded, said in Parallel(jobs, return_as="generator_unordered")(tasks):
            bar.update()
            tqdm.write(said, file=sys.stdout if succeeded else sys.stderr)
            sys.stdout.flush()
            good &= succeeded
    return good


def figures(root, wanted=(), jobs=None):
    """Rebuild the stale ones among `wanted` (default: all) and README's table; exit code 0 or 1."""
    wanted = [source_path(root, name).stem for name in wanted] or names(root)
    check(root, wanted)
    with build_lock(root):
        update_neighbours(root, names(root))
        stale = [name for name in wanted if is_stale(root, name)]
        if stale:
            good = build_all(root, stale, jobs)
        else:
            good = True
            count = f"{len(wanted)} notebook{'s' if len(wanted) != 1 else ''}"
            print(f"nothing to do: {count} up to date")
        # Always, so that a table left behind by an interrupted run is mended by the next.
        update_reports(root)
    return 0 if good else 1


def checked_output(root, output):
    """`output`, a folder for the results of a run; Fault for one of the checkout but build/."""
    if "://" in str(output):
        raise Fault(f"OUTPUT {output} is not allowed; it must be a folder of this machine")
    output = Path(output).resolve()
    if not output.is_relative_to(root) or output.is_relative_to(root / "build"):
        if not root.is_relative_to(output):
            return output
    raise Fault(f"OUTPUT {output} is not allowed; a folder in build/ or outside {root} is")


def run(root, name, pairs, output):
    """Run one notebook with parameters given as `key=value`; nothing but `output` is touched."""
    parameters, output = read_pairs(pairs), checked_output(root, output)
    start = time.perf_counter()
    ledger = execute(root, name, parameters, output, progress=sys.stderr.isatty())
    print(f"{line(name, time.perf_counter() - start, ledger)}; in {output}")
    return 0
