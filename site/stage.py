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
import pictures  # noqa: E402
import rows as cards  # noqa: E402
import tables  # noqa: E402
from tables import FACTS, ROOT, claims, esc, row_html, short_badge, table, tally  # noqa: E402

from lib.suite import mutants  # noqa: E402

LONG = 6  # lines of code that are always in sight
FAMILIES = json.loads((ROOT / "notebooks" / "families.json").read_text(encoding="utf-8"))
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


# --- notebooks -----------------------------------------------------------------------------------


def key_figure(name, first_cell):
    """(name, alternative text) of the figure on the first screen."""
    for alt, figure in re.findall(rf"!\[([^\]]*)\]\(\.\./figures/{name}/(\w+)\.svg\)", first_cell):
        if figure != "verdict":
            return figure, alt
    raise ValueError(f"{name}: its first cell shows no figure")


def judged(cell):
    """Ids of the rows in a cell's verdict table, in order."""
    found = [o.get("data", {}).get("text/html", "") for o in cell.outputs]
    return re.findall(r"<tr><td>(\d\d\.\d+[a-z]?)</td>", "".join(found))


def raw(text):
    return f"```{{raw}} html\n{text}\n```"


def section_of(cell, before):
    """The number of the section that a cell opens (`## 3. The edge`), 0 for one without, else that before."""
    found = (
        re.findall(r"^## (?:(\d+)\. )?", cell.source, re.M) if cell.cell_type == "markdown" else []
    )
    return int(found[-1] or 0) if found else before


def figures_of_rows(nb, figures):
    """{id: Figure}: for a row that is judged after a figure of its section, the last of these, else the first."""
    found, section, seen, waiting = {}, 0, [], []
    for position, cell in enumerate(nb.cells):
        now = section_of(cell, section)
        if now != section or (cell.cell_type == "markdown" and cell.source.startswith("## ")):
            section, seen, waiting = now, [], []
        if position in figures:
            seen.append(figures[position])
            found |= dict.fromkeys(waiting, figures[position])
            waiting = []
        ids = judged(cell) if cell.cell_type == "code" else []
        if seen:
            found |= dict.fromkeys(ids, seen[-1])
        else:
            waiting += ids
    return found


