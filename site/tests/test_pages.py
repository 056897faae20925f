"""The built site as files: links and anchors lead somewhere, nothing from outside, every row and notebook is there."""

import functools
import html
import json
import os
import re
import subprocess
import sys
import types
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
        assert f"{ledger['notebook']}.html" in parsed(HTML / "notebooks" / "index.html").links
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


def test_the_front_page_leaves_out_what_has_no_row():
    from stage import fields, front_failed, percent

    rows = {"10.1a": some_row(id="10.1a", measured=0.99991), "10.1b": some_row(id="10.1b")}
    assert fields("{10.1a:%} and {10.1b}", rows) == "99.99% and 0.75"
    assert [percent(v) for v in (0, 0.004, 0.396, 0.9999, 1)] == [
        "0%",
        "0.4%",
        "40%",
        "99.99%",
        "100%",
    ]
    book = types.SimpleNamespace(
        rows=rows | {"10.1a": rows["10.1a"] | {"verdict": "not reproduced"}}
    )
    links = types.SimpleNamespace(text=lambda text, where: text)
    text = "# claims\n# failed\n- a (10.1a)\n- b (10.1b)\n- c (10.9z)"
    assert front_failed(text, [book], links) == "- a (10.1a)"


def test_the_front_page_has_answer_claims_failures_and_paths():
    text = (HTML / "index.html").read_text(encoding="utf-8")
    assert 3 <= text.count('class="front-claim ') <= 5 and text.count('class="front-path ') == 3
    assert "minutes of reading" in text and "To know before" in text
    # The short answer leads to each of the claims it rests on.
    for number in range(1, 1 + text.count('class="front-claim ')):
        assert f'href="#argument-{number}"' in text and f'id="argument-{number}"' in text
    plain = re.sub(r"<[^>]*>", "", text)
    assert not re.search(r"[{}]\d\d\.|<<|>>", plain)


def test_the_site_fits():
    """A notebook may take so much: its page, its file, its figures, and its share of all else."""
    size = sum(p.stat().st_size for p in HTML.rglob("*") if p.is_file())
    assert size < 1.25e6 * len(list(ledgers()))


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

    there = run_page({"SITE_REPOSITORY": "https://github.com/a/suite.git"})
    assert there["clone"] == "git clone https://github.com/a/suite" and there["folder"] == "suite"
    assert "url = {https://github.com/a/suite}" in there["bibtex"]
    assert "mybinder.org/v2/gh/a/suite/HEAD" in there["browser"]
    assert "colab.research.google.com/github/a/suite/blob/HEAD/notebooks/" in there["browser"]
    assert "whl/cpu" in there["browser"] and "whl/cpu" in there["install"]
    assert "mybinder" not in run_page({"SITE_REPOSITORY": "https://example.org/a/suite"})["browser"]
    for bad in ({}, {"SITE_REPOSITORY": "javascript:alert(1)"}):
        assert "not known" in run_page(bad)["address"] and "url" not in run_page(bad)["bibtex"]
    text = re.sub(r"<[^>]*>", "", (HTML / "run.html").read_text(encoding="utf-8"))
    assert "make lab" in text and there["version"] in text and there["released"] in text


def test_a_downloaded_notebook_says_first_what_to_install():
    from stage import downloaded

    path = ROOT / "notebooks" / "32_balancedness.ipynb"
    text = path.read_text(encoding="utf-8")
    before, known = (
        json.loads(text),
        json.loads(downloaded(text, {"SITE_REPOSITORY": "https://github.com/a/suite"})),
    )
    assert "git+https://github.com/a/suite" in "".join(known["cells"][1]["source"])
    assert [c["id"] for c in known["cells"][2:]] == [c["id"] for c in before["cells"]]
    assert "%pip" not in "".join(json.loads(downloaded(text, {}))["cells"][1]["source"])
    here = json.loads((HTML / "_downloads" / path.name).read_text(encoding="utf-8"))
    assert here["cells"][0]["id"] == "how-to-run"


