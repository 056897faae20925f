"""Every notebook: in step with source, ledger, figures and README; complete and clean."""

import html
import json
import math
import re
from pathlib import Path

import jupytext
import nbformat
import pytest

from lib.suite import claims, report
from lib.suite.execution import KERNEL, LANGUAGE
from lib.suite.parameters import check_value, declared
from lib.suite.stamps import names, source_path

ROOT = Path(__file__).resolve().parents[1]
NAMES = names(ROOT)
each_notebook = pytest.mark.parametrize("name", NAMES)

KEYS = [
    "id",
    "role",
    "statement",
    "measure",
    "source",
    "predicted",
    "measured",
    "relation",
    "tolerance",
    "because",
    "seeds",
    "interval",
    "control",
    "identity",
    "verdict",
]
# A loop over steps of descent, in a cell.
LOOP = re.compile(
    r"\bfor\s+\w+\s+in\s+(?:tqdm\(|trange|range)\s*\(?[^\n]*steps|^\s*while\b", re.MULTILINE
)
VERDICTS = {"reproduced", "partly reproduced", "not reproduced"}


def notebook(name):
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def code_cells(name):
    return [cell for cell in notebook(name).cells if cell.cell_type == "code"]


def stored_outputs(name):
    return [output for cell in code_cells(name) for output in cell.outputs]


def ledger(name):
    return json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))


def stems(pattern):
    return sorted(path.stem for path in ROOT.glob(pattern))


# --- The set of them ----------------------------------------------------------


def test_there_is_a_notebook():
    assert NAMES != []


@pytest.mark.parametrize(
    "pattern", ["notebooks/src/*.py", "notebooks/*.ipynb", "results/[0-9]*.json", "figures/*"]
)
def test_sources_notebooks_ledgers_and_figures_match_one_to_one(pattern):
    assert stems(pattern) == NAMES


def test_no_stray_files_among_the_outputs():
    """Figures are SVGs of the notebook, results a ledger and a record for each."""
    ledgers = {f"{name}.json" for name in NAMES}
    found = {p.relative_to(ROOT / "results").as_posix() for p in (ROOT / "results").rglob("*.*")}
    assert found == ledgers | {f"records/{name}" for name in ledgers}
    drawn = [p for p in (ROOT / "figures").rglob("*") if p.is_file()]
    assert [p for p in drawn if p.suffix != ".svg" or p.parent.name not in NAMES] == []
    assert {p.name for p in (ROOT / "notebooks").iterdir() if p.suffix != ".ipynb"} <= {
        "src", "families.json", "conftest.py", "__pycache__", ".ipynb_checkpoints"
    }  # fmt: skip


def test_claim_ids_are_unique_in_the_whole_suite():
    ids = [row["id"] for name in NAMES for row in ledger(name)["claims"]]
    assert len(ids) == len(set(ids)) and len(ids) >= len(NAMES)


def test_readme_holds_the_table_of_the_ledgers():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert report.readme_with_table(text, report.ledgers(ROOT)) == text


def test_results_page_is_that_of_the_ledgers():
    text = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
    assert report.results_page(report.ledgers(ROOT)) == text


# --- Source and notebook ------------------------------------------------------


@each_notebook
def test_notebook_is_in_step_with_its_source(name):
    source = jupytext.read(source_path(ROOT, name))
    assert [(c.cell_type, c.source, c.metadata.get("tags", [])) for c in notebook(name).cells] == [
        (c.cell_type, c.source, c.metadata.get("tags", [])) for c in source.cells
    ], "source and notebook differ: run make figures"


@each_notebook
def test_parameters_are_declared_with_ranges(name):
    found = declared(source_path(ROOT, name).read_text(encoding="utf-8"))
    assert type(found["seed"].default) is int
    for key, parameter in found.items():
        check_value(key, parameter.default, parameter)


@each_notebook
def test_one_cell_is_tagged_parameters(name):
    tags = [cell.metadata.get("tags", []) for cell in notebook(name).cells]
    assert tags.count(["parameters"]) == 1
    assert all(tag in ([], ["parameters"], ["hide-input"]) for tag in tags)


@each_notebook
def test_loops_over_steps_live_in_lib(name):
    """But for the model in plain Python, above the parameters."""
    cells = code_cells(name)
    tags = [cell.metadata.get("tags", []) for cell in cells]
    below = cells[tags.index(["parameters"]) :]
    assert [cell.id for cell in below if LOOP.search(cell.source)] == []


def test_pattern_of_loops_over_steps_finds_them():
    assert LOOP.search("for step in range(steps):") and LOOP.search("for _ in range(n_steps):")
    assert LOOP.search("while True:") and not LOOP.search("for depth in depths:")


# --- What is stored -----------------------------------------------------------


@each_notebook
def test_notebook_is_clean(name):
    stored = notebook(name)
    nbformat.validate(stored)
    assert stored.metadata == {"kernelspec": KERNEL, "language_info": LANGUAGE}
    assert [cell.id for cell in stored.cells] == [
        f"cell-{number:02d}" for number in range(1, len(stored.cells) + 1)
    ]
    for cell in stored.cells:
        folded = "hide-input" in cell.metadata.get("tags", [])
        assert set(cell.metadata) <= {"tags", "jupyter"}
        assert (cell.metadata.get("jupyter") == {"source_hidden": True}) == folded