class Book:
    """A notebook on its way to the site: its ledger, figures, and the cards of its rows."""

    def __init__(self, ledger, papers, given, target):
        self.ledger, self.papers, self.given = ledger, papers, given
        self.name, self.number = ledger["notebook"], ledger["notebook"][:2]
        self.rows = {row["id"]: row for row in ledger["claims"]}
        self.nb = nbformat.read(ROOT / "notebooks" / f"{self.name}.ipynb", 4)
        self.figures = pictures.of_notebook(self.name, self.nb, target)
        self.of_rows = figures_of_rows(self.nb, self.figures)
        self.theories, self.placed = theories(ledger), set()
        self.description, self.source = words_of(answer(self.nb)), self.nb.cells[0].source
        self.length, self.ways = self.measured(), []

    def measured(self):
        """(words of prose, lines of code in sight)."""
        words = lines = 0
        for cell in self.nb.cells:
            if cell.cell_type == "markdown":
                words += len(re.sub(r"^\|.*$", "", cell.source, flags=re.M).split())
            elif (
                "hide-input" not in cell.metadata.get("tags", [])
                and "ledger.judge(" not in cell.source
            ):
                lines += len([line for line in cell.source.split("\n") if line.strip()])
        return words, lines

    def minutes(self):
        """Reading time: 200 words or 15 lines of code a minute."""
        words, lines = self.length
        return round(words / 200 + lines / 15)

    def key(self):
        """(name, words) of the figure on the first screen, and the Figure itself where a cell makes it."""
        name, alt = key_figure(self.name, self.source)
        made = next((f for f in self.figures.values() if f.name == name), None)
        return name, alt, made and made._replace(alt=alt)

    def play(self, id):
        """The page that bends a row's claim, or ""."""
        section = id[3:].rstrip("abcdefghijklmnopqrstuvwxyz")
        found = [
            one["page"]
            for one in FACTS["play"]
            if one["notebook"] == self.number and str(one["section"]) == section
        ]
        return next(filter(playable, found), "")

    def card(self, id, where, place="", tag="article", mark=""):
        figure = self.of_rows.get(id)
        return cards.card(
            self.rows[id],
            self.papers,
            where=where,
            name=self.name,
            theories=self.theories,
            given=self.given,
            place=place,
            figure=figure
            and (f"notebooks/{self.name}.html#figure-{figure.name}", figure.name.replace("_", " ")),
            play=self.play(id),
            tag=tag,
            mark=mark,
        )

    def listed(self, ids, label):
        """Rows as a list of cards, each with its anchor, those that stand already left out."""
        ids = [id for id in ids if id in self.rows and id not in self.placed]
        self.placed.update(ids)
        items = [self.card(id, "../", tag="li", mark=f' id="claim-{id}"') for id in ids]
        return f'<ul class="rows" aria-label="{label}">' + "\n".join(items) + "</ul>" if ids else ""

    def merged(self, match):
        """A table of criteria with the verdicts of its rows: a list of cards, checks under a fold."""
        if "| holds if |" not in match[0].split("\n", 1)[0]:
            return match[0]
        declared = re.findall(r"^\| (\d\d\.\d+(?:[a-z]\*?)?) \|", match[0], re.M)
        ids = [id for one in declared for id in self.members(one)]
        if not ids or any(not self.members(one) for one in declared):
            lines = re.sub(r"^\|\s*\|", "| row |", match[0].rstrip("\n"))
            return f":::{{dropdown}} Fixed before the run\n{{.criteria}}\n{lines}\n:::\n"
        found = [self.rows[id] for id in ids]
        shown = self.listed(ids, f"Rows {ids[0]} to {ids[-1]}")
        if all(row.get("role") == "check" for row in found):
            good, total, _ = tally(found)
            words = "checks" if good == total else "checks reproduced"
            count = f"{len(found)} {words}" if good == total else f"{good} of {total} {words}"
            shown = f'<details class="checks"><summary>{count}</summary>{shown}</details>'
        return raw(shown) + "\n"

    def members(self, declared):
        """The rows of a line of a table: itself, or those of the family `41.8a*` as far as the next line's."""
        if not declared.endswith("*"):
            return [declared] if declared in self.rows else []
        return self.families().get(declared, [])

    def families(self):
        """{`41.8a*`: ids}: rows that follow a family's first and are declared by no line of their own."""
        text = "\n".join(cell.source for cell in self.nb.cells if cell.cell_type == "markdown")
        lines = re.findall(r"^\| (\d\d\.\d+(?:[a-z]\*?)?) \|", text, re.M)
        alone = {one.rstrip("*") for one in lines}
        found = {}
        for one in (one for one in lines if one.endswith("*")):
            id, ids = one[:-1], []
            while id in self.rows and (not ids or id not in alone):
                ids.append(id)
                id = id[:-1] + chr(ord(id[-1]) + 1)
            found[one] = ids
        return found

    def chips(self, ids):
        """The verdicts of rows in one line; their cards stand with what was claimed."""
        marks = [
            f'<a href="#claim-{id}">{id}</a> {tables.badge(self.rows[id]["verdict"])}'
            for id in ids
            if id in self.rows
        ]
        return f'<p class="chips">{" ".join(f"<span>{one}</span>" for one in marks)}</p>'

    def text(self, source, links):
        """A Markdown cell as the site shows it."""
        source = re.sub(r"!\[verdict\]\([^)]*\)\n*", "", source)
        source = source.replace("](../NOTATION.md)", "](../glossary.md)")
        source = re.sub(r"(?:^\|[^\n]*(?:\n|\Z))+", self.merged, source, flags=re.M)
        return links.text(exercises(source), own=self.name)

    def staged(self, links):
        """The notebook as the site shows it."""
        cells, section, placed, model = [], 0, set(), True
        for position, cell in enumerate(self.nb.cells):
            section = section_of(cell, section)
            if cell.cell_type == "markdown":
                text = self.text(cell.source, links)
                cell.source = self.first(text) if position == 0 else text
                cell.pop("attachments", None)
                cells.append(cell)
                continue
            tags = cell.metadata.setdefault("tags", [])
            # The model is read line by line; of what follows it a long cell shows its first lines (site.js).
            model = model and "parameters" not in tags
            if not model and len(cell.source.split("\n")) > LONG and "hide-input" not in tags:
                tags.append("long")
            figure = self.figures.get(position)
            if figure:
                cells.append(new_cell(raw(pictures.html(figure, "../")), f"figure-{position}"))
                cell.outputs = [o for o in cell.outputs if "image/png" not in o.get("data", {})]
                for page in self.bends(section) - placed:
                    placed.add(page)
                    cells.append(new_cell(raw(bend_here(page)), f"bend-{position}"))
            if "hide-input" in tags:
                what = (
                    f"code of the figure “{figure.name.replace('_', ' ')}”"
                    if figure
                    else "set-up: imports and the ledger"
                )
                cell.metadata["mystnb"] = {
                    "code_prompt_show": f"Show the {what}",
                    "code_prompt_hide": f"Hide the {what}",
                }
            cells.append(cell)
            if re.search(r"\bledger\.judge\(", cell.source):
                ids, cell.outputs = judged(cell), []
                cell.metadata["mystnb"] = {
                    "code_prompt_show": "Show how the rows are judged",
                    "code_prompt_hide": "Hide how the rows are judged",
                }
                tags.append("hide-input")
                rest = self.listed(ids, f"Rows {ids[0]} to {ids[-1]}")
                cells.append(new_cell(raw(self.chips(ids) + rest), f"verdicts-{position}"))
            elif "ledger.conclude(" in cell.source:
                cell.outputs = []
                cell.metadata["mystnb"] = {
                    "code_prompt_show": "Show the code",
                    "code_prompt_hide": "Hide the code",
                }
                tags.append("hide-input")
                cells.append(new_cell(self.conclusion(), "all-verdicts"))
        self.nb.cells = cells
        return nbformat.writes(self.nb) + "\n"

    def bends(self, section):
        """The pages that bend the claims of a section."""
        return {
            one["page"]
            for one in FACTS["play"]
            if one["notebook"] == self.number
            and one["section"] == section
            and playable(one["page"])
        }

    def conclusion(self):
        """What all verdicts come to, the rows that stand nowhere yet, and the wrong theories."""
        text = [
            f'**{esc(claims.summary(self.ledger["claims"]))}.** <a href="../results.html?notebook={self.number}">All its rows in one table</a>.'
        ]
        left = self.listed(list(self.rows), "Further rows")
        text += [raw(left)] if left else []
        if self.theories:
            text.append(
                "### Wrong theories\n\nEach is wrong in one way; the rows named must then fail.\n\n"
                + raw(
                    f"<details><summary>{len(self.theories)} wrong theories</summary>{theory_list(self.ledger, '')}</details>"
                )
            )
        return "\n\n".join([*text, *map(raw, self.ways)])

    def on_paths(self, books):
        """Where the paths through the notebooks go on from here."""
        known = {book.number: book for book in books}
        for one in FACTS["paths"]:
            mine = [known[number] for number in one["notebooks"] if number in known]
            if self not in mine:
                continue
            place = mine.index(self) + 1
            says = f"On the path <b>{esc(one['name'])}</b> this is {place} of {len(mine)}. "
            if place < len(mine):
                after = mine[place]
                says += f'Next: <a href="{after.name}.html">{after.number} · {esc(after.ledger["title"])}</a>, {after.minutes()} minutes.'
            else:
                says += '<a href="../index.html#where-to-begin">The other paths</a>.'
            self.ways.append(f'<p class="path-next">{says}</p>')

    def first(self, text):
        """The first cell with its key figure, badge and the ways from here."""
        name, _, figure = self.key()
        if figure:
            shown = raw(pictures.html(figure, "../", id="first-figure", eager=True))
            text = re.sub(
                rf"!\[[^\]]*\]\(\.\./figures/{self.name}/{name}\.svg\)",
                lambda _: shown,
                text,
                count=1,
            )
        return with_summary(text, self.ledger)