def test_a_published_site_has_its_addresses(tmp_path):
    """conf.py with SITE_URL on three small pages: canonical address, sitemap, social card, a 404 for any depth."""
    source, out = tmp_path / "source", tmp_path / "html"
    source.mkdir()
    for name in ("index", "404"):
        (source / f"{name}.md").write_text(
            f"---\norphan: true\n---\n# The page {name}\n", encoding="utf-8"
        )
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-c", ROOT / "site", source, out]
    paths = os.pathsep.join(p for p in sys.path if p.endswith("site-packages"))
    env = os.environ | {"SITE_URL": "https://example.org/suite/", "PYTHONPATH": paths}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (out / "index.html").read_text(encoding="utf-8")
    for words in (
        'rel="canonical" href="https://example.org/suite/index.html"',
        'property="og:url" content="https://example.org/suite/index.html"',
        'property="og:image" content="https://example.org/suite/_static/card.png"',
    ):
        assert words in text, words
    assert (out / "_static" / "card.png").exists()
    assert '<base href="https://example.org/suite/">' in (out / "404.html").read_text(
        encoding="utf-8"
    )
    sitemap = (out / "sitemap.xml").read_text(encoding="utf-8")
    assert "https://example.org/suite/index.html" in sitemap and "404" not in sitemap
    assert sitemap.count("/rows/") == sum(len(x["claims"]) for x in ledgers())
    assert not (HTML / "sitemap.xml").exists() or "SITE_URL" in os.environ


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


def test_a_row_is_one_card_on_its_notebook_and_at_its_own_address():
    from lib.suite import claims

    for ledger in ledgers():
        text = (HTML / "notebooks" / f"{ledger['notebook']}.html").read_text(encoding="utf-8")
        assert text.count('class="claim-row"') == len(ledger["claims"]), ledger["notebook"]
        assert "| holds if |" not in text and "<th>holds if" not in text
        for row in ledger["claims"]:
            own = HTML / "rows" / f"{row['id']}.html"
            said = html.unescape(re.sub(r"<[^>]*>", "", own.read_text(encoding="utf-8")))
            for words in (
                claims.criterion(row),
                claims.measurement(row),
                f"@misc{{row-{row['id']}",
            ):
                assert words in said, (row["id"], words)
        number = ledger["notebook"][:2]
        script = (HTML / "_static" / "rows" / f"{number}.js").read_text(encoding="utf-8")
        stored = json.loads(script.partition(" = ")[2].strip().removesuffix(";"))
        assert set(stored) == {row["id"] for row in ledger["claims"]}


def some_row(**changed):
    row = {
        "id": "32.3a",
        "role": "claim",
        "statement": "A start converges",
        "measure": "share",
        "source": "Ours",
        "predicted": 0.5,
        "measured": 0.75,
        "relation": ">=",
        "tolerance": None,
        "because": "ours",
        "seeds": 40,
        "interval": [0.7, 0.8],
        "control": False,
        "identity": False,
        "verdict": "reproduced",
    }
    return row | changed


def marks(row):
    """(left and right end of the region, ends of the interval, the dot) of a strip."""
    from rows import strip

    text = strip(row)
    x, width = re.search(r'class="region" x="([-\d.]+)" width="([-\d.]+)"', text).groups()
    line = re.search(r'd="M([-\d.]+) [-\d.]+H([-\d.]+)"', text)
    dot = float(re.search(r'cx="([-\d.]+)"', text)[1])
    return (
        (float(x), float(x) + float(width)),
        tuple(map(float, line.groups())) if line else None,
        dot,
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"relation": "<=", "predicted": 1e-12, "measured": 3e-16, "interval": None},
        {"relation": "<=", "predicted": 1e-12, "measured": 0.0, "interval": None},
        {"relation": "within", "predicted": -2.0, "tolerance": 0.5, "measured": -1.9, "interval": [-2.4, -1.6]},
        {"predicted": 1.0, "measured": 1.0, "interval": None},
        {"relation": "<=", "predicted": 0.0, "measured": 0.0, "interval": None},
        {"predicted": 2.0, "measured": 1e308, "interval": None},
        {"relation": "within", "predicted": 0.1, "tolerance": 0.0, "measured": 0.1, "interval": None},
    ],
)  # fmt: skip
def test_a_strip_shows_what_the_verdict_says(changed):
    """Reproduced: the dot and the whole interval lie in the region, and all in the frame."""
    (left, right), line, dot = marks(some_row(**changed))
    assert 0 <= left < right <= 160 and left - 0.2 <= dot <= right + 0.2
    assert line is None or left <= line[0] <= dot <= line[1] <= right


def test_a_strip_shows_what_was_not_reproduced():
    (left, _), line, dot = marks(
        some_row(measured=0.3, interval=[0.1, 0.6], verdict="not reproduced")
    )
    assert dot < left and line[0] < dot < left < line[1]
    from rows import strip

    assert strip(some_row(measured=None, interval=None, verdict="not measured")) == ""


