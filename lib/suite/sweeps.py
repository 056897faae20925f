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

from lib.statistics import wilson_interval
from lib.suite import claims, stamps
from lib.suite.build import build_lock, run
from lib.suite.execution import NotebookFailed, execute, first_line
from lib.suite.output import write_json
from lib.suite.parameters import Fault
from lib.suite.report import published, update_reports


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
        yield


def summary(name, beside, ledgers):
    """How often each claim of one notebook held: {"notebook", "beside", "seeds", "claims": [...]}.

    beside: the fingerprint of the published results that the record stands beside, None without any.
    ledgers: {seed: ledger}. A claim's `failed` are the seeds on which it was not reproduced.
    """
    failed = {}
    for seed, ledger in sorted(ledgers.items()):
        for row in ledger["claims"]:
            short = failed.setdefault(row["id"], [])
            if claims.verdict(**{key: row[key] for key in claims.JUDGED}) != claims.REPRODUCED:
                short.append(seed)
    return _entry(name, beside, sorted(ledgers), failed)


def _entry(name, beside, seeds, failed):
    """The record of one notebook; intervals are Wilson's, 95%."""
    rows = []
    for id, short in failed.items():
        held = len(seeds) - len(short)
        ends = [round(x, 4) for x in wilson_interval(held, len(seeds))]
        row = {"id": id, "held": held, "runs": len(seeds), "interval": ends, "failed": short}
        rows.append(row)
    return {"notebook": name, "beside": beside, "seeds": seeds, "claims": rows}


def merged(old, new):
    """The record of both sweeps of one notebook; the new one speaks for a seed that both have run.

    Other claims, or other published results than before, start a record of their own.
    """
    before = {row["id"]: row["failed"] for row in old["claims"]}
    after = {row["id"]: row["failed"] for row in new["claims"]}
    if [*before] != [*after] or old.get("beside") != new["beside"]:
        return new
    others = sorted(set(old["seeds"]) - set(new["seeds"]))
    failed = {id: sorted({*short, *(set(before[id]) & {*others})}) for id, short in after.items()}
    return _entry(new["notebook"], new["beside"], sorted({*others, *new["seeds"]}), failed)


def sweep(root, wanted, seeds, jobs=None, scheduler=None):
    """Run the notebooks on every seed of the range `seeds`, finished ones left out; exit code 0 or 1.

    Writes build/sweeps/NAME.json, results/robustness.json and README's table, which reads it.
    """
    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    wanted = [stamps.source_path(root, name).stem for name in wanted] or stamps.names(root)
    folders = {name: kept(root, name) for name in wanted}
    tasks = [
        (name, seed)
        for seed in seeds
        for name in wanted
        if not (folders[name] / f"{seed}.json").exists()
    ]
    print(
        f"{len(tasks)} runs to do, {len(wanted) * len(seeds) - len(tasks)} kept from before",
        flush=True,
    )
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
                write_json(folders[name] / f"{seed}.json", outcome)
    for name in wanted:
        found = {
            seed: json.loads(path.read_text(encoding="utf-8"))
            for seed in seeds
            if (path := folders[name] / f"{seed}.json").exists()
        }
        if found:
            report(root, summary(name, published(root, name), found))
    update_reports(root)
    return 0 if good else 1


def report(root, result):
    """Add one notebook's summary to the record and print its line."""
    name = result["notebook"]
    write_json(root / "build" / "sweeps" / f"{name}.json", result)
    path = root / "results" / "robustness.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    before = [entry for entry in known if entry["notebook"] == name]
    others = [entry for entry in known if entry["notebook"] != name]
    record = merged(before[0], result) if before else result
    write_json(path, sorted([*others, record], key=lambda entry: entry["notebook"]))
    short = [row for row in result["claims"] if row["held"] < row["runs"]]
    count = f"{len(result['claims']) - len(short)} of {len(result['claims'])}"
    words = [f"{row['id']}: {row['held']} of {row['runs']}" for row in short]
    line = f"{name}  {len(result['seeds'])} seeds  {count} claims held on every seed"
    print("; ".join([line, *words]), flush=True)


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
