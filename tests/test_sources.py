"""sources.yaml: every statement has its rows, or says why there is none; every row exists."""

import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
FOUND = yaml.safe_load((ROOT / "sources.yaml").read_text(encoding="utf-8"))
STATEMENTS = FOUND["statements"]
LEDGERS = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "results").glob("[0-9]*.json"))
]
ROWS = {row["id"]: row for ledger in LEDGERS for row in ledger["claims"]}
each = pytest.mark.parametrize("one", STATEMENTS, ids=lambda one: one["id"])


def test_five_sources_and_no_statement_twice():
    assert len(FOUND["sources"]) == 5 and {*FOUND} == {"sources", "statements"}
    ids = [one["id"] for one in STATEMENTS]
    assert len(ids) == len({*ids}) > 80
    assert {one["source"] for one in STATEMENTS} == {*FOUND["sources"]}


@each
def test_a_statement_has_rows_or_says_why_not(one):
    assert {*one} <= {"id", "source", "statement", "status", "rows", "note"}
    assert one["status"] in ("measured", "partly", "not measured", "out of scope")
    assert [id for id in one["rows"] if id not in ROWS] == []
    if one["status"] in ("measured", "partly"):
        assert one["rows"]
    else:
        assert one.get("note"), "why there is none"


def test_every_lecture_answers_a_statement():
    """But for notebook 00, whose question is that of the suite."""
    named = {id[:2] for one in STATEMENTS for id in one["rows"]}
    assert {ledger["notebook"][:2] for ledger in LEDGERS} <= named
