"""The form of a notebook: a lecture whose code can be read.

What is measured is what a reader meets: names to hold in mind, cells that show something, a model in
plain Python on the page, few claims with their numbers, short answers. Not: words for each line of code.
"""

import ast
import re
from pathlib import Path
from statistics import median

import jupytext
import nbformat
import pytest

from lib.suite.claims import declared_claims, origin
from lib.suite.report import neighbours
from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]


def text(name):
    return (ROOT / "notebooks" / "src" / f"{name}.py").read_text(encoding="utf-8")


NAMES = names(ROOT)
LECTURES = [name for name in NAMES if "\n# ## The model in" in text(name)]
each_notebook = pytest.mark.parametrize("name", NAMES)
each_lecture = pytest.mark.parametrize("name", LECTURES)


def test_every_notebook_is_a_lecture():
    assert LECTURES == NAMES


def cells(name):
    return jupytext.reads(text(name), fmt="py:percent").cells


def is_parameters(cell):
    return "parameters" in cell.metadata.get("tags", [])


def code(name):
    """The code cells but for the parameters."""
    return [c for c in cells(name) if c.cell_type == "code" and not is_parameters(c)]


def lines(cell):
    return [line for line in cell.source.split("\n") if line.strip()]


def words(markdown):
    """The words of a text, a formula being one; the address of a link is none."""
    plain = re.sub(r"\$[^$]*\$", "formula", re.sub(r"\]\([^)]*\)", "", markdown))
    return [word for word in plain.split() if re.search(r"\w", word)]


def called(cell):
    """The dotted names of all calls of a cell: `ledger.judge`, `figures.save`, `print`."""
    return [
        ast.unparse(n.func) for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)
    ]


def bound(cell):
    """The names that a cell binds at its top level, outside functions and comprehensions."""
    found = set()
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.With):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.comprehension)]
            local = {n.id for c in inner for n in ast.walk(c.target) if isinstance(n, ast.Name)}
            stored = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            found |= {n.id for n in stored if isinstance(n.ctx, ast.Store)} - local
    return found - {"_"}


def section(name):
    """{id: number of the section that its table stands in}."""
    number, found = None, {}
    for line in text(name).split("\n"):
        if heading := re.match(r"# ## (?:(\d+)\. )?", line):
            number = heading[1]
        if row := re.match(r"# \| (\d\d\.\d+[a-z]?\*?) \|", line):
            found[row[1]] = number
    return found


# --- What can be read --------------------------------------------------------------------------------


@each_notebook
def test_cells_are_short_and_lines_fit(name):
    sizes = [len(lines(cell)) for cell in code(name)]
    assert max(sizes) <= 20 and median(sizes) <= 8
    assert [line for cell in code(name) for line in lines(cell) if len(line) > 88] == []


@each_lecture
def test_a_reader_holds_forty_names_at_most(name):
    found = set().union(*(bound(c) for c in cells(name) if c.cell_type == "code"))
    assert len(found) <= 40, sorted(found)


FIGURE = {"fig", "ax", "axes", "left", "right", "words"}  # each figure has its own


@each_lecture
def test_a_name_means_one_thing(name):
    found = [one for cell in code(name) for one in bound(cell) - FIGURE]
    assert sorted({one for one in found if found.count(one) > 1}) == []


@each_lecture
def test_most_cells_show_what_they_found(name):
    stored = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    found = [c for c in stored.cells if c.cell_type == "code" and not is_parameters(c)]
    assert sum(bool(cell.outputs) for cell in found) >= 0.7 * len(found)


@each_lecture
def test_the_model_stands_on_the_page_in_plain_python(name):
    """Above the parameters: functions for one seed and what they give, without lib."""
    above = []
    for cell in cells(name):
        if is_parameters(cell):
            break
        above += [cell] if cell.cell_type == "code" else []
    nodes = [node for cell in above for node in ast.walk(ast.parse(cell.source))]
    modules = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    modules |= {one.name for n in nodes if isinstance(n, ast.Import) for one in n.names}
    assert modules <= {"math", "random", "itertools", "numpy"}
    assert any(isinstance(node, ast.FunctionDef) for node in nodes)
    assert sum(isinstance(ast.parse(c.source).body[-1], ast.Expr) for c in above) >= 2


