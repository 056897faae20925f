"""references.bib parses and is what the notebooks cite: every entry closed, every key once, years and ids."""

import json
import re
import sys
from pathlib import Path

import pytest

from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]
BIB = (ROOT / "references.bib").read_text(encoding="utf-8")
sys.path.append(str(ROOT / "site"))
import tables  # noqa: E402  (how the site finds a work that is cited)

ARXIV = re.compile(r"\d\d(0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+/\d\d(0[1-9]|1[0-2])\d{3}")
DOI = re.compile(r"10\.\d{4,9}/[^\s)\]}]+")


def entries(text):
    """{key: body} of a BibTeX file, read brace by brace; ValueError where a brace is missing."""
    found, place = {}, 0
    for match in re.finditer(r"@(\w+)\{([^,\s]+),", text):
        if text[place : match.start()].strip():
            raise ValueError(
                f"before {match[2]}: an entry lacks its closing brace, or text is stray"
            )
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if depth or match[2] in found:
            raise ValueError(f"{match[2]}: no closing brace, or a key that is there already")
        found[match[2]], place = text[match.end() : end - 1], end
    return found


def test_every_entry_is_closed_and_has_author_title_year():
    found = entries(BIB)
    assert len(found) > 20
    for key, body in found.items():
        fields = {name.lower() for name in re.findall(r"^\s*(\w+)\s*=", body, re.MULTILINE)}
        assert {"author", "title", "year"} <= fields, key


@pytest.mark.parametrize("text", ["@a{k, x = {1}\n@a{l, x = {2}}", "@a{k, x = 1}\n@a{k, x = 2}"])
def test_a_missing_brace_and_a_key_twice_are_seen(text):
    with pytest.raises(ValueError):
        entries(text)


@pytest.mark.parametrize("path", ["NOTATION.md", "README.md", *names(ROOT)])
def test_tables_write_norms_as_words(path):
    """A table cell reads \\| as a plain bar: norms are written with \\Vert."""
    path = ROOT / path if path.endswith(".md") else ROOT / "notebooks" / "src" / f"{path}.py"
    rows = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"(# )?\|", line) and re.search(r"\$[^$]*\\\|[^$]*\$", line)
    ]
    assert rows == []


# --- Years and ids -------------------------------------------------------------------------------


def pages():
    """{path: text} of all that cites: sources of notebooks, pages of the site, README, NOTATION."""
    files = ["notebooks/src/*.py", "site/**/*.md", "*.md", "benchmarks/*.md", "lib/**/*.py"]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for pattern in files
        for path in sorted(ROOT.glob(pattern))
    }


@pytest.mark.parametrize("key, entry", tables.entries(BIB).items())
def test_a_year_is_that_of_the_work_and_its_ids_have_their_form(key, entry):
    if entry["year"] == "undated":
        return
    year = int(entry["year"])
    assert 1850 <= year <= 2026 and re.search(str(year), key)
    if "eprint" in entry:
        assert ARXIV.fullmatch(entry["eprint"])
        short = int(re.search(r"\d\d", entry["eprint"])[0])
        first = short + (1900 if short > 90 else 2000)
        assert first - 1 <= year <= first + 4, "arXiv's number says another year"
    if "doi" in entry:
        assert DOI.fullmatch(entry["doi"])


def test_every_work_named_with_its_year_is_in_the_references():
    papers = tables.Papers(ROOT / "references.bib")
    sources = {
        row["source"]
        for name in names(ROOT)
        for row in json.loads((ROOT / "results" / f"{name}.json").read_text("utf-8"))["claims"]
    }
    parts = {part.removeprefix("Ours, after ") for one in sources for part in one.split(";")}
    cited = [p for p in parts if re.search(r"[A-Z][a-z]\w* .*\b(18|19|20)\d\d\b", p)]
    assert len(cited) > 50 and [part for part in cited if not papers.key(part)] == []


def test_arxiv_and_doi_are_those_of_the_references():
    known = {entry.get("eprint") for entry in tables.entries(BIB).values()}
    dois = {entry.get("doi") for entry in tables.entries(BIB).values()}
    for path, text in pages().items():
        for shown, led in re.findall(r"\[arXiv:([^\]]+)\]\(https?://arxiv.org/abs/([^)]+)\)", text):
            assert shown == led, path
        for id in re.findall(r"(?:arXiv:|arxiv\.org/(?:abs|pdf)/)([\w./-]*\w)", text):
            assert id in known, (path, id)
        for id in DOI.findall(text):
            assert id in dois, (path, id)
