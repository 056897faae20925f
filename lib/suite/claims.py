"""A claim, what decides it, and its verdict: the Markdown tables of a notebook are the check.

Only the standard library is imported: a notebook's first line refuses bad parameters at once.
"""

import html
import itertools
import json
import math
import os
import re
import string
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

from lib.suite.output import (
    checkout,
    name_run,
    output_folder,
    read_json,
    write_json,
    write_text,
)
from lib.suite.parameters import Fault, check_value, declared, injected
from lib.suite.threads import settle

REPRODUCED = "reproduced"
PARTLY = "partly reproduced"
NOT_REPRODUCED = "not reproduced"
NOT_MEASURED = "not measured"  # no draw of this run defines the number
RELATIONS = ("<=", ">=", "within")
JUDGED = ("predicted", "measured", "relation", "tolerance", "interval")  # what makes a verdict


# --- One row -------------------------------------------------------------------------------------


def _holds(value, predicted, relation, tolerance):
    if relation == "<=":
        return value <= predicted
    if relation == ">=":
        return value >= predicted
    return abs(value - predicted) <= tolerance


def verdict(*, predicted, measured, relation, tolerance=None, interval=None):
    """Verdict of one row.

    The claim marks a region: measured <= predicted, measured >= predicted, or
    |measured - predicted| <= tolerance. `reproduced`: the measured number and, where there is one,
    its whole interval lie in the region. `partly reproduced`: the number does, the interval does
    not. `not reproduced`: the number does not. `not measured`: there is no number.

    Raises ValueError for an unknown relation, a tolerance that is missing or out of place, and
    numbers that are not finite.

    >>> verdict(predicted=1.0, measured=0.9, relation="<=", interval=[0.8, 1.1])
    'partly reproduced'
    """
    if relation not in RELATIONS:
        raise ValueError(f"relation must be one of {', '.join(RELATIONS)}, got {relation!r}")
    if (relation == "within") != (tolerance is not None):
        raise ValueError("tolerance belongs to the relation 'within' and to no other")
    if measured is None:
        return NOT_MEASURED
    if not all(math.isfinite(x) for x in (predicted, measured, *(interval or ()))):
        raise ValueError("predicted, measured and interval must be finite numbers")
    if not _holds(measured, predicted, relation, tolerance):
        return NOT_REPRODUCED
    if interval and not all(_holds(end, predicted, relation, tolerance) for end in interval):
        return PARTLY
    return REPRODUCED


def _rounded(value, digits):
    """`value` with `digits` significant digits; what overflowed becomes 1e308."""
    limit = 1e308
    return None if value is None else float(f"{min(max(float(value), -limit), limit):.{digits}g}")


def _row(claim, id, statement, measure, statistic, predicted, tolerance):
    """One row of the ledger.

    Numbers are rounded before the verdict is taken, so that the row itself proves its verdict.
    """
    digits = statistic.digits
    interval = statistic.interval and [_rounded(end, digits) for end in statistic.interval]
    if interval and (math.isnan(sum(interval)) or interval[0] == interval[1]):
        interval = None  # the number itself has overflowed, or the interval says nothing more
    row = {
        "id": id,
        "role": claim.role,
        "statement": statement,
        "measure": measure,
        "source": claim.source,
        **origin(claim.source),
        "predicted": _rounded(predicted, 8),
        "measured": _rounded(statistic.measured, digits),
        "relation": claim.relation,
        "tolerance": None if tolerance is None else float(tolerance),
        "because": claim.because,
        "seeds": int(statistic.seeds),
        "interval": interval,
        "control": claim.control,
        "identity": claim.identity,
    }
    if statistic.undefined:
        row["undefined"] = int(statistic.undefined)
    return row | {"verdict": verdict(**{key: row[key] for key in JUDGED})}


# --- Claims declared in the notebook's own prose -------------------------------------------------


class Claim(NamedTuple):
    """One line of a claims table: what is claimed (a sentence), what is measured, what decides.

    The bound is a number, or the word for a number that theory gives during the run. role: `check`
    for what stands under the heading Checks, else `claim`.
    """

    id: str
    statement: str
    relation: str
    predicted: float | str
    tolerance: float | str | None
    because: str
    source: str
    control: bool
    identity: bool
    measure: str
    role: str