@each_notebook
def test_a_sentence_stands_between_experiments(name):
    """No more than two code cells follow each other: a figure and its verdicts."""
    kinds = "".join(cell.cell_type[0] for cell in cells(name))
    assert "ccc" not in kinds


ONE_A_CELL = ("figures.save", "figures.curves", "figures.regions", "ledger.judge")


@each_notebook
def test_one_idea_a_cell(name):
    """A cell makes one figure, or judges, or experiments."""
    for cell in code(name):
        found = called(cell)
        assert sum(found.count(one) for one in ONE_A_CELL) <= 1, cell.source


@each_notebook
def test_no_bookkeeping_in_cells(name):
    for cell in code(name):
        found = called(cell)
        assert not {"print", "claims.check", "check"} & {*found}, cell.source
        assert not [c for c in found if c.startswith("plt.")], cell.source
        functions = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.FunctionDef)]
        assert all(n.end_lineno - n.lineno < 12 for n in functions), "longer ones live in lib"


# --- What is claimed ---------------------------------------------------------------------------------


@each_lecture
def test_few_claims_and_the_rest_are_checks(name):
    """At most eight claims, three or four to a section; checks stand in the last one."""
    claims = declared_claims(text(name))
    main = [section(name)[id] for id, claim in claims.items() if claim.role == "claim"]
    assert 1 <= len(main) <= 8 and 3 <= len({*main}) <= 5
    assert max(main.count(number) for number in main) <= 4
    assert [claim.role for claim in claims.values()] == sorted(
        (claim.role for claim in claims.values()), reverse=True
    )


@each_lecture
def test_ids_are_the_sections_and_letters_of_the_page(name):
    found = section(name)
    assert all(id.split(".")[1].rstrip("*")[:-1] == number for id, number in found.items())
    for number in {*found.values()}:
        letters = [id.rstrip("*")[-1] for id, place in found.items() if place == number]
        assert letters == sorted(letters) and letters[0] == "a"
        if not any("*" in id for id in found):
            assert letters == [*"abcdefghijklmnopqrstuvwxyz"[: len(letters)]]


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


@each_lecture
def test_each_row_is_a_sentence_and_each_bound_says_why(name):
    for id, claim in declared_claims(text(name)).items():
        assert (
            len(words(claim.statement)) >= 5 and claim.statement[0].upper() == claim.statement[0]
        ), id
        assert not re.match(r"(And|The same|Its|The others)\b", claim.statement), id
        assert claim.measure and claim.source and len(words(claim.because)) >= 3, id


@each_lecture
def test_each_source_says_what_the_paper_says_and_how_it_is_known(name):
    """`Arora et al. 2018, claim 4 (statement, read)`, `Ours`, or `Ours, after Liang 2025 (abstract)`."""
    sources = [claim.source for claim in declared_claims(text(name)).values()]
    assert [source for source in sources if not origin(source)] == []


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


# --- The first page ----------------------------------------------------------------------------------


@each_lecture
def test_the_first_page_asks_answers_and_shows(name):
    first = cells(name)[0].source
    title, answer = first.split("\n")[0], re.search(r"\*\*Answer\.\*\*(.*?)\n\n", first, re.S)[1]
    assert first.startswith("# ") and "**Question.**" in first
    assert len(words(title)) <= 12 and len(words(answer)) <= 45
    assert len(re.findall(r"\d[\d,.]*", re.sub(r"\$[^$]*\$", "", answer))) <= 3
    assert f"figures/{name}/verdict.svg" in first and len(re.findall(r"!\[", first)) == 2


@each_lecture
def test_the_first_page_ends_with_the_way_on(name):
    """Written by `make figures`."""
    assert cells(name)[0].source.split("\n")[-1] == neighbours(NAMES, name)


@each_lecture
def test_the_page_keeps_no_diary(name):
    """Tables apart, whose source column says what was recalled."""
    prose = [c.source for c in cells(name) if c.cell_type == "markdown"]
    lines = [line for text in prose for line in text.split("\n") if not line.startswith("|")]
    assert re.findall(r"\b(?:pilots?|recalled|draws)\b", "\n".join(lines)) == []
