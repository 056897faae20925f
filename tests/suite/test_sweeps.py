"""Sweeps on a project of one tiny notebook: what is kept, counted, reported."""

import json
import os
import shutil
import signal

import pytest
from tiny import call, edit, row_of, source, start, tree, wait_until, write

from lib.statistics import wilson_interval
from lib.suite import execution, records, report, sweeps


@pytest.fixture
def swept(project, monkeypatch):
    """The project, with runs that cost nothing: seed 3 is not reproduced, seed 4 fails."""
    write(project / "README.md", f"{report.BEGIN}\n{report.END}\n")
    project.joinpath("results").mkdir(exist_ok=True)
    ran = []

    def execute(root, name, parameters, output, progress=False, figures=True):
        seed = execution.checked_parameters(root, name, parameters)["seed"]
        ran.append(seed)
        if seed == 4:
            raise execution.NotebookFailed(f"{name} failed in cell 2: ValueError: four")
        row = row_of(0.5 if seed != 3 else 2.0)
        return {"notebook": name, "parameters": parameters, "claims": [row]}

    monkeypatch.setattr(sweeps, "execute", execute)
    monkeypatch.setattr(records, "FIRST", 1)
    return project, ran


def test_a_sweep_counts_reproduced_seeds_and_reports(swept, capsys):
    root, _ = swept
    publish(root)
    assert sweeps.sweep(root, [], 3, 1, jobs=1) == 0
    row = {
        "beside": records.fingerprint(row_of(0.5)),
        "seeds": [1, 2, 3],
        "held": 2,
        "failed": [3],
        "interval": [round(x, 4) for x in wilson_interval(2, 3)],
    }
    expected = {"notebook": "01_tiny", "next_seed": 4, "rows": {"01.1": row}, "mutants": []}
    assert records.read(root, "01_tiny") == expected
    assert "0 of 1 claims held on every seed; 01.1: 2 of 3\n" in capsys.readouterr().out


def test_a_sweep_starts_where_nobody_has_looked(swept):
    root, ran = swept
    publish(root)
    sweeps.sweep(root, [], 2, jobs=1)
    sweeps.sweep(root, [], 1, jobs=1)
    assert ran == [1, 2, 3] and record(root) == ([1, 2, 3], 2, [3])


def test_seeds_that_were_looked_at_are_run_but_not_recorded(swept, capsys):
    """The numbers have changed since: seeds 1 and 2 were looked at for other ones."""
    root, ran = swept
    publish(root)
    sweeps.sweep(root, [], 2, jobs=1)
    publish(root, 0.6)
    edit(source(root), 'print("first"', 'print("changed"')
    sweeps.sweep(root, [], 4, 2, jobs=1)
    assert ran == [1, 2, 2, 3, 4, 5] and record(root) == ([3, 5], 1, [3])
    assert "not recorded, since looked at before: 2\n" in capsys.readouterr().out
    assert records.read(root, "01_tiny")["next_seed"] == 6


def test_a_sweep_of_two_notebooks_starts_each_at_its_own_seed(swept):
    root, ran = swept
    write(source(root, "02_other"), source(root).read_text())
    records.write(root, records.read(root, "02_other") | {"next_seed": 7})
    sweeps.sweep(root, [], 2, jobs=1)
    assert sorted(ran) == [1, 2, 7, 8]


def test_finished_seeds_are_kept_and_only_the_rest_runs(swept):
    root, ran = swept
    sweeps.sweep(root, [], 2, 1, jobs=1)
    sweeps.sweep(root, [], 3, 1, jobs=1)
    assert ran == [1, 2, 3]


def test_a_change_of_the_code_starts_a_new_sweep(swept):
    root, ran = swept
    sweeps.sweep(root, [], 2, 1, jobs=1)
    edit(source(root), 'print("first"', 'print("changed"')
    sweeps.sweep(root, [], 2, 1, jobs=1)
    assert ran == [1, 2, 1, 2]


def test_a_seed_that_fails_is_named_and_the_others_count(swept, capsys):
    root, ran = swept
    publish(root)
    assert sweeps.sweep(root, [], 5, 1, jobs=1) == 1
    assert "seed 4: 01_tiny failed in cell 2" in capsys.readouterr().err
    assert record(root) == ([1, 2, 3, 5], 3, [3])
    sweeps.sweep(root, [], 5, 1, jobs=1)
    assert ran == [1, 2, 3, 4, 5, 4]


