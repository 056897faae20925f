"""Numbers in prose are numbers of the ledger, the outputs or the parameters of the notebook they speak of.

Looked at: each Answer and the caption of its key figure, what README says was found, the front page of the
site. A number agrees where one that is stored rounds to it: 0.02 and 0.0204 are both 2%.
"""

import html
import json
import re
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import pytest

from lib.suite import agreement
from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]
NAMES = names(ROOT)
NOT_NUMBERS = re.compile(
    r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)|\{[^}]*\}"  # formulas, code, addresses, what is filled in
    r"|\b\d\d\.\d+[a-z]*\b|\b(?:1[89]|20)\d\d\b"  # ids of rows, years
    r"|\b(?:[Nn]otebooks?|claims?|lemmas?|[Tt]heorems?|figures?|sections?|chapters?) \d+(?: (?:and|to) \d+)?"
    r"|95% interval|\[\d\d\b"
)
NUMBER = r"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:e-?\d+)?(?![\w])"
SPOKEN = re.compile(
    rf"(?P<part>{NUMBER}) of (?P<whole>{NUMBER})|(?P<one>{NUMBER})(?P<percent> ?%)?"
)
# What no notebook stores today, in the order of the text, with the reason. Nothing that is stored may stand here.
ALLOWED = {}


def text(name):
    return (ROOT / "notebooks" / "src" / f"{name}.py").read_text(encoding="utf-8")


LECTURES = [name for name in NAMES if "\n# ## The model in" in text(name)]


def value(spelled):
    return float(spelled.replace(",", ""))


def flat(values):
    for one in values:
        if isinstance(one, list):
            yield from flat(one)
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield float(one)


@cache
def rows(name):
    return json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))["claims"]


@cache
def shown(name):
    """What the outputs of a notebook show, in words: no markup, no description of a figure."""
    stored = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    found = []
    for output in (o for c in stored.cells if c.cell_type == "code" for o in c.outputs):
        data = {"text/plain": output.get("text", ""), **output.get("data", {})}
        if "image/png" not in data:
            found.append(html.unescape(re.sub(r"<[^>]*>", " ", data.get("text/html", ""))))
            found.append(data["text/plain"])
    return "\n".join(found)


@cache
def stored(name):
    """All numbers that a notebook stores."""
    ledger = json.loads((ROOT / "results" / f"{name}.json").read_text(encoding="utf-8"))
    keys = ("measured", "predicted", "tolerance", "interval", "seeds")
    found = [*flat(ledger["parameters"].values())]
    found += flat([row[key] for row in rows(name) for key in keys])
    found += [value(number) for number in re.findall(NUMBER, shown(name).replace("−", "-"))]
    return sorted({abs(x) for x in found})


def rounds(x, spelled, factor=1):
    """Whether a number that is stored rounds to one that is written."""
    decimals = len(spelled.partition(".")[2].partition("e")[0])
    exponent = int(spelled.partition("e")[2] or 0)
    return abs(factor * x - value(spelled)) <= 0.5001 * 10.0 ** (exponent - decimals)


def is_part(name, part, whole):
    """Whether some row counted `part` of `whole` cases, or an output says so."""
    n, k = value(whole), value(part)
    counts = [m for row in rows(name) if row["seeds"] == n for m in [row["measured"]]]
    alike = any(round(abs(x)) == k for m in counts for x in (m, m * n, (1 - m) * n))
    return alike or re.search(rf"(?<![\d,.]){part} ?(?:of|/) ?{whole}(?![\d,])", shown(name))


@cache
def measured(name):
    """What a headline may say of a notebook as a share: what its rows have measured."""
    return [abs(row["measured"]) for row in rows(name) if row["measured"] is not None]


