"""Records: read, written, carried over to rows under new ids; never to rows that are others."""

import json
import subprocess

import pytest
from tiny import call, row_of, write

from lib.suite import records
from lib.suite.parameters import Fault


def row(id, measured, **words):
    return row_of(measured) | {"id": id} | words


OLD = [row("01.1", 0.5), row("01.2", 0.25), row("01.3", 0.75), row("01.4", 0.125)]
NEW = [row("01.1", 0.2501), row("01.2", 0.5), row("01.4", 0.3), row("01.5", 0.75, predicted=2.0)]
PLAN = {"renumbered": {"01.1": "01.2", "01.2": "01.1", "01.3": "01.5"}}


def record_of(rows, **more):
    found = {r["id"]: records.entry(records.fingerprint(r), [1, 2], [2]) for r in rows}
    return {"notebook": "01_a", "next_seed": 3, "rows": found, "mutants": []} | more


def theory(*ids, rows=OLD):
    now = {r["id"]: records.fingerprint(r) for r in rows}
    words = {"name": "half", "theory": "Half.", "source": "x", "outcome": "killed"}
    beside = {id: now[id] for id in ids}
    return words | {"expected": [*ids], "failed": [*ids], "beside": beside}


def test_rows_are_carried_to_their_new_ids_where_criterion_and_number_are_the_same():
    carried, lost = records.carried(record_of(OLD), OLD, NEW, PLAN)
    assert [*carried["rows"]] == ["01.1", "01.2"] and lost == ["01.4", "01.5"]
    assert carried["rows"] == records.swept(carried, NEW)
    assert carried["rows"]["01.1"]["seeds"] == [1, 2] and carried["next_seed"] == 3


def test_carrying_twice_does_what_once_does():
    once, _ = records.carried(record_of(OLD), OLD, NEW, PLAN)
    assert records.carried(once, OLD, NEW, PLAN) == (once, [])


def test_rows_whose_experiment_changed_lose_their_record():
    plan = PLAN | {"as_before": ["01.2"]}
    carried, lost = records.carried(record_of(OLD), OLD, NEW, plan)
    assert [*carried["rows"]] == ["01.2"] and "01.1" in lost


def test_rows_that_go_and_ids_that_stay():
    plan = {"renumbered": {"01.1": None, "01.3": None}}
    new = [row("01.2", 0.25), row("01.3", 0.9), row("01.4", 0.125)]
    carried, lost = records.carried(record_of(OLD), OLD, new, plan)
    assert ([*carried["rows"]], lost) == (["01.2", "01.4"], [])


def test_a_record_that_was_hidden_stays_hidden():
    record = record_of([row("01.1", 0.4), *OLD[1:]])
    carried, _ = records.carried(record, OLD, NEW, PLAN)
    assert [*carried["rows"]] == ["01.1"]


def test_a_wrong_theory_is_carried_with_all_the_rows_it_must_fail():
    both, one = theory("01.1", "01.2"), theory("01.1", "01.3")
    carried, _ = records.carried(record_of(OLD, mutants=[both, one]), OLD, NEW, PLAN)
    assert carried["mutants"] == [both | theory("01.2", "01.1", rows=NEW), one]


@pytest.mark.parametrize(
    ("renumbered", "words"),
    [
        ({"01.9": "01.1"}, "no such row: 01.9"),
        ({"01.1": "01.9"}, "no such row: 01.9"),
        ({"01.1": "01.2", "01.3": "01.2"}, "two rows"),
    ],
)
def test_bad_maps_are_refused(renumbered, words):
    with pytest.raises(Fault, match=words):
        records.carried(record_of(OLD), OLD, NEW, {"renumbered": renumbered})


def test_the_command_takes_the_old_rows_from_a_commit(project, tmp_path, capsys):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=project, check=True, capture_output=True)

    ledger = project / "results" / "01_tiny.json"
    write(ledger, json.dumps({"notebook": "01_tiny", "parameters": {}, "claims": OLD}))
    records.write(project, record_of(OLD, notebook="01_tiny"))
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "old")
    write(ledger, json.dumps({"notebook": "01_tiny", "parameters": {}, "claims": NEW}))
    write(tmp_path / "map.json", json.dumps(PLAN | {"notebook": "01_tiny"}))
    assert call(project, "records", "HEAD", str(tmp_path / "map.json")) == 0
    assert capsys.readouterr().out == (
        "01_tiny  2 of 4 rows have a record; not carried, since other than before: 01.4, 01.5\n"
    )
    assert [*records.read(project, "01_tiny")["rows"]] == ["01.1", "01.2"]
    assert "| 1 of 2 |" in (project / "RESULTS.md").read_text()
    assert call(project, "records", "HEAD", str(tmp_path / "none.json")) != 0
    assert call(project, "records", "nowhere", "01_tiny") == 2


def test_a_record_is_read_as_it_was_written(project):
    record = record_of(OLD, notebook="01_tiny", mutants=[theory("01.1"), theory("01.2")])
    records.write(project, record)
    text = records.record_path(project, "01_tiny").read_text()
    assert records.read(project, "01_tiny") == record and text.count("\n") < 20