def _number(text):
    """`1e-12` and `2/3` as floats; any other word stays a word."""
    top, _, bottom = text.strip().replace("−", "-").partition("/")
    try:
        return float(top) / float(bottom or 1)
    except ValueError:
        return text.strip()


def _criterion(text):
    """(what is measured, relation, predicted, tolerance) of the words that decide a claim.

    `share ≥ 0.95`, `largest ratio ≤ 1e-12`, `mean 2/3 ± 1/6`, `mean theory ± 0.1`: at the end a
    number, a fraction, or a word for a number that the notebook hands to `judge`.

    >>> _criterion("share ≥ 0.95"), _criterion("mean 1/2 ± 0.1")
    (('share', '>=', 0.95, None), ('mean', 'within', 0.5, 0.1))
    """
    found = re.fullmatch(r"(.*?)\s*(?:([≤≥])\s*(\S+)|(\S+)\s*±\s*(\S+))", text)
    if not found:
        raise ValueError(f"criterion {text!r} ends in none of `≤ a`, `≥ a`, `a ± b`")
    measure, sign, bound, middle, reach = found.groups()
    if sign:
        return measure, {"≤": "<=", "≥": ">="}[sign], _number(bound), None
    return measure, "within", _number(middle), _number(reach)


ORIGIN = re.compile(
    r"Ours|Ours, after .+ \((?:statement, |number, )?(?P<after>read|abstract|recalled)\)"
    r"|(?!Ours).+ \((?P<kind>statement|number), (?P<reading>read|abstract|recalled)\)"
)


def origin(source):
    """What a claim rests on, and how its paper is known: {"kind", "reading"}; {} for other words.

    kind: a `statement` or a `number` of a paper, or `ours`. reading: `read`, its `abstract` only, or
    `recalled`; None for what is ours alone.

    >>> origin("Arora et al. 2018, claim 4 (statement, read)")
    {'kind': 'statement', 'reading': 'read'}
    >>> origin("Ours, after Liang 2025 (abstract)"), origin("Ours"), origin("derived here")
    ({'kind': 'ours', 'reading': 'abstract'}, {'kind': 'ours', 'reading': None}, {})
    """
    found = ORIGIN.fullmatch(source)
    if not found:
        return {}
    return {"kind": found["kind"] or "ours", "reading": found["reading"] or found["after"]}


def declared_claims(source):
    """{id: Claim} of every claims table in the Markdown cells of a percent script, in order.

    A row reads `# | 32.1a | *control:* the claim | share ≥ 0.95 | why this bound | source |`.
    `22.3a*` declares a family, one claim for each case that is met: 22.3a, 22.3b, ...
    `*control:*` marks a failure that must be seen, `*identity:*` what is true by algebra alone.
    Rows under a heading `## Checks` (or `## 5. Checks`) are checks: premises, limits, cross-checks.
    Raises ValueError for an id given twice, a missing cell, a criterion that is none.
    """
    found, role = {}, "claim"
    for line in source.split("\n"):
        if line.startswith("# ## "):
            role = "check" if re.fullmatch(r"# ## (\d+\. )?Checks", line.rstrip()) else "claim"
        if not re.match(r"# \| \d\d\.\d+([a-z]\*?)? \|", line):
            continue
        cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line[2:])[1:-1]]
        if len(cells) != 5:
            raise ValueError(f"claim {cells[0]}: five cells are needed, there are {len(cells)}")
        id, statement, criterion, because, origin = cells
        if id.rstrip("*") in {known.rstrip("*") for known in found}:
            raise ValueError(f"claim {id} is declared twice")
        control = statement.startswith("*control:*")
        identity = statement.startswith("*identity:*")
        statement = re.sub(r"^\*(control|identity):\*\s*", "", statement)
        measure, *bounds = _criterion(criterion)
        found[id] = Claim(id, statement, *bounds, because, origin, control, identity, measure, role)
    return found


def percent(notebook):
    """A notebook (its JSON) as a percent script: as much of it as claims and parameters need."""
    parts = []
    for cell in notebook["cells"]:
        lines = "".join(cell["source"])
        tags = json.dumps(cell["metadata"].get("tags", []))
        if cell["cell_type"] == "markdown":
            parts += ["# %% [markdown]", re.sub("^", "# ", lines, flags=re.MULTILINE)]
        else:
            parts += [f"# %% tags={tags}", lines]
    return "\n".join([*parts, ""])


