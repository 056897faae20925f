"""A row as a thing: its card, the same on its notebook, under a pointer and at its own address rows/ID.html."""

import json
import math
import re

import tables
from tables import badge, claims, esc

WIDTH, HEIGHT, EDGE = 160, 18, 6  # of a strip; EDGE: room for the dot


# --- drawn ---------------------------------------------------------------------------------------


def scale(row):
    """(from value to share of the strip's width, low, high): logarithmic where the numbers span decades."""
    asked, reach = row["predicted"], row["tolerance"]
    ends = [asked - reach, asked + reach] if row["relation"] == "within" else [asked]
    shown = [*ends, row["measured"], *(row["interval"] or ())]
    log = min(shown) > 0 and max(shown) / min(shown) > 30
    turn = math.log10 if log else float
    low, high = turn(min(shown)), turn(max(shown))
    room = 0.25 * (high - low) or 0.25 * abs(high) or 1.0
    of_one = "share" in row.get("measure", "") and 0 <= min(shown) and max(shown) <= 1 and not log
    low, high = (max(low - room, 0), min(high + room, 1)) if of_one else (low - room, high + room)
    return lambda value: (turn(value) - low) / (high - low)


def strip(row):
    """The claimed region, the number and its interval as a small picture; "" where nothing was measured."""
    if row["measured"] is None:
        return ""
    share = scale(row)

    def at(value):
        return round(EDGE + share(value) * (WIDTH - 2 * EDGE), 1)

    asked, reach = row["predicted"], row["tolerance"]
    left, right = {
        "<=": (0, None),
        ">=": (None, WIDTH),
        "within": (None, None),
    }[row["relation"]]
    if left is None:
        left = at(asked - reach if row["relation"] == "within" else asked)
    if right is None:
        right = at(asked + reach if row["relation"] == "within" else asked)
    middle, dot = HEIGHT / 2, at(row["measured"])
    parts = [
        f'<rect class="whole" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<rect class="region" x="{left:g}" width="{max(right - left, 1):g}" height="{HEIGHT}"/>',
    ]
    if row["interval"]:
        low, high = map(at, row["interval"])
        parts.append(f'<path class="interval" d="M{low:g} {middle:g}H{max(high, low + 1):g}"/>')
    kind = tables.KINDS[row["verdict"]]
    parts.append(f'<circle class="dot-{kind}" cx="{dot:g}" cy="{middle:g}" r="4"/>')
    return (
        f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">'
        + "".join(parts)
        + "</svg>"
    )


def pips(sweep):
    """A bar for each fresh seed, those that failed in another colour and lower; "" without a sweep."""
    if not sweep:
        return ""
    failed = set(sweep["failed"])
    seeds = sweep["seeds"]
    good = "".join(f"M{5 * i} 0h3v12h-3z" for i, s in enumerate(seeds) if s not in failed)
    bad = "".join(f"M{5 * i} 6h3v6h-3z" for i, s in enumerate(seeds) if s in failed)
    words = f"fresh seeds: {sweep['held']} of {sweep['runs']}"
    return (
        f'<span class="pips"><svg viewBox="0 0 {5 * len(seeds)} 12" width="{min(5 * len(seeds), 160)}" height="12" '
        f'preserveAspectRatio="none" aria-hidden="true"><path class="held" d="{good}"/><path class="failed" d="{bad}"/></svg> '
        f"<small>{words}</small></span>"
    )


# --- said ----------------------------------------------------------------------------------------


def rejects(theories, id):
    """(wrong theories that made the row fail when they were run, those declared and not yet run)."""
    ran = [theory for theory, _, failed, outcome in theories if outcome and id in failed]
    waiting = [
        theory for theory, expected, _, outcome in theories if not outcome and id in expected
    ]
    return ran, waiting


