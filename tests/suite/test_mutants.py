"""Mutants: declared in docstrings, put in place before the imports, killed by the rows they name."""

import json
import sys

import nbformat
import pytest
from tiny import call, row_of, write

from lib.suite import mutants, records
from lib.suite.execution import cells_until
from lib.suite.parameters import Fault

FILE = '''\
"""The wrong theories that 01_tiny must reject."""


def doubled(patch):
    """The value doubled.

    Fails: 01.1
    """
    patch("formula.value", lambda right: 2 * right())


def harmless(patch):
    """The value with nothing added.

    Fails: 01.1
    """
    patch("formula.value", lambda right: right() + 0)


def crashing(patch):
    """No value at all.

    Fails: 01.1
    """
    patch("formula.value", lambda right: 1 / 0)


def premise(patch):
    """A depth at which it does not hold.

    Fails: 01.1
    """
    patch.parameters(depth=3)
'''


@pytest.fixture
def suite(formed):
    """The project with a notebook in the form, and its mutants."""
    write(formed / "mutants" / "01_tiny.py", FILE)
    assert call(formed, "figures") == 0
    return formed


def test_a_mutant_is_killed_by_the_row_it_names_survives_or_crashes(suite, capsys):
    capsys.readouterr()
    assert call(suite, "mutants") == 1
    printed = capsys.readouterr().out
    assert "01_tiny  doubled: killed by 01.1\n" in printed
    assert "01_tiny  harmless: SURVIVES\n" in printed and "crashing: CRASHED" in printed
    assert "2 of 4 wrong theories rejected" in printed
    entries = records.read(suite, "01_tiny")["mutants"]
    outcomes = [mutant["outcome"].partition(":")[0] for mutant in entries]
    assert outcomes == ["killed", "survives", "crashed", "killed"]
    assert "Wrong theories: 2 of 4 rejected." in (suite / "README.md").read_text()
    assert (
        json.loads((suite / "results" / "01_tiny.json").read_text())["claims"][0]["measured"] == 2
    )


def test_one_mutant_alone_writes_nothing(suite, capsys):
    assert call(suite, "mutants", "01_tiny", "--only", "doubled") == 0
    assert "doubled: killed by 01.1" in capsys.readouterr().out
    assert not (suite / "results" / "records").exists()
    assert call(suite, "mutants", "01_tiny", "--only", "other") == 2


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("2 * right()", "3 * right()", False),
        ("The value doubled.", "The value doubled again.", False),
        ("The value with", "A value with", True),
        ('must reject."""', 'must reject."""\n\nPI = 3', False),
    ],
)
def test_another_text_of_a_theory_hides_its_record(old, new, shown):
    """Code, words, and what the file's functions share; not the words of another theory."""
    (row,) = rows = [row_of(0.5)]
    mutant, *_ = mutants.declared_mutants(FILE)
    entry = mutant._asdict() | {"failed": ["01.1"], "outcome": "killed"}
    record = {"mutants": [entry | {"beside": {"01.1": records.fingerprint(row)}}]}
    assert records.rejected(record, rows, mutants.declared_mutants(FILE)) == record["mutants"]
    assert old in FILE
    changed = mutants.declared_mutants(FILE.replace(old, new))
    assert bool(records.rejected(record, rows, changed)) == shown
    assert records.rejected(record, [row_of(0.6)], mutants.declared_mutants(FILE)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Fails: 01.1", "Fails 01.1", "docstring must end"),
        ("Fails: 01.1", "Fails: 01.2", "01.2 is no reproduced claim"),
        ("Fails: 01.1", "Fails: 01.7", "01.7 is no reproduced claim"),
    ],
)
def test_a_mutant_must_name_claims_that_hold(suite, capsys, old, new, words):
    write(suite / "mutants" / "01_tiny.py", FILE.replace(old, new, 1))
    assert call(suite, "mutants", "01_tiny") == 2
    assert words in capsys.readouterr().err


def test_a_notebook_without_mutants_is_named(project):
    write(project / "results" / "01_tiny.json", json.dumps({"claims": [row_of(1.0)]}))
    with pytest.raises(Fault, match="01_tiny has no"):
        mutants.checked_mutants(project, "01_tiny")


def test_a_patch_reaches_every_module_and_methods(monkeypatch):
    from lib import descent, linear_networks  # noqa: F401  (the second imports from the first)

    old = descent.log_steps
    others = [
        m
        for k, m in sys.modules.items()
        if k.startswith("lib.") and vars(m).get("log_steps") is old
    ]
    try:
        mutants.Patch({})("descent.log_steps", lambda right, *given: "wrong")
        assert all(vars(module)["log_steps"](3) == "wrong" for module in others)
    finally:
        for module in others:
            module.log_steps = old
    assert others


def code(*sources):
    return [nbformat.v4.new_code_cell(source) for source in sources]


@pytest.mark.parametrize(
    "rows, count",
    [
        (["01.1"], 2),
        (["01.2b"], 4),
        (["01.1", "01.3d"], 5),
        (["01.3b"], 6),  # no cell names it: all of them
    ],
)
def test_a_run_ends_where_the_last_of_its_rows_is_judged(rows, count):
    cells = code(
        "x = 1",
        'ledger.judge({"01.1": value(x)})',
        'ids = ["01.3d"]',
        'ledger.judge({"01.2a*": shares, "01.4": value(x)})',
        'ledger.judge({"01.3c*": shares})',
        "ledger.conclude()",
    )
    found = [cell.source for cell in cells_until(cells, rows)]
    if count == len(cells):
        assert found == [cell.source for cell in cells]
    else:
        wanted = [cell.source for cell in cells[:count]]
        assert found == [*wanted, "ledger.conclude(so_far=True)"]


def test_a_mutant_runs_no_farther_than_its_rows(suite):
    """What stands after the row's verdict would crash."""
    source = suite / "notebooks" / "src" / "01_tiny.py"
    text = source.read_text()
    at = text.index("# %%", text.index("ledger.judge("))
    source.write_text(text[:at] + "# %%\n1 / 0\n\n" + text[at:])
    assert call(suite, "mutants", "01_tiny", "--only", "doubled") == 0