def unfound(prose, notebooks, shares=None):
    """The numbers of a text that none of the notebooks stores.

    shares: what gives the numbers that may stand there in percent (default: all, and what is missing to 1).
    """
    missing = []
    for match in SPOKEN.finditer(NOT_NUMBERS.sub(" ", prose)):
        part, whole, one = match.group("part", "whole", "one")
        if part:
            good = any(is_part(name, part, whole) for name in notebooks)
        elif match["percent"]:
            found = [x for n in notebooks for x in (shares or stored)(n)]
            found += [] if shares else [1 - x for x in found]
            good = any(rounds(x, one, 100) for x in found)
        else:
            good = any(rounds(x, one) for n in notebooks for x in stored(n))
        if not good:
            missing.append(match[0])
    return missing


def first_page(name):
    """The Answer and the caption of the key figure."""
    first = jupytext.reads(text(name), fmt="py:percent").cells[0].source
    answer = re.search(r"\*\*Answer\.\*\*(.*?)\n\n", first, re.S)[1]
    caption = re.search(r"!\[[^\]]*\]\([^)]*\)\s*\n\n(.*?)\n\n\*", first.split(answer)[1], re.S)
    return f"{answer}\n{caption[1] if caption else ''}"


@pytest.mark.parametrize("name", LECTURES)
def test_numbers_of_the_first_page_are_stored(name):
    assert unfound(first_page(name), [name]) == ALLOWED.get(name, [])


def named(prose):
    """The notebooks that a text leads to, or whose rows it names."""
    numbers = re.findall(r"notebooks/(\d\d)_|\b(\d\d)\.\d+[a-z]|[Nn]otebooks? (\d\d)\b", prose)
    return [name for name in NAMES if name[:2] in {n for found in numbers for n in found if n}]


def passages(path):
    """The points and captions of a page, each with what it says."""
    before = (ROOT / path).read_text(encoding="utf-8")
    for passage in re.split(r"\n(?=- |\n)", before.replace("\n\n", "\n\n\n")):
        if passage.strip().startswith(("- ", "*")) and named(passage):
            yield passage.strip()


def statements(passage):
    """(text, the notebooks that the brackets after it name) for each part of a passage."""
    place, found = 0, []
    for brackets in re.finditer(r"\((?:[^()]|\([^()]*\))*\)", passage):
        if named(brackets[0]):
            found.append((passage[place : brackets.start()], named(brackets[0])))
            place = brackets.end()
    return [*found, (passage[place:], found[-1][1] if found else named(passage))]


@pytest.mark.parametrize("path", ["README.md", "site/front.md"])
def test_numbers_of_what_was_found_are_stored(path):
    """In the README a share in percent is one that a row has measured."""
    shares = measured if path == "README.md" else None
    parts = [part for passage in passages(path) for part in statements(passage)]
    missing = [(one, text) for text, where in parts for one in unfound(text, where, shares)]
    assert [one for one, _ in missing] == ALLOWED.get(path, []), missing


def test_tolerances_in_the_readme_are_those_of_the_code():
    words = (ROOT / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"numbers to {agreement.NEAR:.0%}" in words
    assert f"figures to {agreement.POINTS:g} points and 99% of their coordinates to half a" in words
    assert agreement.CLEARLY == 0.5


@pytest.mark.parametrize(
    ("prose", "missing"),
    [
        ("a share of 2% of the starts", []),
        ("a share of 0.019", []),
        ("in 3 of 40 runs", []),
        ("in 37 of 40 runs", []),
        ("in 4 of 40 runs", ["4 of 40"]),
        ("a share of 3%, at 1,000 spins (22.4d, lemma 17, 2013)", ["3%"]),
        ("a slope of 0.18", ["0.18"]),
    ],
)
def test_numbers_that_are_not_stored_are_named(monkeypatch, prose, missing):
    row = {"seeds": 40, "measured": 0.075, "predicted": 0.019, "interval": None, "tolerance": None}
    monkeypatch.setattr(f"{__name__}.rows", lambda name: [row])
    monkeypatch.setattr(f"{__name__}.shown", lambda name: "")
    monkeypatch.setattr(f"{__name__}.stored", lambda name: [0.019, 0.075, 40, 1000])
    assert unfound(prose, ["22_x"]) == missing
