"""Every notebook on many fresh seeds: on how many of them does each claim hold?

A seed counts as held when its verdict is `reproduced`. Each run is kept under build/sweeps/, by the
inputs that made it: a sweep that was interrupted goes on where it stopped, and a change of the code
starts a new one. joblib spreads the runs over the cores, or over a dask cluster whose workers see
the same folder.
"""

import contextlib
import hashlib
import json
import shutil
import sys
from pathlib import Path

from lib.suite import claims, records, stamps
from lib.suite.build import build_lock, run
from lib.suite.execution import NotebookFailed, execute, first_line
from lib.suite.output import read_json, write_json
from lib.suite.parameters import Fault
from lib.suite.report import update_reports


def digest(root, name):
    """What stands for the inputs of notebook `name`: source, lib modules, lock.

    Not lib.suite: verdicts are taken again from the kept numbers.
    """
    suite = root / "lib" / "suite"
    paths = [path for path in stamps.dependencies(root, name) if suite not in path.parents]
    inputs = stamps.hashes(root, paths)
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:12]


def kept(root, name):
    """The folder of the finished runs of notebook `name` as it stands: one SEED.json a seed."""
    return root / "build" / "sweeps" / name / digest(root, name)


def one_run(root, name, seed):
    """(name, seed, ledger) of one run, or (name, seed, the line that says why it failed)."""
    work = root / "build" / "sweeps" / name / f"run-{seed}"
    try:
        return name, seed, execute(root, name, {"seed": seed}, work, figures=False)
    except (Fault, NotebookFailed) as error:
        return name, seed, first_line(str(error))
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def backend(scheduler):
    """Where joblib runs: this machine's cores, or the dask cluster at address `scheduler`."""
    if scheduler is None:
        yield
        return
    import joblib
    from distributed import Client

    try:
        client = Client(scheduler, timeout="3s")
    except (OSError, ValueError) as error:
        raise Fault(f"SCHEDULER {scheduler!r} does not answer ({error})") from None
    with client, joblib.parallel_config(backend="dask"):
        if not client.scheduler_info()["workers"]:
            raise Fault(
                f"SCHEDULER {scheduler!r} has no worker; start one: dask worker {scheduler}"
            )
        yield


def verdicts(ledgers):
    """{id: {seed: whether the row was reproduced}} of {seed: ledger}; taken anew from the numbers."""
    found = {}
    for seed, ledger in sorted(ledgers.items()):
        for row in ledger["claims"]:
            verdict = claims.verdict(**{key: row[key] for key in claims.JUDGED})
            found.setdefault(row["id"], {})[seed] = verdict == claims.REPRODUCED
    return found


def sweep(root, wanted, count, first=None, jobs=None, scheduler=None):
    """Run the notebooks on `count` seeds, finished ones left out; exit code 0 or 1.

    first: the first seed; without, each notebook starts at the first one that nobody has looked at.
    Adds to results/records/ and makes README's table anew, which reads them.
    """
    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    wanted = [stamps.source_path(root, name).stem for name in wanted] or stamps.names(root)
    starts = {name: first or records.read(root, name)["next_seed"] for name in wanted}
    seeds = {name: range(start, start + count) for name, start in starts.items()}
    files = {
        (name, seed): kept(root, name) / f"{seed}.json"
        for k in range(count)
        for name in wanted
        for seed in (seeds[name][k],)
    }
    tasks = [task for task, file in files.items() if not file.exists()]
    print(f"{len(tasks)} runs to do, {len(files) - len(tasks)} kept from before", flush=True)
    good = True
    with (
        build_lock(root),
        backend(scheduler),
        tqdm(total=len(tasks), unit="run", disable=not sys.stderr.isatty()) as bar,
    ):
        calls = (delayed(one_run)(root, name, seed) for name, seed in tasks)
        pool = Parallel(jobs or cpu_count(), return_as="generator_unordered")
        for name, seed, outcome in pool(calls) if tasks else ():
            bar.update()
            if isinstance(outcome, str):
                good = False
                tqdm.write(f"seed {seed}: {outcome}", file=sys.stderr)
            else:
                write_json(files[name, seed], outcome)
        for name in wanted:
            report(
                root,
                name,
                {s: read_json(f) for (n, s), f in files.items() if n == name and f.exists()},
            )
    update_reports(root)
    return 0 if good else 1


def report(root, name, ledgers):
    """Add the runs of one notebook, {seed: ledger}, to its record and print what they say."""
    if not ledgers:
        return
    found, path = verdicts(ledgers), root / "results" / f"{name}.json"
    rows = read_json(path)["claims"] if path.exists() else []
    record, old = records.with_sweep(records.read(root, name), rows, found)
    records.write(root, record)
    held = {id: f"{sum(each.values())} of {len(each)}" for id, each in found.items()}
    short = {id: words for id, words in held.items() if not all(found[id].values())}
    words = [f"{len(held) - len(short)} of {len(held)} claims held on every seed"]
    words += [f"{id}: {words}" for id, words in short.items()]
    words += [f"not recorded, since looked at before: {', '.join(map(str, old))}"] * bool(old)
    print(f"{name}  {len(ledgers)} seeds  {'; '.join(words)}", flush=True)


def paper_scale(root, wanted, output):
    """Run notebooks with the paper's own scale, parameters/NAME.yaml, into `output`/NAME; exit code."""
    import yaml

    have = {path.stem: path for path in sorted(Path(root, "parameters").glob("*.yaml"))}
    wanted = [stamps.source_path(root, name).stem for name in wanted] or sorted(have)
    good = True
    for name in wanted:
        if name not in have:
            raise Fault(f"{name} has no parameters/{name}.yaml; there is: {', '.join(have)}")
        given = yaml.safe_load(have[name].read_text(encoding="utf-8")) or {}
        try:
            pairs = [f"{key}={value!r}" for key, value in given.items()]
            run(root, name, pairs, output / name)
        except NotebookFailed as failure:
            good = False
            print(failure, file=sys.stderr)
    return 0 if good else 1