def new_cell(text, id):
    return nbformat.v4.new_markdown_cell(text, id=id)


def playable(page):
    return (SITE / "pages" / "play" / f"{page}.md").exists()


def bend_here(page):
    """The way to an interactive; a script makes it a button that opens the interactive in place."""
    scripts = re.findall(r"_static/play/(\w+)\.js", read(SITE / "pages" / "play" / f"{page}.md"))
    return f'<p class="bend-here" data-scripts="{" ".join(scripts)}"><a href="../play/{page}.html">Bend this claim by hand</a></p>'


def exercises(text):
    """The paragraph **Try.** as exercises: the change in sight, what it does under a fold."""
    found = re.search(r"^\*\*Try\.?\*\*\.?\s*(.*?)(?=\n\n|\Z)", text, re.S | re.M)
    if not found:
        return text
    made = []
    for item in re.split(r"(?<=[.!?])\s+(?=`)", re.sub(r"\s+", " ", found[1]).strip()):
        parts = re.split(r":\s+", item, maxsplit=1)
        if len(parts) == 2 and "`" in parts[0]:
            made.append([parts[0], parts[1]])
        elif made:
            made[-1][1] += " " + item
        else:
            return text
    folds = [
        f"- {change}\n\n  :::{{dropdown}} What happens\n  {said}\n  :::\n" for change, said in made
    ]
    shown = "**Try.** Guess first, then open the answer, or run it.\n\n" + "\n".join(folds)
    return text[: found.start()] + shown + text[found.end() :]


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
    pages = [one["page"] for one in FACTS["play"] if one["notebook"] == number]
    if page := next(filter(playable, pages), ""):
        ways.insert(0, f'<a href="../play/{page}.html"><b>bend it by hand</b></a>')
    title, rest = text.split("\n", 1)
    return (
        f"{title}\n\n"
        + raw(f'<p class="verdict-line">{short_badge(ledger)} {" · ".join(ways)}</p>')
        + f"\n{rest}"
    )