def notebook_source(name, namespace):
    """(file, text) of the notebook that is running: what the runner names, else the open notebook, else
    NAME.ipynb or another copy in the current folder, else the source in this checkout.

    Raises Fault where none of them is there.
    """
    candidates = [
        os.environ.get("CLAIMS_SOURCE"),
        namespace.get("__vsc_ipynb_file__"),
        os.environ.get("JPY_SESSION_NAME"),
        Path.cwd() / f"{name}.ipynb",
        *sorted(Path.cwd().glob("*.ipynb")),
        checkout() and checkout() / "notebooks" / "src" / f"{name}.py",
    ]
    for path in (Path(path) for path in candidates if path):
        if path.suffix in (".py", ".ipynb") and path.is_file():
            source = (
                percent(read_json(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")
            )
            if f'Ledger("{name}"' in source:
                return path, source
    raise Fault(f"{name}: its claims are read from {name}.ipynb, which is not in this folder")


def strange_cell(source, history, last):
    """The first code cell of a percent script that is not in `history` as it stands; "" if all are.

    Looked at are the cells as far as the one that holds `last`, and not the parameters.
    """
    ran = {cell.strip() for cell in history}
    for cell in re.split(r"^# %%", source, flags=re.MULTILINE)[1:]:
        head, _, code = cell.partition("\n")
        if "[markdown]" not in head and '"parameters"' not in head:
            if code.strip() and code.strip() not in ran:
                return code.strip().split("\n")[0]
            if last in code:
                break
    return ""


# --- How rows are shown --------------------------------------------------------------------------


def number(value):
    """A number as tables show it: four significant digits at most, or just below 1 two of the rest.

    >>> number(0.00012345), number(0.5), number(1e-14), number(0.999911)
    ('0.0001234', '0.5', '1e-14', '0.999911')
    """
    rest = 1 - value
    if 1e-12 < rest < 1e-3:
        return f"{value:.{1 - math.floor(math.log10(rest))}f}".rstrip("0")
    return f"{value:.4g}"


def region(row):
    """What a row claims: `≤ 0.5` or `2 ± 0.1`."""
    if row["relation"] == "within":
        return f"{number(row['predicted'])} ± {number(row['tolerance'])}"
    return f"{row['relation'].replace('<=', '≤').replace('>=', '≥')} {number(row['predicted'])}"


def criterion(row):
    """What decides a row, in words: `share that converges ≥ 0.95`."""
    return " ".join(filter(None, [row.get("measure"), region(row)]))


def cases(row):
    """How many cases stand behind the number: `22,500`; nothing where there is one."""
    return f"{row['seeds']:,}" if row["seeds"] > 1 else ""


def measurement(row):
    """What a row measured: `0.95 [0.888, 0.978]`, and how many cases left it undefined."""
    if row["measured"] is None:
        return "undefined"
    words = number(row["measured"])
    if row["interval"]:
        words += f" [{', '.join(number(end) for end in row['interval'])}]"
    return words + (f" ({row['undefined']:,} undefined)" if row.get("undefined") else "")


def kind(row):
    """`control`, `identity` or nothing."""
    return "control" if row["control"] else "identity" if row.get("identity") else ""


def counted(rows, role=None):
    """The rows that count, of one role or of both: an identity holds under every theory."""
    return [
        row for row in rows if not row.get("identity") and role in (None, row.get("role", "claim"))
    ]


def held(rows):
    """`7 of 8`: how many of some rows are reproduced."""
    return f"{sum(row['verdict'] == REPRODUCED for row in rows)} of {len(rows)}"


def table(rows):
    """Rows as plain text, a line each; what is claimed stands in the table above them."""
    lines = []
    for row in rows:
        label = f"{kind(row)}: " if kind(row) else ""
        words = [f"{row['id']:<6} {label}{criterion(row)}", f"measured {measurement(row)}"]
        words += [f"{cases(row)} cases"] * bool(cases(row)) + [row["verdict"].upper()]
        lines += textwrap.wrap(" | ".join(words), 96, subsequent_indent=" " * 7)
    return "\n".join(lines)


MARKS = {REPRODUCED: "✔", PARTLY: "◐", NOT_REPRODUCED: "✘", NOT_MEASURED: "–"}
COLOURS = {
    REPRODUCED: "#1a7f37",
    PARTLY: "#9a6700",
    NOT_REPRODUCED: "#cf222e",
    NOT_MEASURED: "#57606a",
}


def html_table(rows):
    """The rows as an HTML table: what decides, what was measured, in how many cases, the verdict."""
    left = 'style="text-align:left"'
    lines = [
        "<table>",
        f"<tr><th></th><th {left}>holds if</th><th {left}>measured</th>"
        f"<th>cases</th><th {left}>verdict</th></tr>",
    ]
    for row in rows:
        label = f"<em>{kind(row)}:</em> " if kind(row) else ""
        mark = f"{MARKS[row['verdict']]} {row['verdict']}"
        lines.append(
            f"<tr><td>{row['id']}</td>"
            f"<td {left}>{label}{html.escape(criterion(row), quote=False)}</td>"
            f"<td {left}><b>{measurement(row)}</b></td><td>{cases(row)}</td>"
            f'<td style="text-align:left;color:{COLOURS[row["verdict"]]};white-space:nowrap">'
            f"{mark}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])


def summary(rows):
    """`7 of 8 claims reproduced, 8 of 8 checks passed; not reproduced: 32.2a`; without identities."""
    claims, checks = counted(rows, "claim"), counted(rows, "check")
    words = [f"{held(claims)} claims reproduced"]
    words[0] += f", {held(checks)} checks passed" if checks else ""
    others = [row for row in counted(rows) if row["verdict"] != REPRODUCED]
    for found in dict.fromkeys(row["verdict"] for row in others):
        words.append(f"{found}: {', '.join(r['id'] for r in others if r['verdict'] == found)}")
    return "; ".join(words)


def badge(rows):
    """The summary as a small SVG: green if every row was reproduced, else amber."""
    text = f"published run: {summary(rows)}"
    good = all(row["verdict"] == REPRODUCED for row in counted(rows))
    width = 16 + round(6.3 * len(text))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" role="img" '
        f'aria-label="{text}"><rect width="{width}" height="22" rx="4" '
        f'fill="{COLOURS[REPRODUCED if good else PARTLY]}"/><text x="8" y="15" fill="white" '
        f'textLength="{width - 16}" font-family="Verdana,DejaVu Sans,sans-serif" '
        f'font-size="11">{text}</text></svg>\n'
    )


class Verdicts(list):
    """Rows of the ledger, shown as a table: HTML where there is a browser, else plain text."""

    def __repr__(self):
        return table(self)

    def _repr_html_(self):
        return html_table(self)


class Conclusion(Verdicts):
    """All rows at the end of a notebook, shown in one line: each has its verdict in its section.

    note: what else a reader should know, in a line of its own.
    """

    def __init__(self, rows, note=""):
        super().__init__(rows)
        self.note = note

    def __repr__(self):
        return "\n".join(filter(None, [summary(self), self.note]))

    def _repr_html_(self):
        return f"<b>{summary(self)}</b>" + f"<br>{html.escape(self.note)}" * bool(self.note)


# --- The ledger ----------------------------------------------------------------------------------


def checked_namespace(name, source, namespace):
    """{parameter: value} of a running notebook, each as its declaration wants it.

    A list that arrived as words (papermill's -p) becomes the list it spells. The namespace is given
    the checked values. Raises Fault for a value that is not allowed and a name that is not declared.
    """
    known = declared(source)
    for key in injected(namespace.get("In", ())):
        if key not in known:
            raise Fault(f"unknown parameter {key!r}; {name} has: {', '.join(known)}")
    for key in known:
        if key not in namespace:
            raise Fault(f"parameter {key} has no value: run the parameters cell first")
    found = {key: check_value(key, namespace[key], known[key]) for key in known}
    namespace.update(found)
    return found


def family_ids(family, declared):
    """The ids of the rows of `family`, without end: its own letter on to the next that is declared.

    A longer family (a parameter is a list of any length) goes on with a second letter:

    >>> list(itertools.islice(family_ids("22.3a*", ["22.3a*", "22.3d", "22.4b"]), 5))
    ['22.3a', '22.3b', '22.3c', '22.3aa', '22.3ab']
    """
    section, first = family[:-2], family[-2]
    taken = {id.rstrip("*")[-1] for id in declared if id.rstrip("*")[:-1] == section}
    after = [*string.ascii_lowercase[string.ascii_lowercase.index(first) + 1 :]]
    free = itertools.takewhile(lambda letter: letter not in taken, after)
    yield from (f"{section}{letter}" for letter in (first, *free))
    for length in itertools.count(1):
        for more in itertools.product(string.ascii_lowercase, repeat=length):
            yield f"{section}{first}{''.join(more)}"


class Ledger:
    """The claims that a notebook declares in its prose, and what its runs say about them.

    `Ledger("32_balancedness", globals())`, right after the parameters cell, reads and checks the
    declared parameters, and only those, and gives the process one thread. `judge` takes statistics, `conclude` writes the ledger.

    Raises Fault for a parameter that is not allowed or not declared and for criteria of another
    notebook than the one that runs, ValueError for claims tables that are none.
    """

    def __init__(self, notebook, namespace):
        settle()
        # A note from numpy to torch's developers, for every numpy function of a tensor.
        warnings.filterwarnings("ignore", "__array_wrap__", DeprecationWarning)
        self.notebook, self._namespace = notebook, namespace
        self.path, self._source = notebook_source(notebook, namespace)
        self.parameters = checked_namespace(notebook, self._source, namespace)
        self._check_cells("Ledger(")
        self.declared = declared_claims(self._source)
        self.judged = {}
        defaults = {key: found.default for key, found in declared(self._source).items()}
        name_run(notebook, self.parameters, defaults)

    def _check_cells(self, last):
        """Fault where the file with the criteria is not that of the cells that run (but under a runner)."""
        history = self._namespace.get("In")
        if history is None or os.environ.get("CLAIMS_SOURCE"):
            return
        if cell := strange_cell(self._source, history, last):
            raise Fault(
                f"{self.notebook}: the criteria are read from {self.path}, where the cell `{cell}` is "
                "not what ran here; save the notebook under that name and run all"
            )

    def judge(self, statistics, **theory):
        """The verdicts on some claims, as a table: {id: `largest(...)`, `share(...)`, ...}.

        A family, `"22.3a*"`, takes {case: statistic}. theory: the numbers behind the words in the
        criteria, for a family also {case: number}.
        Raises ValueError for a claim that is not declared or was judged before, and for a word
        without a number.
        """
        rows = Verdicts()
        for id, found in statistics.items():
            if id not in self.declared:
                raise ValueError(f"claim {id} is not declared in the notebook's text")
            if id in self.judged:
                raise ValueError(f"claim {id} was judged before")
            self.judged[id] = [*self._rows(self.declared[id], found, theory)]
            rows += self.judged[id]
        return rows

    def _rows(self, claim, found, theory):
        if not claim.id.endswith("*"):
            words = claim.statement, claim.measure
            yield _row(claim, claim.id, *words, found, *self._bounds(claim, None, theory))
            return
        if not isinstance(found, dict):
            raise ValueError(f"claim {claim.id} is a family: it takes {{case: statistic}}")
        for id, (case, one) in zip(
            family_ids(claim.id, self.declared), found.items(), strict=False
        ):
            words = (f"{case}: {text}" for text in (claim.statement, claim.measure))
            yield _row(claim, id, *words, one, *self._bounds(claim, case, theory))

    @staticmethod
    def _bounds(claim, case, theory):
        """(predicted, tolerance), words replaced by their numbers."""
        bounds = []
        for bound in (claim.predicted, claim.tolerance):
            if isinstance(bound, str):
                if bound not in theory:
                    raise ValueError(f"claim {claim.id}: judge(..., {bound}=...) is missing")
                bound = theory[bound]
                bound = bound[case] if isinstance(bound, dict) else bound
            bounds.append(None if bound is None else float(bound))
        return bounds

    def conclude(self, so_far=False):
        """Every declared claim was judged: write the ledger and the badge, return all rows.

        so_far: True where a run ends early: the claims that were judged are all there is.
        Raises ValueError for claims never judged.
        """
        missing = [id for id in self.declared if id not in self.judged]
        if missing and not so_far:
            raise ValueError(f"claims declared and never judged: {', '.join(missing)}")
        self._check_cells(".conclude(")
        rows = [row for id in self.declared for row in self.judged.get(id, [])]
        ledger = {"notebook": self.notebook, "parameters": self.parameters, "claims": rows}
        write_json(output_folder() / f"{self.notebook}.json", ledger)
        write_text(output_folder() / "figures" / "verdict.svg", badge(rows))
        where = f"criteria from {self.path}; results in {output_folder()}"
        return Conclusion(rows, "" if os.environ.get("CLAIMS_SOURCE") else where)
