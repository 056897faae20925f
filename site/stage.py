"""Make build/site/source, what Sphinx reads, from what is committed: notebooks, ledgers, lib, notation.

Nothing is run: the standard library and nbformat are enough.
"""

import ast
import json
import os
import re
import sys
from pathlib import Path

import nbformat

SITE = Path(__file__).resolve().parent
sys.path.insert(0, str(SITE))

import library  # noqa: E402
import tables  # noqa: E402
from tables import ROOT, claims, esc, row_html, short_badge, table, tally  # noqa: E402

FAMILIES = json.loads((ROOT / "notebooks" / "families.json").read_text(encoding="utf-8"))
# Figure and panel for a card where the key figure's first panel does not speak for the notebook.
THUMBS = {"37_acceleration": ("gain", 1), "45_discrete_stages": ("order", 1)}
FILLED = (
    "failure_map",
    "stripes",
)  # areas of colour: the dark page dims them and does not turn them
PLAY = {
    "12": "peak",
    "25": "saddles",
    "32": "edge",
    "33": "trap",
    "22": "bands",
    "41": "staircase",
    "43": "staircase",
    "45": "staircase",
    "35": "depth",
    "11": "noise",
}


CITED = ROOT / "CITATION.cff"


def write(path, text):
    """Only what changed, so that a second build reads only that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def read(path):
    return path.read_text(encoding="utf-8")


def criteria(text):
    """CRITERIA.md with an anchor at the heading of each notebook."""
    return re.sub(r"^(## (\d\d) )", r"(criteria-\2)=\n\1", text, flags=re.M)


CRITERIA = criteria(read(ROOT / "CRITERIA.md")) if (ROOT / "CRITERIA.md").exists() else ""


# --- words ---------------------------------------------------------------------------------------


class Links:
    """Turns what notebooks say of each other, of rows and of papers into links."""

    def __init__(self, ledgers, papers):
        self.pages = {x["notebook"][:2]: x["notebook"] for x in ledgers}
        self.rows = {row["id"]: x["notebook"] for x in ledgers for row in x["claims"]}
        self.papers = papers
        self.arxiv = {e["eprint"]: key for key, e in papers.entries.items() if "eprint" in e}

    def text(self, text, own="", where=""):
        """Markdown with links; `own` is the notebook it stands in, `where` the way to notebooks/."""

        def notebook(match):
            name = self.pages.get(match[2])
            return (
                match[0] if name in (None, own) else f"[{match[1]} {match[2]}]({where}{name}.ipynb)"
            )

        def row(match):
            name = self.rows.get(match[0])
            if name is None:
                return match[0]
            page = "" if name == own else f"{where}{name}.html"
            return f'<a href="{page}#claim-{match[0]}">{match[0]}</a>'

        def arxiv(match):
            key = self.arxiv.get(match[1])
            return match[0] + (f" {{cite}}`{key}`" if key else "")

        # Formulas, code, links and images stay as they are.
        parts = re.split(
            r"(\$\$.*?\$\$|\$[^$\n]*\$|```.*?```|`[^`]*`|!?\[[^\]]*\]\([^)]*\))", text, flags=re.S
        )
        for i, part in enumerate(parts):
            if i % 2 == 0:
                part = re.sub(r"\b([Nn]otebook) (\d\d)\b", notebook, part)
                halves = re.split(r"(\[[^\]]*\]\([^)]*\))", part)
                halves[::2] = [
                    re.sub(r"(?<![\w.])\d\d\.\d+[a-z]?(?![\w.]*\w)", row, half)
                    for half in halves[::2]
                ]
                parts[i] = "".join(halves)
            else:
                parts[i] = re.sub(r"^\[arXiv:([\d.]+)\]\([^)]*\)$", arxiv, part)
        return "".join(parts)


def words_of(markdown):
    """Markdown as plain words, for descriptions and titles of links."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", markdown)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\\(sigma|eta|lambda|delta)_?\b", r"\1", text)
    text = re.sub(r"\\[a-zA-Z]+\s?|[*`$^{}]", "", text)
    return re.sub(r"\s+", " ", text).strip()