@each_notebook
def test_every_code_cell_ran_in_order_without_error(name):
    counts = [cell.execution_count for cell in code_cells(name)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = {output.output_type for output in stored_outputs(name)}
    assert kinds <= {"stream", "display_data", "execute_result"}
    streams = {output.name for output in stored_outputs(name) if output.output_type == "stream"}
    assert streams <= {"stdout"}


@each_notebook
def test_nothing_stored_depends_on_the_machine(name):
    text = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    text = re.sub(r'"image/png": "[^"]*"', "", text)  # among so many letters, one by chance
    assert re.findall(r"0x[0-9a-f]{6,}|/home/\w+|/tmp/\w+|site-packages", text) == []


@each_notebook
def test_every_figure_is_shown_as_a_picture_with_words(name):
    """PNG shows everywhere, an SVG only in a notebook that is trusted; both are of one run."""
    images = [o for o in stored_outputs(name) if "image/png" in o.get("data", {})]
    assert not [o for o in stored_outputs(name) if "image/svg+xml" in o.get("data", {})]
    words = [o.metadata["image/png"]["alt"] for o in images]
    assert all(o.metadata["image/png"]["width"] <= 920 for o in images)
    saved = {p.stem: p.read_text("utf-8") for p in (ROOT / "figures" / name).glob("*.svg")}
    assert re.match(r"<svg [^>]*role=.img", saved.pop("verdict"))
    described = [
        html.unescape(re.search(r"<desc>(.*?)</desc>", s, re.S)[1]) for s in saved.values()
    ]
    assert sorted(words) == sorted(described) and words


@each_notebook
def test_ids_of_figures_differ(name):
    for path in (ROOT / "figures" / name).glob("*.svg"):
        ids = re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8"))
        assert all(id.startswith(f"{path.stem}-") for id in ids), path


@each_notebook
def test_first_page_shows_figures_that_exist(name):
    shown = re.findall(r"!\[[^\]]+\]\(\.\./(figures/[^)]+)\)", notebook(name).cells[0].source)
    assert len(shown) == 2 and all((ROOT / path).is_file() for path in shown)


# --- The ledger ---------------------------------------------------------------


@each_notebook
def test_ledger_has_its_schema(name):
    stored = ledger(name)
    assert list(stored) == ["notebook", "parameters", "claims"]
    assert stored["notebook"] == name
    for row in stored["claims"]:
        more = [*claims.origin(row["source"])]
        assert [key for key in row if key not in ("undefined", *more)] == KEYS
        assert {key: row[key] for key in more} == claims.origin(row["source"])
        assert re.fullmatch(rf"{name[:2]}\.\d+[a-z]?", row["id"])
        assert all(row[key].strip() for key in ("statement", "measure", "source", "because"))
        assert row["role"] in ("claim", "check")
        assert all(type(row[key]) is float for key in ("predicted", "measured"))
        assert math.isfinite(row["predicted"]) and math.isfinite(row["measured"])
        assert (row["relation"] == "within") == (row["tolerance"] is not None)
        assert type(row["seeds"]) is int and row["seeds"] >= 1
        assert row["interval"] is None or row["interval"] == sorted(row["interval"])
        assert row["interval"] is None or len({*row["interval"]}) == 2
        assert type(row["control"]) is type(row["identity"]) is bool and row["verdict"] in VERDICTS


@each_notebook
def test_ledger_was_made_with_the_default_parameters(name):
    found = declared(source_path(ROOT, name).read_text(encoding="utf-8"))
    defaults = {key: parameter.default for key, parameter in found.items()}
    assert ledger(name)["parameters"] == defaults


@each_notebook
def test_verdicts_follow_from_their_rows(name):
    judged = ("predicted", "measured", "relation", "tolerance", "interval")
    for row in ledger(name)["claims"]:
        assert row["verdict"] == claims.verdict(**{key: row[key] for key in judged}), row["id"]


@each_notebook
def test_a_control_shows_the_failure(name):
    assert any(row["control"] for row in ledger(name)["claims"])


@each_notebook
def test_all_verdicts_are_shown_in_the_notebook(name):
    """Each row once, in its section, and the count at the end."""
    rows = ledger(name)["claims"]
    shown = [
        "".join(o.data["text/plain"])
        for o in stored_outputs(name)
        if "text/html" in o.get("data", {})
    ]
    assert shown[-1] == repr(claims.Conclusion(rows))
    assert all(sum(claims.table([row]) in text for text in shown) == 1 for row in rows)


@each_notebook
def test_claims_of_the_text_are_those_of_the_ledger(name):
    declared = claims.declared_claims(source_path(ROOT, name).read_text(encoding="utf-8"))
    found = {row["id"] for row in ledger(name)["claims"]}
    alone = {id for id in declared if not id.endswith("*")}
    assert alone <= found and len(found) >= len(declared)
    if len(alone) == len(declared):
        assert alone == found


@each_notebook
def test_rows_of_the_ledger_say_what_the_tables_say(name):
    """Criterion, source and sentence; of a family and of words for a number, what stands in the text."""
    declared = claims.declared_claims(source_path(ROOT, name).read_text(encoding="utf-8"))
    for row in ledger(name)["claims"]:
        if claim := declared.get(row["id"]):
            same = ("statement", "measure", "relation", "because", "source", "control", "identity")
            assert [row[key] for key in same] == [getattr(claim, key) for key in same], row["id"]
            for key in ("predicted", "tolerance"):
                if isinstance(getattr(claim, key), float):
                    assert row[key] == pytest.approx(getattr(claim, key), rel=1e-7), row["id"]