# --- wrong theories ------------------------------------------------------------------------------


def theories(ledger):
    """[(theory, rows that must fail, rows that failed, outcome)]: those run on today's code, then those declared only."""
    stored = {m["name"]: m for m in ledger["mutants"]}
    path, found = ROOT / "mutants" / f"{ledger['notebook']}.py", []
    for one in mutants.declared_mutants(read(path)) if path.exists() else []:
        ran = stored.get(one.name, {"failed": [], "outcome": ""})
        found.append((one.theory, one.expected, ran["failed"], ran["outcome"]))
    return sorted(found, key=lambda one: not one[3])


def theory_list(ledger, page):
    outcomes = {"killed": "rejected", "": "declared"}
    items, known = [], {row["id"] for row in ledger["claims"]}
    for theory, expected, _, outcome in theories(ledger):
        ids = ", ".join(
            f'<a href="{page}#claim-{id}">{id}</a>' if id in known else id for id in expected
        )
        word = outcomes.get(outcome, outcome)
        kind = {"rejected": "success", "declared": "none"}.get(word, "danger")
        items.append(
            f'<li>{cards.theory_words(theory)} <span class="verdict verdict-{kind}">{esc(word)}</span> <small>by {ids}</small></li>'
        )
    return '<ul class="theories">' + "".join(items) + "</ul>"


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


def card(book, thumb):
    """A notebook in the list of all. thumb: (address, alternative text, name of the figure, width, height)."""
    return (
        f'<a class="card-link" href="{book.name}.html"><img class="{pictures.kind(thumb[2])}" src="../{thumb[0]}" alt="{esc(thumb[1])}" width="{thumb[3]}" height="{thumb[4]}" loading="lazy">'
        f'<span class="card-number">{book.number} · {book.minutes()} minutes</span> <span class="card-title">{esc(book.ledger["title"])}</span>'
        f'<span class="card-works">{esc(shortened(book.description, 30))}</span>{short_badge(book.ledger)}</a>'
    )


def shortened(text, words):
    """The first sentences of a text as far as `words` go; the first one in any case."""
    found = ""
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text):
        if found and len(f"{found} {sentence}".split()) > words:
            break
        found = f"{found} {sentence}".strip()
    return found


def notebook_list(books, thumbs):
    """All notebooks by family, each with its picture, answer and verdict."""
    parts = []
    for digit, (title, line) in FAMILIES.items():
        mine = [book for book in books if book.number[0] == digit]
        if mine:
            inside = "\n".join(card(book, thumbs[book.name]) for book in mine)
            parts.append(
                f"## {title}\n\n{line}\n\n" + raw(f'<div class="cards">\n{inside}\n</div>')
            )
    return "\n\n".join(parts)


