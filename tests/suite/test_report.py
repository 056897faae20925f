"""README's table and RESULTS.md follow the ledgers."""

import json

import pytest
from tiny import row_of

from lib.suite import mutants, records, report
from lib.suite.parameters import Fault


@pytest.fixture
def results(tmp_path):
    """A folder with two ledgers; of 02_b nothing holds."""
    (tmp_path / "README.md").write_text(f"head\n{report.BEGIN}\nold\n{report.END}\ntail\n")
    (tmp_path / "results").mkdir()
    families = {"0": ["First things", "What comes first."]}
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "families.json").write_text(json.dumps(families))
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
    assert "| [01 01_a](notebooks/01_a.ipynb) | 1 of 1 claims |  |" in text
    assert "| [02 02_b](notebooks/02_b.ipynb) | 0 of 1 claims | 02.1 |" in text
    assert "| First things | reproduced |" in text and "All notebooks: 1 of 2 claims." in text
    assert report.readme_with_table(text, report.ledgers(results)) == text
    changed = report.ledgers(results)
    changed[0]["claims"][0]["verdict"] = "not reproduced"
    assert report.readme_with_table(text, changed) != text


def test_totals_count_fresh_seeds_and_what_the_rows_rest_on(results):
    found = report.ledgers(results)
    for ledger, held, source in zip(
        found, (30, 29), ("A 2000 (number, recalled)", "Ours, after A 2000 (abstract)"), strict=True
    ):
        ledger["claims"][0] |= {"sweep": {"held": held, "runs": 30}, "source": source}
    said = report.readme_table(found).replace("\n", " ")
    assert "On fresh seeds, 30 or more for a row: 1 of 2 rows on every one." in said
    assert "Of 2 rows 1 test a number that a paper prints, 0 what a paper states, and 1 are" in said
    assert said.endswith("read for 0 rows, in its abstract for 1, and is recalled for 1.")


def test_results_begin_with_what_was_not_reproduced_claims_first(results):
    path = results / "results" / "01_a.json"
    ledger = json.loads(path.read_text())
    check = {"id": "01.3a", "role": "check", "verdict": "partly reproduced"}
    ledger["claims"].append(ledger["claims"][0] | check)
    path.write_text(json.dumps(ledger))
    report.update_reports(results)
    first = (results / "RESULTS.md").read_text().split("\n## ")[1]
    ids = [line[2:].split(" |")[0] for line in first.split("\n") if line.startswith("| 0")]
    assert ids == ["02.1", "01.3a"] and "| *check:* it is small | ≤ 1 |" in first


def test_checks_are_counted_apart_and_named(results):
    path = results / "results" / "01_a.json"
    ledger = json.loads(path.read_text())
    ledger["claims"].append(ledger["claims"][0] | {"id": "01.3a", "role": "check"})
    path.write_text(json.dumps(ledger))
    report.update_reports(results)
    assert "| 1 of 1 claims, 1 of 1 checks |  |" in (results / "README.md").read_text()
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
        words = "Wrong theories: 0 of 1 rejected."
        assert (words in (results / "README.md").read_text()) == shown
        assert ("*survives* (01.1)" in (results / "RESULTS.md").read_text()) == shown


def test_readme_without_marks_is_refused():
    with pytest.raises(Fault, match="marks"):
        report.readme_with_table("no table here", [])
