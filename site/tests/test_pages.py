"""The built site as files: links and anchors lead somewhere, nothing from outside, every row and notebook is there."""

import functools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from conftest import HTML, ROOT

pages = sorted(p for p in HTML.rglob("*.html") if "_static" not in p.parts)
pytestmark = pytest.mark.skipif(not pages, reason="not run: the site is not built (make site)")
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.ids, self.alts, self.repeated, self.meta = (
            [],
            [],
            set(),
            [],
            [],
            {},
        )
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if "id" in a:
            if a["id"] in self.ids:
                self.repeated.append(a["id"])
            self.ids.add(a["id"])
        if tag == "a" and a.get("href"):
            self.links.append(a["href"])
        if tag in LOADS and a.get(LOADS[tag]) and a.get("rel") != "canonical":
            self.loads.append(a[LOADS[tag]])
        if tag == "img":
            self.alts.append(a.get("alt"))
        if tag == "meta" and a.get("name"):
            self.meta[a["name"]] = a.get("content", "")


@functools.cache
def parsed(path):
    return Page(path)


def ledgers():
    found = [
        json.loads(p.read_text(encoding="utf-8"))
        for p in sorted((ROOT / "results").glob("[0-9][0-9]_*.json"))
    ]
    return [x for x in found if x["claims"] and "because" in x["claims"][0]]


def test_every_link_inside_leads_somewhere():
    missing = []
    for path in pages:
        for href in {*parsed(path).links, *parsed(path).loads}:
            parts = urlsplit(href)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                missing.append(f"{path.relative_to(HTML)}: {href}")
            elif (
                parts.fragment
                and target.suffix == ".html"
                and unquote(parts.fragment) not in parsed(target).ids
            ):
                missing.append(f"{path.relative_to(HTML)}: {href}")
    assert not missing, "\n".join(missing[:20])


def test_nothing_is_loaded_from_outside():
    assert not [u for p in pages for u in parsed(p).loads if urlsplit(u).netloc]
    css = "".join(p.read_text(encoding="utf-8") for p in HTML.rglob("*.css"))
    assert not re.findall(r"(?:url\(|@import\s)\s*['\"]?https?:[^)]*", css)


def test_images_have_words_ids_are_unique_pages_have_descriptions():
    assert all(alt for p in pages for alt in parsed(p).alts)
    assert not {p.name: parsed(p).repeated for p in pages if parsed(p).repeated}
    for p in pages:
        assert 20 < len(parsed(p).meta.get("description", "")) <= 160, p


def test_every_row_of_the_ledgers_is_on_its_page_and_in_the_table_of_all():
    whole = (HTML / "results.html").read_text(encoding="utf-8")
    for ledger in ledgers():
        page = HTML / "notebooks" / f"{ledger['notebook']}.html"
        for row in ledger["claims"]:
            assert f"claim-{row['id']}" in parsed(page).ids, row["id"]
            assert f'notebooks/{page.name}#claim-{row["id"]}"' in whole, row["id"]
        assert f"notebooks/{ledger['notebook']}.html" in " ".join(parsed(HTML / "index.html").links)
    assert whole.count("data-verdict=") == sum(len(x["claims"]) for x in ledgers())


def test_every_term_of_the_notation_is_an_entry():
    from stage import glossary

    terms = glossary((ROOT / "NOTATION.md").read_text(encoding="utf-8"))
    lines = [
        x
        for x in (ROOT / "NOTATION.md").read_text(encoding="utf-8").split("\n")
        if x.startswith("| ") and "| idea |" not in x
    ]
    assert sum(map(len, terms.values())) == len(lines) > 60
    shown = (HTML / "glossary.html").read_text(encoding="utf-8").count("<dt")
    assert shown >= len(terms)


def test_every_public_function_is_in_the_reference():
    from library import DOTTED, PATHS, ast

    for path in PATHS:
        ids = parsed(HTML / "library" / f"{path.stem}.html").ids
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert f"lib.{DOTTED[path.stem]}.{node.name}" in ids


def test_findings_name_rows_that_exist():
    """A finding whose rows are gone is left out of the front page: at least three must be there."""
    text = (HTML / "index.html").read_text(encoding="utf-8")
    surprises = text.split('id="what-surprised"')[1].split("</section>")[0]
    assert surprises.count("<li>") >= 3 and "{" not in re.sub(r"<[^>]*>|\\\(.*?\\\)", "", surprises)