def bend_cards(books, thumbs):
    """The pages of "Bend a claim" in the order of their notebooks, each with its notebook's picture."""
    known, found = {book.number: book for book in books}, {}
    for one in FACTS["play"]:
        if one["notebook"] in known and playable(one["page"]):
            found.setdefault(one["page"], []).append(known[one["notebook"]])
    made = []
    for page, mine in sorted(found.items(), key=lambda one: one[1][0].number):
        text = read(SITE / "pages" / "play" / f"{page}.md")
        line = re.match(r"<!-- (.*?) -->", text, re.S)[1]
        title = re.search(r"^# (.*)$", text, re.M)[1]
        address, alt, figure, width, height = thumbs[mine[0].name]
        numbers = ", ".join(dict.fromkeys(book.number for book in mine))
        made.append(
            f'<a class="card-link" href="{page}.html"><img class="{pictures.kind(figure)}" src="../{address}" alt="{esc(alt)}" width="{width}" height="{height}" loading="lazy">'
            f'<span class="card-number">with {numbers}</span> <span class="card-title">{esc(title)}</span><span class="card-works">{esc(line)}</span></a>'
        )
    return raw(f'<div class="cards">{"".join(made)}</div>')


# --- the front page ------------------------------------------------------------------------------


def percent(value):
    """A share in percent; one that is not 0 or 1 never reads so."""
    digits = 0
    while 0 < value < 1 and float(f"{100 * value:.{digits}f}") in (0, 100):
        digits += 1
    return f"{100 * value:.{digits}f}%"


def fields(text, rows):
    """`{32.3a}` as what that row measured, `{32.3a:%}` in percent; raises KeyError for a row that is not there."""

    def put(match):
        value = rows[match[1]]["measured"]
        return percent(value) if match[2] else f"{value:.2g}"

    return re.sub(r"\{(\d\d\.\d+[a-z]?)(:%)?\}", put, text)


def named(text):
    """The ids of the rows that a text names."""
    return re.findall(r"\b\d\d\.\d+[a-z]?\b", text)


def front_claims(text, books, links, target):
    """The claims of front.md whose rows are all there: picture, sentences with their numbers, the way on."""
    rows, parts = all_rows(books), []
    by_name = {book.name: book for book in books}
    for block in re.split(r"^## ", text.split("# failed")[0], flags=re.M)[1:]:
        title, place, said = block.split("\n", 2)
        name, figure, panel = re.fullmatch(r"<!-- (\w+) (\w+) (\d) -->", place).groups()
        book = by_name.get(name)
        made = book and next((f for f in book.figures.values() if f.name == figure), None)
        if not made or not all(id in rows for id in named(said)):
            continue
        svg = read(ROOT / "figures" / name / f"{figure}.svg")
        data, width, height = pictures.thumb(pictures.path_of(made, target), svg, int(panel))
        address = f"thumbs/front-{book.number}-{figure}.webp"
        pictures.save(target / "static" / address, data)
        said = links.text(fields(re.sub(r"\s+", " ", said).strip(), rows), where="notebooks/")
        picture = (
            f'<a id="argument-{len(parts) + 1}" href="notebooks/{name}.html"><img class="{pictures.kind(figure)}" src="_static/{address}" '
            f'alt="{esc(made.alt)}" width="{width}" height="{height}" loading="lazy"></a>'
        )
        parts.append(
            f"::::{{div}} front-claim\n{raw(picture)}\n\n:::{{div}} front-words\n**{len(parts) + 1}. {title}.** {said} "
            f"[Notebook {book.number}](notebooks/{name}.ipynb)\n:::\n::::"
        )
    return "\n\n".join(parts)


def front_failed(text, books, links):
    """The lines of front.md's second part whose rows are there and were not reproduced."""
    rows, items = all_rows(books), []
    for item in re.split(r"\n(?=- )", text.split("# failed")[1].strip()):
        ids = named(item)
        if all(id in rows and rows[id]["verdict"] != claims.REPRODUCED for id in ids):
            items.append(links.text(fields(item, rows), where="notebooks/"))
    return "\n".join(items)


def all_rows(books):
    return {id: row for book in books for id, row in book.rows.items()}


def front_answer(book, links):
    """{field: text}: what the first notebook answers, its figure and its words."""
    _, _, figure = book.key()
    found = re.search(r"\*\*Answer\.\*\*\s*(.*?)(?:\n\n|$)", book.source, re.S)
    said = links.text(re.sub(r"\s+", " ", found[1]) if found else "", where="notebooks/")
    return {
        "answer": f"{said} [{book.ledger['title']}](notebooks/{book.name}.ipynb).",
        "answer_figure": raw(pictures.html(figure, "", eager=True)) if figure else "",
        "answer_words": links.text(caption(book), where="notebooks/"),
    }


def caption(book):
    """The paragraph after the key figure of a notebook's first cell, or ""."""
    name, _ = key_figure(book.name, book.source)
    found = book.source.split(f"/{name}.svg)", 1)[1].strip().split("\n\n")[0]
    ends = ("*Source", "**", "Before", "Next")
    return "" if found.startswith(ends) else re.sub(r"\s+", " ", found)