def theory_words(text):
    """A theory as HTML: `code` and formulas kept."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", esc(text))


def theories_fold(theories, id):
    """A fold with the wrong theories that the row rejects, or ""."""
    parts = []
    for found, verb in zip(
        rejects(theories, id),
        ("Rejects {}", "Declared to reject {}, not yet run on today's code"),
        strict=True,
    ):
        if found:
            count = f"{len(found)} wrong theor{'y' if len(found) == 1 else 'ies'}"
            items = "".join(f"<li>{theory_words(theory)}</li>" for theory in found)
            parts.append(
                f"<details><summary>{verb.format(count)}</summary><ul>{items}</ul></details>"
            )
    return "".join(parts)


def commands(sweep, name):
    """How to run the seeds again on which a row failed, or ""."""
    if not sweep or not sweep["failed"]:
        return ""
    failed = ", ".join(map(str, sweep["failed"][:6])) + (" …" if len(sweep["failed"]) > 6 else "")
    one = f'make run NOTEBOOK={name} PARAMETERS="seed={sweep["failed"][0]}"'
    return f'<p class="row-failed">Not on seed {failed}. One of them again: <code>{esc(one)}</code></p>'


def bibtex(row, name, given):
    """A BibTeX entry of one row. given: {"title", "authors", "version", "released", "site" or ""} of the suite."""
    words = re.sub(r"([&%#_])", r"\\\1", row["statement"])
    lines = [
        f"@misc{{row-{row['id']},",
        f"  title = {{Row {row['id']}: {words}}},",
        f"  author = {{{{{given['authors']}}}}},",
        f"  howpublished = {{In: {given['title']} Notebook {name[:2]}, version {given['version']}}},",
        f"  note = {{{row['verdict']}}},",
        f"  date = {{{given['released']}}},",
        *([f"  url = {{{given['site']}rows/{row['id']}.html}},"] if given["site"] else []),
        "}",
    ]
    return "\n".join(lines)


def card(
    row,
    papers,
    *,
    where,
    name,
    theories,
    given,
    place="",
    figure=None,
    play="",
    tag="article",
    mark="",
):
    """A row as a card.

    where: the way to the site's root. name: its notebook. theories: [(theory, expected, failed, outcome)].
    place: address of the row on its notebook's page ("" where we are there). figure: (address, words) or None.
    play: page that bends its claim, or "". mark: attributes of the card.
    """
    id, sweep = row["id"], row.get("sweep")
    label = claims.kind(row) or ("check" if row.get("role") == "check" else "")
    label = f' <span class="kind">{label}</span>' if label else ""
    cases = claims.cases(row)
    found = f"<b>{esc(claims.measurement(row))}</b>" + (
        f" <small>in {cases} cases</small>" if cases else ""
    )
    why = f"Bound: {esc(row['because'])}. " if row.get("because") else ""
    ways = [f'<a href="{place}">in its notebook</a>'] if place else []
    if figure:
        ways.append(f'<a href="{where}{figure[0]}">figure “{esc(figure[1])}”</a>')
    if play:
        ways.append(f'<a href="{where}play/{play}.html">bend it by hand</a>')
    ways.append(f'<a href="{where}rows/{id}.html" data-copy>its own page</a>')
    own = f'<a class="row-id" href="{where}rows/{id}.html">{id}</a>'
    return (
        f'<{tag} class="claim-row"{mark}><p class="row-head">{own}{label} {badge(row["verdict"])}</p>'
        f'<p class="row-claim">{esc(row["statement"])}</p>'
        f'<p class="row-facts"><span>{esc(claims.criterion(row))}</span> {strip(row)} <span>{found}</span> {pips(sweep)}</p>'
        f'<details class="row-more"><summary>why, by whom</summary>'
        f"<p>{why}Source: {papers.linked(row['source'], where)}.</p>{commands(sweep, name)}{theories_fold(theories, id)}"
        f'<p class="row-ways">{" · ".join(ways)}</p>'
        f'<details><summary>BibTeX</summary><pre class="bib">{esc(bibtex(row, name, given))}</pre></details></details></{tag}>'
    )


def opened(text):
    """A card with everything in sight but its BibTeX."""
    return text.replace('<details class="row-more">', '<details class="row-more" open>').replace(
        "<details><summary>Reject", "<details open><summary>Reject"
    )


# --- pages ---------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="../" data-theme="auto"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{id} — Why gradient descent trains</title><meta name="description" content="{description}"><meta property="og:title" content="{id}: {verdict}"><meta property="og:description" content="{description}">{canonical}
<script>(d => {{ const t = localStorage.getItem("theme") || "auto"; d.dataset.mode = localStorage.getItem("mode") || "auto"; d.dataset.theme = t === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : t; }})(document.documentElement)</script>
<link rel="stylesheet" href="../_static/styles/theme.css"><link rel="stylesheet" href="../_static/styles/pydata-sphinx-theme.css"><link rel="stylesheet" href="../_static/site.css"><link rel="icon" href="../_static/favicon.svg"><script src="../_static/site.js" defer></script></head>
<body class="row-page"><header><nav aria-label="Site"><a href="../index.html">Why gradient descent trains</a> · <a href="../notebooks/index.html">Notebooks</a> · <a href="../results.html">All claims</a> · <a href="../missed.html">Not reproduced</a></nav></header>
<main class="bd-article"><h1>Row {id}</h1>
<p>From <a href="../notebooks/{name}.html">{number} · {title}</a></p>
{card}
{picture}
<nav class="row-next" aria-label="Rows">{next}</nav></main></body></html>
"""


def page(row, ledger, text, *, figure, near, given):
    """rows/ID.html as a whole. text: its card; figure: (address, words, width, height) or None; near: (id before, id after)."""
    sentence = f"{row['statement']}: {row['verdict']}, {claims.measurement(row)}."
    short = sentence if len(sentence) <= 160 else sentence[:158].rsplit(" ", 1)[0] + " …"
    ways = [
        f'<a rel="{rel}" href="{id}.html">{arrow.format(id)}</a>'
        for rel, id, arrow in zip(("prev", "next"), near, ("← {}", "{} →"), strict=True)
        if id
    ]
    picture = ""
    if figure:
        address, words, width, height = figure
        picture = f'<figure><img class="{figure_class(address)}" src="../{address}" alt="{esc(words)}" width="{width}" height="{height}"></figure>'
    link = (
        f'<link rel="canonical" href="{given["site"]}rows/{row["id"]}.html">'
        if given["site"]
        else ""
    )
    return PAGE.format(
        id=row["id"],
        verdict=row["verdict"],
        description=esc(tables.untexed(short)),
        canonical=link,
        name=ledger["notebook"],
        number=ledger["notebook"][:2],
        title=esc(ledger["title"]),
        card=opened(text),
        picture=picture,
        next=" ".join(ways),
    )


def figure_class(address):
    """How a dark page shows a figure: areas of colour are dimmed, lines are turned."""
    return "filled" if address.rsplit("/", 1)[-1].split(".")[0] in tables.FILLED else "plot"


def script(number, cards):
    """_static/rows/NN.js: the cards of a notebook, for whoever points at one of its ids. %root% is the way to the site's root."""
    text = json.dumps(cards, ensure_ascii=False, separators=(",", ":"))
    return f'(globalThis.cards ??= {{}})["{number}"] = {text};\n'
