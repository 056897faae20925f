"""README's table and RESULTS.md follow the ledgers."""

import json

import pytest
from tiny import row_of

from lib.suite import mutants, records, report


@pytest.fixture
def results(tmp_path):
    """A folder with two ledgers; of 02_b nothing holds."""
    (tmp_path / "README.md").write_text(f"head\n{report.BEGIN}\nold\n{report.END}\ntail\n")
    (tmp_path / "results").mkdir()
    for name, measured, verdict in (("02_b", 2.0, "not reproduced"), ("01_a", 0.5, "reproduced")):
        rows = [row_of(measured) | {"verdict": verdict, "id": f"{name[:2]}.1"}]
        rows.append(rows[0] | {"id": f"{name[:2]}.2", "identity": True, "source": "derived here"})
        ledger = {"notebook": name, "parameters": {"seed": 0}, "claims": rows}
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(ledger))
    return tmp_path


def test_readme_table_follows_the_ledgers(results):
    report.update_reports(results)
    text = (results / "README.md").read_text()
    assert text.startswith("head\n") and text.endswith("\ntail\n") and "old" not in text
    assert text.index("01_a") < text.index("02_b")
    assert "| A 2000 | 1 of 1 |" in text and "| 0 of 1; not 02.1 |" in text
    assert report.readme_with_table(text, report.ledgers(results)) == text
    changed = report.ledgers(results)
    changed[0]["claims"][0]["verdict"] = "not reproduced"
    assert report.readme_with_table(text, changed) != text


@pytest.mark.parametrize(
    "held, words",
    [
        ([3, 3], "3 of 3"),
        ([3, 2, 0], "x.1 on 2, x.2 on 0 of 3, others on all"),
        ([2, 0, 2], "x.0, x.2 on 2, x.1 on 0 of 3, others on all"),
        ([2, 2, 2, 1], "all but 4 rows on 3 of 3"),
    ],
)
def test_fresh_seeds_name_the_rows_that_fell_short(held, words):
    rows = [
        row_of(0) | {"id": f"x.{k}", "sweep": {"held": n, "runs": 3}} for k, n in enumerate(held)
    ]
    assert report._fresh(rows) == words


def test_checks_are_counted_apart_and_named(results):
    path = results / "results" / "01_a.json"
    ledger = json.loads(path.read_text())
    ledger["claims"].append(ledger["claims"][0] | {"id": "01.3a", "role": "check"})
    path.write_text(json.dumps(ledger))
    report.update_reports(results)
    assert "| 1 of 1 claims, 1 of 1 checks |" in (results / "README.md").read_text()
    assert "| 01.3a | *check:* " in (results / "RESULTS.md").read_text()


def test_the_way_on_is_written_where_there_is_a_line_for_it(tmp_path):
    names = ["01_a", "02_b"]
    for name in names:
        text = "# # Title\n#\n# Next: [symbols](../NOTATION.md)\n# [symbols](../NOTATION.md) too\n"
        path = tmp_path / "notebooks" / "src" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == "01_a" else "# # Title\n")
    report.update_neighbours(tmp_path, names)
    first, second = ((tmp_path / "notebooks" / "src" / f"{n}.py").read_text() for n in names)
    assert first.split("\n")[2] == "# Next: [02](02_b.ipynb) · [symbols](../NOTATION.md)"
    assert first.endswith("# [symbols](../NOTATION.md) too\n") and second == "# # Title\n"


def test_results_page_holds_every_row(results):
    report.update_reports(results)
    text = (results / "RESULTS.md").read_text()
    assert text.count("\n| 01.") == 2 and "*identity:*" in text and "✘ not reproduced" in text


def test_wrong_theories_are_counted_and_named(results):
    text = '''def half(patch):
    """Half of it.

    Fails: 01.1
    """'''
    theories = results / "mutants" / "01_a.py"
    theories.parent.mkdir()
    theories.write_text(text)
    (mutant,) = mutants.declared_mutants(text)
    row = json.loads((results / "results" / "01_a.json").read_text())["claims"][0]
    entry = mutant._asdict() | {"failed": [], "outcome": "survives"}
    for beside, shown in ((records.fingerprint(row), True), ("another row", False)):
        record = records.read(results, "01_a")
        records.write(results, record | {"mutants": [entry | {"beside": {"01.1": beside}}]})
        report.update_reports(results)
        assert ("| 0 of 1 |" in (results / "README.md").read_text()) == shown
        assert ("*survives* (01.1)" in (results / "RESULTS.md").read_text()) == shown


def test_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        report.readme_with_table("no table here", [])