def front_paths(books):
    """Ways through the notebooks, each with its minutes and what one must know."""
    known, parts = {book.number: book for book in books}, []
    for one in FACTS["paths"]:
        mine = [known[number] for number in one["notebooks"] if number in known]
        minutes = sum(book.minutes() for book in mine)
        steps = "\n".join(
            f"{i}. [{book.ledger['title']}](notebooks/{book.name}.ipynb), {book.minutes()} min"
            for i, book in enumerate(mine, 1)
        )
        parts.append(
            f":::{{div}} front-path\n**{one['name']}**: {len(mine)} notebooks, about {round(minutes, -1)} minutes of reading\n\n"
            f"*To know before:* {one['know']}\n\n{steps}\n:::"
        )
    return "\n\n".join(parts)


def social_card(book, target):
    """static/card.png: what a link to the site shows where it is posted."""
    _, _, figure = book.key()
    if figure:
        made = pictures.card(pictures.path_of(figure, target))
        pictures.save(target / "static" / "card.png", made)


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


def suite(given):
    """What CITATION.cff and the environment of the build say of the suite: title, authors, version, released, site."""
    cited = dict(re.findall(r"^([\w-]+): (.+)$", read(CITED), re.M))
    authors = " and ".join(re.findall(r"^  - (?:name|family-names): (.+)$", read(CITED), re.M))
    address = given.get("SITE_URL", "").rstrip("/")
    return {
        "title": cited["title"],
        "authors": authors,
        "version": cited["version"],
        "released": cited["date-released"],
        "site": f"{address}/" if re.fullmatch(r"https?://[\w./~:-]+", address) else "",
    }


CPU = "--extra-index-url https://download.pytorch.org/whl/cpu"


def repository(given):
    """The address of the repository from the environment of the build, or "": for links and commands."""
    address = given.get("SITE_REPOSITORY", "").rstrip("/").removesuffix(".git")
    return address if re.fullmatch(r"https?://[\w./~:-]+", address) else ""


def run_page(given):
    """{field: text} of the page Run and cite, from CITATION.cff and the environment of the build."""
    cited, address = suite(given), repository(given)
    entry = [
        "@software{why_gradient_descent_trains,",
        f"  title = {{{cited['title']}}},",
        f"  author = {{{{{cited['authors']}}}}},",
        f"  version = {{{cited['version']}}},",
        f"  date = {{{cited['released']}}},",
        *([f"  url = {{{address}}},"] if address else []),
        "}",
    ]
    unknown = "The address of the repository was not known where this copy of the site was built (`SITE_REPOSITORY`)"
    source = f"git+{address}" if address else "."
    return {
        "clone": f"git clone {address}" if address else "git clone ADDRESS-OF-THE-REPOSITORY",
        "address": f"The repository is <{address}>; questions and errors: <{address}/issues>."
        if address
        else f"{unknown}: take the one that you have it from.",
        "folder": address.rsplit("/", 1)[-1] if address else "its-folder",
        "bibtex": "\n".join(entry),
        "version": cited["version"],
        "released": cited["released"],
        "browser": in_a_browser(address)
        or f"{unknown}; a copy that knows it has links to Binder and Colab here.",
        "install": f"```sh\npip install {CPU} {source}\n```"
        + ("" if address else "\n\nin the repository's folder."),
    }


def in_a_browser(address):
    """Links to Binder and Colab, which know repositories on GitHub only; else ""."""
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)", address)
    if not found:
        return ""
    first = "00_one_network"
    return (
        f"[Open in Binder](https://mybinder.org/v2/gh/{found[1]}/HEAD?urlpath=lab/tree/notebooks): all notebooks in JupyterLab, with the CPU build of torch. "
        "The first start takes some minutes.\n\n"
        f"[Open in Colab](https://colab.research.google.com/github/{found[1]}/blob/HEAD/notebooks/{first}.ipynb): one notebook; another one by its name in the address. "
        f"Run this in a cell before the others:\n\n```\n{install(address)}\n```"
    )


def install(address):
    """The line that installs the suite inside a notebook."""
    return f'%pip install --quiet {CPU} "git+{address}"'