def test_readme_counts_the_row_that_failed(swept):
    root, _ = swept
    publish(root)
    sweeps.sweep(root, [], 3, 1, jobs=1)
    assert "On fresh seeds, 3 or more for a row: 0 of 1 rows" in (root / "README.md").read_text()
    assert "| 2 of 3 |" in (root / "RESULTS.md").read_text()


def publish(root, measured=0.5, **words):
    """The published ledger of the notebook, with one row."""
    ledger = {"notebook": "01_tiny", "parameters": {}, "claims": [row_of(measured) | words]}
    write(root / "results" / "01_tiny.json", json.dumps(ledger))


def record(root):
    row = records.read(root, "01_tiny")["rows"]["01.1"]
    return row["seeds"], row["held"], row["failed"]


def test_a_smaller_or_overlapping_sweep_adds_to_the_record(swept):
    root, _ = swept
    publish(root)
    sweeps.sweep(root, [], 3, 1, jobs=1)
    sweeps.sweep(root, [], 1, 1, jobs=1)
    assert record(root) == ([1, 2, 3], 2, [3])
    sweeps.sweep(root, [], 1, 3, jobs=1)
    assert record(root) == ([1, 2, 3], 2, [3])
    sweeps.sweep(root, [], 2, 5, jobs=1)
    assert record(root) == ([1, 2, 3, 5, 6], 4, [3])


def test_other_results_hide_a_record_and_other_words_do_not(swept):
    root, _ = swept
    publish(root)
    sweeps.sweep(root, [], 2, 1, jobs=1)
    assert "| 2 of 2 |" in (root / "RESULTS.md").read_text()
    publish(root, statement="other words")
    report.update_reports(root)
    assert "| 2 of 2 |" in (root / "RESULTS.md").read_text()
    publish(root, 0.6)
    report.update_reports(root)
    assert "| 2 of 2 |" not in (root / "RESULTS.md").read_text()


def test_bad_words_are_refused_in_one_line(project, capsys):
    before = tree(project)
    for words in (["--seeds", "0"], ["02_none"], ["--scheduler", "tcp://127.0.0.1:1"]):
        assert call(project, "sweep", *words) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert {path: tree(project)[path] for path in before} == before


def test_paper_scale_runs_the_file_of_parameters(project, capsys):
    write(project / "parameters" / "01_tiny.yaml", "# seconds\nseed: 7\ndepths: [4, 5]\n")
    before = tree(project)
    assert call(project, "paper") == 0
    made = json.loads((project / "build" / "paper" / "01_tiny" / "01_tiny.json").read_text())
    assert made["parameters"]["seed"] == 7
    assert {path: tree(project)[path] for path in before} == before


def test_paper_scale_refuses_a_parameter_that_is_not_allowed(project, capsys):
    write(project / "parameters" / "01_tiny.yaml", "sead: 7\n")
    assert call(project, "paper") == 2
    assert "sead" in capsys.readouterr().err


@pytest.mark.parametrize(("workers", "threads"), [(2, 1), (1, 2), (1, 4)])
def test_a_dask_cluster_gives_the_same_sweep(project, workers, threads):
    """A scheduler and its workers on the loopback address, real notebook runs; every run its own seed."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=threads, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert sweeps.sweep(project, [], 5, 1, scheduler=address) == 0
    made = sweeps.kept(project, "01_tiny")
    seeds = {p.stem: json.loads(p.read_text())["parameters"]["seed"] for p in made.iterdir()}
    assert seeds == {str(seed): seed for seed in range(1, 6)}
    there = tree(made)
    shutil.rmtree(made)
    assert sweeps.sweep(project, [], 2, 1) == 0
    assert tree(made) == {file: there[file] for file in ("1.json", "2.json")}


def test_a_scheduler_without_workers_is_refused_in_words(project, capsys):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        assert call(project, "sweep", "--seeds", "1", "--scheduler", address) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"SCHEDULER '{address}' has no worker" in error


def test_a_sweep_killed_half_way_goes_on(project):
    edit(source(project), "wait = 0.0", "wait = 1.0")
    folder = sweeps.kept(project, "01_tiny")
    process = start(project, "sweep", "--first", "1", "--seeds", "4", "--jobs", "1")
    wait_until(lambda: len(list(folder.glob("*.json"))) == 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finished = tree(folder)
    assert 2 <= len(finished) < 4
    assert call(project, "sweep", "--first", "1", "--seeds", "4") == 0
    assert {path: tree(folder)[path] for path in finished} == finished
    assert sorted(tree(folder)) == [f"{seed}.json" for seed in range(1, 5)]
