"""The records that are committed: what they say follows from what they hold, and is about today's theories."""

from pathlib import Path

import pytest
from scipy.stats import binomtest

from lib.suite import mutants, records
from lib.suite.output import read_json
from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]
NAMES = names(ROOT)
each_notebook = pytest.mark.parametrize("name", NAMES)


def test_each_notebook_has_a_record_and_each_record_a_notebook():
    assert sorted(p.name for p in (ROOT / "results" / "records").iterdir()) == [
        f"{name}.json" for name in NAMES
    ]


@each_notebook
def test_a_record_has_its_schema(name):
    record = read_json(records.record_path(ROOT, name))
    assert list(record) == ["notebook", "next_seed", "rows", "mutants"]
    assert record["notebook"] == name and record["next_seed"] >= records.FIRST
    for row in record["rows"].values():
        assert list(row) == ["beside", "seeds", "held", "failed", "interval"]
    keys = ["name", "theory", "expected", "source", "failed", "outcome", "beside"]
    for mutant in record["mutants"]:
        assert sorted(mutant) == sorted(keys)


@each_notebook
def test_what_a_record_says_of_seeds_follows_from_them(name):
    record = records.read(ROOT, name)
    for id, row in record["rows"].items():
        seeds, failed = row["seeds"], row["failed"]
        assert seeds == sorted({*seeds}) and failed == sorted({*failed}), id
        assert {*failed} <= {*seeds} and row["held"] == len(seeds) - len(failed), id
        assert 1 <= min(seeds) and max(seeds) < record["next_seed"], id
        low, high = binomtest(row["held"], len(seeds)).proportion_ci(method="wilson")
        assert row["interval"] == pytest.approx([low, high], abs=1e-4), id


@each_notebook
def test_rows_of_a_record_are_rows_of_the_ledger(name):
    """A row that is new has none yet. Rows changed: `make sweep`, or `claims records COMMIT NAME`."""
    rows = read_json(ROOT / "results" / f"{name}.json")["claims"]
    record = records.read(ROOT, name)
    assert {*record["rows"]} == {*records.swept(record, rows)}


@each_notebook
def test_wrong_theories_are_those_that_were_run_and_their_rows_failed(name):
    rows = read_json(ROOT / "results" / f"{name}.json")["claims"]
    ids = {row["id"] for row in rows}
    record = records.read(ROOT, name)
    declared = mutants.declared_mutants(mutants.mutants_path(ROOT, name).read_text("utf-8"))
    # What was not run on the code and the rows of today is not on record; the README counts it.
    assert records.rejected(record, rows, declared) == record["mutants"]
    names = [m.name for m in declared]
    assert [m["name"] for m in record["mutants"]] == [
        name for name in names if name in {m["name"] for m in record["mutants"]}
    ]
    for mutant in record["mutants"]:
        assert mutant["outcome"].partition(":")[0] in ("killed", "survives", "crashed")
        assert {*mutant["failed"]} <= ids, mutant["name"]
        killed = bool(mutant["expected"]) and {*mutant["expected"]} <= {*mutant["failed"]}
        assert killed == (mutant["outcome"] == "killed"), mutant["name"]


@each_notebook
def test_each_wrong_theory_names_rows_that_it_can_make_fall(name):
    """Counted rows that hold: a wrong theory on a control, or on a row that fails anyway, shows nothing."""
    assert mutants.checked_mutants(ROOT, name)