def downloaded(text, given):
    """A notebook with a first cell that installs what it imports, or says where to get it."""
    address, nb = repository(given), nbformat.reads(text, 4)
    words = "This notebook imports `lib`, the library of its suite. " + (
        f"The next cell installs it where it is not there, with the CPU build of torch. The suite itself: <{address}>."
        if address
        else "Put it into the folder `notebooks` of the suite and start it there (`make lab`)."
    )
    code = "try:\n    import lib.suite\nexcept ImportError:\n    " + (
        install(address)
        if address
        else 'raise SystemExit("lib is not here: start this notebook in the folder of its suite, see Run and cite")'
    )
    nb.cells[:0] = [
        nbformat.v4.new_markdown_cell(words, id="how-to-run"),
        nbformat.v4.new_code_cell(code, id="install"),
    ]
    return nbformat.writes(nb) + "\n"


def thumb_of(book, target):
    """A notebook's small picture for a card: (address, alternative text, name, width, height)."""
    name, alt, made = book.key()
    chosen, panel = FACTS["thumbs"].get(book.name, (name, 1))
    figure = next((f for f in book.figures.values() if f.name == chosen), made)
    svg = ROOT / "figures" / book.name / f"{figure.name}.svg"
    data, width, height = pictures.thumb(pictures.path_of(figure, target), read(svg), panel)
    pictures.save(target / "static" / "thumbs" / f"{book.name}.webp", data)
    return f"_static/thumbs/{book.name}.webp", alt, figure.name, width, height


def row_pages(books, target):
    """A page for each row, and for each notebook a script with its cards for those who point at an id."""
    order = [(book, id) for book in books for id in book.rows]
    for place, (book, id) in enumerate(order):
        near = [order[i][1] if 0 <= i < len(order) else "" for i in (place - 1, place + 1)]
        text = book.card(id, "../", f"../notebooks/{book.name}.html#claim-{id}")
        figure = book.of_rows.get(id)
        shown = figure and (figure.address, figure.alt, figure.width, figure.height)
        page = cards.page(
            book.rows[id], book.ledger, text, figure=shown, near=near, given=book.given
        )
        write(target / "extra" / "rows" / f"{id}.html", page)
    for book in books:
        made = {
            id: cards.opened(
                book.card(id, "%root%", f"%root%notebooks/{book.name}.html#claim-{id}")
            )
            for id in book.rows
        }
        write(target / "static" / "rows" / f"{book.number}.js", cards.script(book.number, made))


def main(target):
    ledgers, papers = tables.ledgers(), tables.Papers(ROOT / "references.bib")
    links, descriptions, given = Links(ledgers, papers), {}, suite(os.environ)
    books = [Book(ledger, papers, given, target) for ledger in ledgers]
    thumbs, front = {book.name: thumb_of(book, target) for book in books}, read(SITE / "front.md")
    social_card(books[0], target)
    row_pages(books, target)
    for book in books:
        book.on_paths(books)
    for book in books:
        name = book.name
        descriptions[f"notebooks/{name}"] = book.description
        write(target / "notebooks" / f"{name}.ipynb", book.staged(links))
        text = downloaded(read(ROOT / "notebooks" / f"{name}.ipynb"), os.environ)
        write(target / "extra" / "_downloads" / f"{name}.ipynb", text)
    rows = [row for ledger in ledgers for row in claims.counted(ledger["claims"])]
    good, total, _ = tally(rows)
    rejected = [outcome for ledger in ledgers for *_, outcome in theories(ledger)]
    works = {papers.subject(row["source"]) for row in rows} - {""}
    fill = {
        "claims": front_claims(front, books, links, target),
        "failed": front_failed(front, books, links),
        "paths": front_paths(books),
        **front_answer(books[0], links),
        "rows": f"{total}",
        "reproduced": f"{good}",
        "missed": f"{total - good}",
        "notebooks": f"{len(ledgers)}",
        "works": f"{len(works)}",
        "theories": f"{len(rejected)}",
        "families": notebook_list(books, thumbs),
        "bends": bend_cards(books, thumbs),
        "missing": missed_page(ledgers, links, papers),
        "criteria": re.sub(r"\A# .*\n", "", CRITERIA),
        **run_page(os.environ),
        "toc": "\n".join(f"{x['notebook'][:2]} · {x['title']} <{x['notebook']}>" for x in ledgers),
        "table": raw(
            tables.filter_form(ledgers, papers)
            + table(
                [row_html(row, papers, x["notebook"]) for x in ledgers for row in x["claims"]],
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