def test_pips_are_the_seeds_one_by_one():
    from rows import commands, pips

    sweep = {"held": 2, "runs": 3, "seeds": [7, 8, 9], "failed": [8]}
    text = pips(sweep)
    assert "2 of 3" in text and 'class="held" d="M0 0h3v12h-3zM10 0' in text
    assert 'class="failed" d="M5 6' in text and pips(None) == ""
    assert "seed=8" in html.unescape(commands(sweep, "32_balancedness"))
    assert commands(sweep | {"failed": []}, "32_balancedness") == ""


def test_exercises_keep_their_answers_under_folds():
    from stage import exercises

    text = exercises(
        "Before.\n\n**Try.** `a = 1`: it\ngrows: twice. `b = 2` or `3`: none. Never.\n\nAfter."
    )
    assert text.startswith("Before.") and text.endswith("After.") and text.count("dropdown") == 2
    assert "- `a = 1`" in text and "it grows: twice." in text and "none. Never." in text
    assert exercises("No exercise.") == "No exercise."
    folds = 0
    for ledger in ledgers():
        page = (HTML / "notebooks" / f"{ledger['notebook']}.html").read_text(encoding="utf-8")
        folds += page.count("What happens")
    assert folds > 20


def test_formulas_are_spaced_as_in_tex():
    from formulas import THIN, mathml

    assert f"<mi>ln</mi>{THIN}<mi>x</mi>" in mathml(r"\ln x")
    assert f"<mn>2</mn>{THIN}<mi>cos</mi>" in mathml(r"2\cos x")
    assert THIN not in mathml(r"\ln(x)") and THIN not in mathml("x_1y")
    assert "<mo>&#x000B1;</mo>" in mathml(r"x\pm y") and "<mi>&#x0221E;</mi>" in mathml(r"\infty")
    for bars in (r"\Vert W\Vert", "a=|W|"):
        assert mathml(bars).count('stretchy="false" lspace="0" rspace="0">') == 2
    assert 'display="block"' in mathml("x", True) and 'alttext="a&lt;b"' in mathml("a<b")
    with pytest.raises(ValueError, match="nosuch"):
        mathml(r"\nosuch x")


def test_a_path_goes_on_where_a_notebook_ends():
    for path in json.loads((ROOT / "site" / "notebooks.json").read_text(encoding="utf-8"))["paths"]:
        mine = [next(HTML.glob(f"notebooks/{number}_*.html")) for number in path["notebooks"]]
        for place, (page, after) in enumerate(zip(mine, [*mine[1:], None], strict=True), 1):
            text = re.search(
                rf"On the path <b>{path['name']}</b> this is {place} of {len(mine)}\..*",
                page.read_text(encoding="utf-8"),
            )
            assert text and (after.name if after else "../index.html#where-to-begin") in text[0]


def test_a_small_picture_is_cut_before_the_label_of_the_next_panel(tmp_path):
    from pictures import gap
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (200, 50), "white")
    pen = ImageDraw.Draw(image)
    # words beside the first panel, then the next one's label and its numbers, as wide as they like
    for left, right in ((52, 80), (110, 120), (140, 170)):
        pen.rectangle((left, 5, right, 45), fill="black")
    assert 81 <= gap(image, 50, 190) <= 109
    assert gap(image, 52, 80) is None


def test_only_the_search_loads_its_index():
    for page in pages:
        assert ("searchindex.js" in "".join(parsed(page).loads)) == (page.name == "search.html"), (
            page
        )


def test_serve_packs_texts_and_keeps_pictures(tmp_path):
    import functools
    import gzip
    import http.server
    import threading
    import urllib.request

    from serve import Quiet

    (tmp_path / "index.html").write_text("<p>words</p>" * 100, encoding="utf-8")
    (tmp_path / "a.png").write_bytes(b"picture")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def got(name, **headers):
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
                return answer.headers["Content-Encoding"], answer.read()

        packing, data = got("", **{"Accept-Encoding": "gzip, br"})
        assert packing == "gzip" and len(data) < 200
        assert gzip.decompress(data) == (tmp_path / "index.html").read_bytes()
        assert got("") == (None, (tmp_path / "index.html").read_bytes())
        assert got("a.png", **{"Accept-Encoding": "gzip"}) == (None, b"picture")
        server.shutdown()
