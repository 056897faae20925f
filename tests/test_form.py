"""The form of a notebook: short cells, criteria in the text, verdicts under their figures."""

import ast
import re
from pathlib import Path
from statistics import median

import jupytext
import pytest

from lib.suite.claims import declared_claims
from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]
each_notebook = pytest.mark.parametrize("name", names(ROOT))


def text(name):
    return (ROOT / "notebooks" / "src" / f"{name}.py").read_text(encoding="utf-8")


def cells(name):
    return jupytext.reads(text(name), fmt="py:percent").cells


def code(name):
    """The code cells but for the parameters."""
    found = [c for c in cells(name) if c.cell_type == "code"]
    return [c for c in found if "parameters" not in c.metadata.get("tags", [])]


def lines(cell):
    return [line for line in cell.source.split("\n") if line.strip()]


def called(cell):
    """The dotted names of all calls of a cell: `ledger.judge`, `figures.save`, `print`."""
    return [
        ast.unparse(n.func) for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)
    ]


@each_notebook
def test_cells_are_short_and_lines_fit(name):
    sizes = [len(lines(cell)) for cell in code(name)]
    assert max(sizes) <= 20 and median(sizes) <= 8
    assert [line for cell in code(name) for line in lines(cell) if len(line) > 88] == []


@each_notebook
def test_a_sentence_stands_between_experiments(name):
    """No more than two code cells follow each other: a figure and its verdicts."""
    kinds = "".join(cell.cell_type[0] for cell in cells(name))
    assert "ccc" not in kinds


@each_notebook
def test_words_outweigh_code(name):
    prose = "\n".join(c.source for c in cells(name) if c.cell_type == "markdown")
    assert len(re.findall(r"\w+", prose)) >= 8 * sum(len(lines(cell)) for cell in code(name))


@each_notebook
def test_one_idea_a_cell(name):
    """A cell makes one figure, or judges, or experiments."""
    for cell in code(name):
        found = called(cell)
        assert found.count("figures.save") + found.count("ledger.judge") <= 1, cell.source


@each_notebook
def test_no_bookkeeping_in_cells(name):
    for cell in code(name):
        found = called(cell)
        assert not {"print", "claims.check", "check"} & {*found}, cell.source
        assert not [c for c in found if c.startswith("plt.")], cell.source
        functions = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef)]
        assert all(n.end_lineno - n.lineno < 12 for n in functions), "longer ones live in lib"


@each_notebook
def test_every_claim_is_judged_once_after_it_was_declared(name):
    """In the order of the page: the table with its criterion, then the cell that measures it."""
    announced, judged = set(), []
    for cell in cells(name):
        if cell.cell_type == "markdown":
            source = "\n".join(f"# {line}" for line in cell.source.split("\n"))
            announced |= {*declared_claims(source)}
            continue
        found = re.findall(r"[\"'](\d\d\.\d+[a-z]?\*?)[\"']", cell.source)
        assert {*found} <= announced
        judged += found
    assert judged == [*declared_claims(text(name))]


@each_notebook
def test_each_bound_says_why(name):
    assert all(claim.because and claim.source for claim in declared_claims(text(name)).values())


STATISTICS = {
    "largest", "smallest", "share", "mean", "median", "ratio", "slope", "correlation", "value"
}  # fmt: skip


def statistics_of(judge):
    """The expressions that a call of `judge` takes statistics from; a family holds one for each case."""
    for value in judge.args[0].values:
        if isinstance(value, ast.Dict):
            yield from value.values
        else:
            yield value.value if isinstance(value, ast.DictComp) else value


@each_notebook
def test_no_criterion_stands_in_code(name):
    """Bounds are read from the text: the cells that judge hold statistics only."""
    for cell in code(name):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ledger.judge":
                assert all(
                    ast.unparse(value.func) in STATISTICS for value in statistics_of(node)
                ), ast.unparse(node)


@each_notebook
def test_the_first_page_asks_answers_and_shows(name):
    first = cells(name)[0].source
    assert first.startswith("# ") and "**Question.**" in first and "**Answer.**" in first
    assert f"figures/{name}/verdict.svg" in first and len(re.findall(r"!\[", first)) == 2