def test_the_site_fits():
    assert sum(p.stat().st_size for p in HTML.rglob("*") if p.is_file()) < 40e6


def test_every_row_that_failed_is_on_the_page_of_what_was_not_reproduced():
    from lib.suite import claims

    text = (HTML / "missed.html").read_text(encoding="utf-8")
    failed = {
        row["id"]
        for ledger in ledgers()
        for row in claims.counted(ledger["claims"])
        if row["verdict"] != claims.REPRODUCED
    }
    named = set(
        re.findall(r'<li>\s*<p><a href="notebooks/\w+\.html#claim-(\d\d\.\d+[a-z]?)"', text)
    )
    assert named == failed
    assert "missed.html" in " ".join(parsed(HTML / "index.html").links)


def test_the_page_run_and_cite_knows_or_says_that_it_does_not():
    from stage import run_page

    there = run_page({"SITE_REPOSITORY": "https://example.org/a/suite"})
    assert there["clone"] == "git clone https://example.org/a/suite" and there["folder"] == "suite"
    assert "url = {https://example.org/a/suite}" in there["bibtex"]
    for bad in ({}, {"SITE_REPOSITORY": "javascript:alert(1)"}):
        assert "not known" in run_page(bad)["address"] and "url" not in run_page(bad)["bibtex"]
    text = re.sub(r"<[^>]*>", "", (HTML / "run.html").read_text(encoding="utf-8"))
    assert "make lab" in text and there["version"] in text and there["released"] in text


def test_statements_of_sources_become_tables():
    from stage import sources_page

    row = {"verdict": "reproduced"}
    one = {
        "id": "000.1",
        "source": "000",
        "statement": "a < b",
        "status": "measured",
        "rows": ["32.3a"],
        "note": "",
    }
    given = {"sources": {"000": "A title", "001": "No statement"}, "statements": [one]}
    text = sources_page(given, {"32.3a": row}, {"32": "32_balancedness"})
    assert "## A title" in text and "a &lt; b" in text and "No statement" not in text
    assert "notebooks/32_balancedness.html#claim-32.3a" in text
    for wrong in ({"status": "perhaps"}, {"rows": ["99.9z"]}):
        with pytest.raises(ValueError, match=r"000\.1"):
            sources_page(given | {"statements": [one | wrong]}, {"32.3a": row}, {})
    assert (HTML / "sources.html").exists() == (ROOT / "sources.yaml").exists()


def test_notebooks_lead_to_how_their_criteria_changed():
    numbers = re.findall(r"^## (\d\d) ", (ROOT / "CRITERIA.md").read_text(encoding="utf-8"), re.M)
    assert numbers and all(f"criteria-{n}" in parsed(HTML / "criteria.html").ids for n in numbers)
    for ledger in ledgers():
        links = parsed(HTML / "notebooks" / f"{ledger['notebook']}.html").links
        number = ledger["notebook"][:2]
        assert (f"../criteria.html#criteria-{number}" in links) == (number in numbers)


def test_the_list_of_notebooks_has_families_and_verdicts():
    text = (HTML / "notebooks" / "index.html").read_text(encoding="utf-8")
    assert (
        text.count("card-number")
        == len(ledgers())
        == len(re.findall(r"\d+ of \d+ reproduced", text))
    )


@pytest.mark.parametrize("port", ["abc", "99999", "-1"])
def test_serve_refuses_a_bad_port_in_one_line(port):
    done = subprocess.run(
        [sys.executable, ROOT / "site" / "serve.py", port],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode and done.stderr.count("\n") == 1 and "PORT" in done.stderr


def test_a_criterion_stands_under_a_fold_and_on_its_verdict():
    for ledger in ledgers():
        text = (HTML / "notebooks" / f"{ledger['notebook']}.html").read_text(encoding="utf-8")
        folds = len(re.findall(r"Fixed before the run: \d+ row", text))
        assert folds == len(re.findall(r'<table class="criteria', text)) > 0, ledger["notebook"]
        assert text.count('data-label="holds if"') >= len(ledger["claims"])