def answer(notebook):
    """The words after **Answer.** in the first cell."""
    found = re.search(r"\*\*Answer\.\*\*\s*(.*?)(?:\n\n|$)", notebook.cells[0].source, re.S)
    return found[1] if found else ""


# --- figures -------------------------------------------------------------------------------------


def key_figure(name, first_cell):
    """(name, alternative text) of the figure on the first screen."""
    for alt, figure in re.findall(rf"!\[([^\]]*)\]\(\.\./figures/{name}/(\w+)\.svg\)", first_cell):
        if figure != "verdict":
            return figure, alt
    raise ValueError(f"{name}: its first cell shows no figure")


def one_panel(svg, panel):
    """The figure cut down to one of its panels with its labels: what a card has room for."""
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    boxes = re.findall(
        r'<g id="[^"]*axes_\d+">\s*<g id="[^"]*">\s*<path d="M ([\d.]+) ([\d.]+)\s*L ([\d.]+) [\d.]+\s*L [\d.]+ ([\d.]+)',
        svg,
    )
    width, height = float(view[1]), float(view[2])
    boxes = sorted({tuple(map(float, box)) for box in boxes})
    if len(boxes) < 2:
        return svg
    left, bottom, right, top = boxes[panel - 1]
    start = 0.0 if panel == 1 else (boxes[panel - 2][2] + left) / 2 - 8
    stop = width if panel == len(boxes) else min(right + 8, boxes[panel][0] - 8)
    high, low = max(0.0, top - 22), min(height, bottom + 42)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"( [^>]*?)?height="[^"]*"', r"\1\2", svg, count=1)
    return svg.replace(view[0], f'viewBox="{start:g} {high:g} {stop - start:g} {low - high:g}"', 1)


# --- notebooks -----------------------------------------------------------------------------------


def name_of_figure(cell):
    """Name under which a cell saves its figure, or ""."""
    found = re.search(r'figures\.(?:save\(\w+,|curves\(|regions\()\s*"(\w+)"', cell.source)
    return found[1] if found else ""


def fold_name(cell):
    """What the fold over a cell's code says."""
    if name_of_figure(cell):
        return f"code of the figure “{name_of_figure(cell).replace('_', ' ')}”"
    return "set-up: imports and the ledger"


def folded_criteria(match):
    """A table of criteria under a fold: each verdict below says its criterion, bound and source again."""
    lines = match[0].rstrip("\n").split("\n")
    ids = re.findall(r"^\| (\d\d\.\d+[a-z]?) \|", match[0], re.M)
    if "| holds if |" not in lines[0] or not ids:
        return match[0]
    lines[0] = re.sub(r"^\|\s*\|", "| row |", lines[0])
    count = "1 row" if len(ids) == 1 else f"{len(ids)} rows"
    return (
        f":::{{dropdown}} Fixed before the run: {count}\n{{.criteria}}\n"
        + "\n".join(lines)
        + "\n:::\n"
    )


def judged(cell):
    """Ids of the rows in a cell's verdict table, in order."""
    found = [o.get("data", {}).get("text/html", "") for o in cell.outputs]
    return re.findall(r"<tr><td>(\d\d\.\d+[a-z]?)</td>", "".join(found))


def raw(text):
    return f"```{{raw}} html\n{text}\n```"


def staged_notebook(ledger, links, papers):
    """The notebook as the site shows it, its description, and the (figure, alt) of its first screen."""
    name = ledger["notebook"]
    nb = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
    number, rows = name[:2], {row["id"]: row for row in ledger["claims"]}
    key, description = key_figure(name, nb.cells[0].source), words_of(answer(nb))
    cells, placed = [], set()

    def verdicts(ids, caption):
        ids = [id for id in ids if id in rows and id not in placed]
        placed.update(ids)
        made = [row_html(rows[id], papers, page="", here=True, notebook=number) for id in ids]
        return raw(table(made, caption))

    for position, cell in enumerate(nb.cells):
        cell.pop("attachments", None)
        cells.append(cell)
        if cell.cell_type == "markdown":
            text = re.sub(r"!\[verdict\]\([^)]*\)\n*", "", cell.source)
            text = text.replace("](../NOTATION.md)", "](../glossary.md)")
            text = re.sub(r"(?:^\|[^\n]*(?:\n|\Z))+", folded_criteria, text, flags=re.M)
            cell.source = links.text(text, own=name)
            if position == 0:
                cell.source = with_summary(cell.source, ledger)
            continue
        tags = cell.metadata.setdefault("tags", [])
        if "hide-input" in tags:
            cell.metadata["mystnb"] = {
                "code_prompt_show": f"Show the {fold_name(cell)}",
                "code_prompt_hide": f"Hide the {fold_name(cell)}",
            }
        for output in cell.outputs:
            image = output.get("metadata", {}).get("image/png")
            if image:
                cell.metadata.setdefault("mystnb", {})["image"] = {
                    "alt": image["alt"],
                    "width": f"{image['width']}px",
                    "classes": "filled" if name_of_figure(cell) in FILLED else "plot",
                }
        if re.search(r"\bledger\.judge\(", cell.source):
            ids = judged(cell)
            cell.outputs = []
            cells.append(
                nbformat.v4.new_markdown_cell(
                    verdicts(ids, f"Verdicts {ids[0]} to {ids[-1]}"), id=f"verdicts-{position}"
                )
            )
        elif "ledger.conclude(" in cell.source:
            cell.outputs = []
            cell.metadata["mystnb"] = {
                "code_prompt_show": "Show the code",
                "code_prompt_hide": "Hide the code",
            }
            tags.append("hide-input")
            left = [id for id in rows if id not in placed]
            text = [""]
            text[0] = (
                f'**{esc(claims.summary(ledger["claims"]))}.** <a href="../results.html?notebook={number}">All its rows in one table</a>.'
            )
            text += [verdicts(left, "Further verdicts")] if left else []
            text += [theories_of(ledger, name)] if theories(ledger) else []
            cells.append(nbformat.v4.new_markdown_cell("\n\n".join(text), id="all-verdicts"))
    nb.cells = cells
    return nbformat.writes(nb) + "\n", description, key


def with_summary(text, ledger):
    """The first cell with badge, download and the way to the page that bends its claim."""
    number, name = ledger["notebook"][:2], ledger["notebook"]
    ways = [
        f'<a href="../results.html?notebook={number}">rows</a>',
        f'<a href="../_downloads/{name}.ipynb" download>notebook</a>',
        '<a href="../run.html">run it</a>',
    ]
    if f"criteria-{number}" in CRITERIA:
        ways.insert(1, f'<a href="../criteria.html#criteria-{number}">how its criteria changed</a>')
    if number in PLAY and (SITE / "pages" / "play" / f"{PLAY[number]}.md").exists():
        ways.insert(0, f'<a href="../play/{PLAY[number]}.html"><b>bend it by hand</b></a>')
    title, rest = text.split("\n", 1)
    return (
        f"{title}\n\n"
        + raw(f'<p class="verdict-line">{short_badge(ledger)} {" · ".join(ways)}</p>')
        + f"\n{rest}"
    )


# --- wrong theories ------------------------------------------------------------------------------


def theories(ledger):
    """[(theory, rows that must fail, outcome or "")]: as stored, else as declared."""
    if ledger["mutants"]:
        return [(m["theory"], m["expected"], m["outcome"]) for m in ledger["mutants"]]
    path = ROOT / "mutants" / f"{ledger['notebook']}.py"
    found = []
    for node in ast.parse(read(path)).body if path.exists() else []:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            lines = (ast.get_docstring(node) or "").split("\n")
            found.append((lines[0], re.findall(r"\d\d\.\d+[a-z]?", lines[-1]), ""))
    return found


def theory_words(text):
    """A theory as HTML: `code` and formulas kept."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", esc(text))


def theory_list(ledger, page):
    outcomes = {"killed": "rejected", "": "declared"}
    items, known = [], {row["id"] for row in ledger["claims"]}
    for theory, expected, outcome in theories(ledger):
        ids = ", ".join(
            f'<a href="{page}#claim-{id}">{id}</a>' if id in known else id for id in expected
        )
        word = outcomes.get(outcome, outcome)
        kind = {"rejected": "success", "declared": "none"}.get(word, "danger")
        items.append(
            f'<li>{theory_words(theory)} <span class="verdict verdict-{kind}">{esc(word)}</span> <small>by {ids}</small></li>'
        )
    return '<ul class="theories">' + "".join(items) + "</ul>"


def theories_of(ledger, name):
    count = len(theories(ledger))
    return (
        f"### Wrong theories\n\n{count} theories that are wrong in one way; the rows named must then fail.\n\n"
        + raw(theory_list(ledger, ""))
    )


def theories_page(ledgers):
    parts = []
    for ledger in ledgers:
        name = ledger["notebook"]
        if theories(ledger):
            parts.append(
                f"## {name[:2]} · {ledger['title']}\n\n"
                + raw(theory_list(ledger, f"notebooks/{name}.html"))
            )
    return "\n\n".join(parts)


# --- pages ---------------------------------------------------------------------------------------


def card(ledger, key, papers):
    """A notebook on the front page."""
    name = ledger["notebook"]
    sources = dict.fromkeys(
        papers.subject(row["source"]) for row in claims.counted(ledger["claims"])
    )
    works = "; ".join([papers.labels[work] for work in sources if work][:2])
    return (
        f'<a class="card-link" href="notebooks/{name}.html"><img class="{"filled" if key[0] in FILLED else "lines"}" src="_static/thumbs/{name}.svg" alt="{esc(key[1])}" loading="lazy">'
        f'<span class="card-number">{name[:2]}</span> <span class="card-title">{esc(ledger["title"])}</span>'
        f'<span class="card-works">{esc(works)}</span>{short_badge(ledger)}</a>'
    )


def opening(ledgers, links):
    """The answer of notebook 00 with its way there, where it is there."""
    for ledger in ledgers:
        if ledger["notebook"].startswith("00_"):
            nb = nbformat.read(ROOT / "notebooks" / f"{ledger['notebook']}.ipynb", 4)
            said = links.text(answer(nb), where="notebooks/")
            return f"**One network first.** {said} [{ledger['title']}](notebooks/{ledger['notebook']}.ipynb)"
    return ""


def fields(text, rows):
    """`{32.3a}` as what that row measured; raises KeyError for a row that is not there."""
    return re.sub(r"\{(\d\d\.\d+[a-z]?)\}", lambda m: f"{rows[m[1]]['measured']:.2g}", text)


def findings(text, ledgers, links):
    """The findings whose rows are all there, with their numbers and links, as a list."""
    rows = {row["id"]: row for ledger in ledgers for row in ledger["claims"]}
    items = []
    for item in re.split(r"\n(?=- )", text.strip()):
        ids = re.findall(r"\b\d\d\.\d+[a-z]\b", item)
        if ids and all(id in rows for id in ids):
            items.append(links.text(fields(item, rows), where="notebooks/"))
    return "\n".join(items)


def glossary(text):
    """One entry a term of NOTATION.md's table; terms that differ by symbols only are one entry."""
    entries = {}
    for line in text.split("\n"):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if not line.startswith("| ") or len(cells) != 4 or cells[0] == "idea":
            continue
        idea, symbol, identifier, meaning = cells
        entries.setdefault(idea, []).append(
            ": ".join(filter(None, [", ".join(filter(None, [symbol, identifier])), meaning]))
        )
    return entries


def glossary_page(words, notation):
    entries = glossary(notation)
    own = dict(re.findall(r"^(\S.*)\n((?:  .+\n?)+)", words, re.M))
    lines = []
    for term in sorted({*entries, *own}, key=lambda t: re.sub(r"[^a-z ]", "", t.lower())):
        meaning = [*([own[term].strip()] if term in own else []), *entries.get(term, [])]
        lines += [term, *(f"  {part}\n" for part in meaning)]
    return ":::{glossary}\n" + "\n".join(lines) + "\n:::\n"


def papers_table(ledgers, papers):
    """Works that rows name as their source, with what came of them."""
    rows = [row for ledger in ledgers for row in claims.counted(ledger["claims"])]
    lines = []
    for key in sorted(papers.labels, key=lambda k: papers.labels[k]):
        mine = [row for row in rows if papers.subject(row["source"]) == key]
        if mine:
            good, total, _ = tally(mine)
            books = ", ".join(sorted({row["id"][:2] for row in mine}))
            lines.append(
                f'<tr><th scope="row"><a href="#{tables.anchor(key)}">{esc(papers.labels[key])}</a></th>'
                f'<td>{books}</td><td><a href="results.html?paper={key}">{good} of {total}</a></td></tr>'
            )
    return (
        '<table class="plain"><thead><tr><th scope="col">work</th><th scope="col">notebooks</th>'
        '<th scope="col">rows reproduced</th></tr></thead><tbody>'
        + "\n".join(lines)
        + "</tbody></table>"
    )


def notebook_list(ledgers):
    """All notebooks by family, each with its verdict."""
    parts = []
    for digit, (title, line) in FAMILIES.items():
        items = [
            f'<li><span class="card-number">{x["notebook"][:2]}</span> <a href="{x["notebook"]}.html">{esc(x["title"])}</a> {short_badge(x)}</li>'
            for x in ledgers
            if x["notebook"][0] == digit
        ]
        if items:
            parts.append(
                f"## {title}\n\n{line}\n\n" + raw(f'<ul class="families">{"".join(items)}</ul>')
            )
    return "\n\n".join(parts)


def said_of(ledger, id):
    """The sentence of the notebook's prose that names a row, or "": tables and code do not count."""
    nb, found = nbformat.read(ROOT / "notebooks" / f"{ledger['notebook']}.ipynb", 4), []
    for cell in [c for c in nb.cells if c.cell_type == "markdown"]:
        for paragraph in re.split(r"\n\s*\n", cell.source):
            if (
                paragraph.lstrip().startswith(("|", "**Try", "$$", "**Limits"))
                or id not in paragraph
            ):
                continue
            text = re.sub(r"\s+", " ", paragraph).strip()
            for sentence in re.split(r"(?<=[.:!?])\**\s+(?=[A-Z*\"])", text):
                named = re.findall(r"(?<![\w.])\d\d\.\d+[a-z]?(?!\w)", sentence)
                if id in named and len(named) <= 2:  # a list of many rows says nothing of one
                    found.append((len(named), sentence.strip().strip("*")))
    return min(found, key=lambda one: one[0])[1] if found else ""


def missed_page(ledgers, links, papers):
    """What was not reproduced: each row with what was asked, what was measured, and what its notebook says."""
    parts = []
    for ledger in ledgers:
        name = ledger["notebook"]
        items = []
        for row in claims.counted(ledger["claims"]):
            if row["verdict"] == claims.REPRODUCED:
                continue
            id, said = row["id"], said_of(ledger, row["id"])
            text = (
                f'- <a href="notebooks/{name}.html#claim-{id}">{id}</a> **{links_free(row["statement"])}.** {row["verdict"].capitalize()}: '
                f"asked was {links_free(claims.criterion(row))}, measured {links_free(claims.measurement(row))}. "
                f"Claimed by: {papers.linked(row['source'])}."
            )
            items.append(text + (f"\n\n  {links.text(said, where='notebooks/')}" if said else ""))
        if items:
            parts.append(f"## {name[:2]} · {ledger['title']}\n\n" + "\n".join(items))
    return "\n\n".join(parts)


def links_free(text):
    """Words of a row inside Markdown: stars, bars and brackets stay what they are; formulas are kept."""
    parts = re.split(r"(\$[^$]+\$)", text)
    parts[::2] = [re.sub(r"([\\*_|<>\[\]`~])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


STATUSES = ("measured", "partly", "not measured", "out of scope")


def sources_page(found, known, pages):
    """What the sources say, statement by statement, from sources.yaml; `known`: rows, `pages`: by number.

    found: {"sources": {id: title}, "statements": [{id, source, statement, status, rows, note}]}.
    Raises ValueError for a status or a row that is not there.
    """
    titles, parts = {str(k): v for k, v in found["sources"].items()}, []
    for source, title in titles.items():
        lines = []
        for one in found["statements"]:
            if str(one["source"]) != source:
                continue
            if one["status"] not in STATUSES:
                raise ValueError(f"{one['id']}: status {one['status']!r} is none of {STATUSES}")
            rows = [str(id) for id in one.get("rows") or []]
            if missing := [id for id in rows if id not in known]:
                raise ValueError(f"{one['id']}: no rows {missing}")
            ids = ", ".join(
                f'<a href="notebooks/{pages[id[:2]]}.html#claim-{id}">{id}</a> {badge_of(known[id])}'
                for id in rows
            )
            lines.append(
                f'<tr id="statement-{esc(str(one["id"]))}"><td>{esc(str(one["statement"]))}</td><td>{esc(one["status"])}</td><td>{ids}</td><td>{esc(str(one.get("note") or ""))}</td></tr>'
            )
        if lines:
            head = "".join(
                f'<th scope="col">{w}</th>' for w in ("statement", "status", "rows", "note")
            )
            parts.append(
                f"## {title}\n\n"
                + raw(
                    f'<div class="pst-scrollable-table-container"><table class="plain"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'
                )
            )
    return "\n\n".join(parts)


def badge_of(row):
    return tables.badge(row["verdict"], claims.MARKS[row["verdict"]])


def run_page(given):
    """{field: text} of the page Run and cite, from CITATION.cff and the environment of the build."""
    cited = dict(re.findall(r"^([\w-]+): (.+)$", read(CITED), re.M))
    authors = " and ".join(re.findall(r"^  - (?:name|family-names): (.+)$", read(CITED), re.M))
    address = given.get("SITE_REPOSITORY", "").rstrip("/")
    known = re.fullmatch(r"https?://[\w./~:-]+", address)
    entry = [
        "@software{why_gradient_descent_trains,",
        f"  title = {{{cited['title']}}},",
        f"  author = {{{{{authors}}}}},",
        f"  version = {{{cited['version']}}},",
        f"  date = {{{cited['date-released']}}},",
        *([f"  url = {{{address}}},"] if known else []),
        "}",
    ]
    return {
        "clone": f"git clone {address}" if known else "git clone ADDRESS-OF-THE-REPOSITORY",
        "address": f"The repository is <{address}>; questions and errors: <{address}/issues>."
        if known
        else "The address of the repository was not known where this copy of the site was built (`SITE_REPOSITORY`): take the one that you have it from.",
        "folder": address.rsplit("/", 1)[-1].removesuffix(".git") if known else "its-folder",
        "bibtex": "\n".join(entry),
        "version": cited["version"],
        "released": cited["date-released"],
    }


def main(target):
    ledgers, papers = tables.ledgers(), tables.Papers(ROOT / "references.bib")
    links, descriptions, keys = Links(ledgers, papers), {}, {}
    for ledger in ledgers:
        name = ledger["notebook"]
        text, descriptions[f"notebooks/{name}"], keys[name] = staged_notebook(ledger, links, papers)
        write(target / "notebooks" / f"{name}.ipynb", text)
        write(
            target / "extra" / "_downloads" / f"{name}.ipynb",
            read(ROOT / "notebooks" / f"{name}.ipynb"),
        )
        figure, panel = THUMBS.get(name, (keys[name][0], 1))
        write(
            target / "static" / "thumbs" / f"{name}.svg",
            one_panel(read(ROOT / "figures" / name / f"{figure}.svg"), panel),
        )
        write(
            target / "figures" / name / f"{keys[name][0]}.svg",
            read(ROOT / "figures" / name / f"{keys[name][0]}.svg"),
        )
    rows = [row for ledger in ledgers for row in claims.counted(ledger["claims"])]
    good, total, _ = tally(rows)
    rejected = [outcome for ledger in ledgers for *_, outcome in theories(ledger)]
    cards = []
    for digit, (title, line) in FAMILIES.items():
        mine = [x for x in ledgers if x["notebook"][0] == digit]
        if mine:
            inside = "\n".join(card(x, keys[x["notebook"]], papers) for x in mine)
            cards.append(
                f"## {title}\n\n{line}\n\n" + raw(f'<div class="cards">\n{inside}\n</div>')
            )
    works = {papers.subject(row["source"]) for row in rows} - {""}
    fill = {
        "cards": "\n\n".join(cards),
        "rows": f"{total}",
        "reproduced": f"{good}",
        "missed": f"{total - good}",
        "notebooks": f"{len(ledgers)}",
        "works": f"{len(works)}",
        "theories": f"{len(rejected)}",
        "findings": findings(read(SITE / "findings.md"), ledgers, links),
        "families": notebook_list(ledgers),
        "opening": opening(ledgers, links),
        "missing": missed_page(ledgers, links, papers),
        "criteria": re.sub(r"\A# .*\n", "", CRITERIA),
        **run_page(os.environ),
        "toc": "\n".join(f"{x['notebook'][:2]} · {x['title']} <{x['notebook']}>" for x in ledgers),
        "table": raw(
            tables.filter_form(ledgers, papers)
            + table(
                [
                    row_html(
                        row,
                        papers,
                        page=f"notebooks/{x['notebook']}.html",
                        here=False,
                        notebook=x["notebook"][:2],
                    )
                    for x in ledgers
                    for row in x["claims"]
                ],
                "All rows",
                id="claims",
            )
        ),
        "wrong": theories_page(ledgers),
        "papers": raw(papers_table(ledgers, papers)),
        "glossary": glossary_page(read(SITE / "glossary.md"), read(ROOT / "NOTATION.md")),
    }
    if (ROOT / "sources.yaml").exists():
        import yaml  # comes with myst

        known = {row["id"]: row for ledger in ledgers for row in ledger["claims"]}
        found = yaml.safe_load(read(ROOT / "sources.yaml"))
        fill["sources"] = sources_page(found, known, links.pages)
    fill["more"] = "What the sources say <sources>" if "sources" in fill else ""
    for path in sorted((SITE / "pages").rglob("*.md")):
        if path.name == "sources.md" and "sources" not in fill:
            continue
        name, text = path.relative_to(SITE / "pages"), read(path)
        found = re.match(r"<!-- (.*?) -->\n+", text, re.S)
        if found:
            descriptions[str(name.with_suffix(""))] = re.sub(r"\s+", " ", found[1])
            text = text[found.end() :]
        text = re.sub(r"<<(\w+)>>", lambda m: fill[m[1]], text)
        if name.parts[0] == "play":
            text = links.text(text, where="../notebooks/")
        write(target / name, text)
    for path in library.PATHS:
        write(target / "library" / f"{path.stem}.rst", library.module_page(path))
        about = (ast.get_docstring(ast.parse(read(path))) or "").split("\n\n")[0]
        descriptions[f"library/{path.stem}"] = re.sub(r"\s+", " ", about)
    write(target / "library" / "index.md", library.index_page())
    index = {r["id"]: [x["notebook"], r["statement"]] for x in ledgers for r in x["claims"]}
    write(
        target / "static" / "rows.js",
        f"globalThis.rows = {json.dumps(index, ensure_ascii=False, separators=(',', ':'))};\n",
    )
    write(target / "descriptions.json", json.dumps(descriptions, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site" / "source")
