"""Rows of the ledgers as HTML: the table of all claims, papers, badges."""

import html
import json
import re
import sys
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

from formulas import mathml  # noqa: E402

from lib.suite import claims, records, report  # noqa: E402

FACTS = json.loads((ROOT / "site" / "notebooks.json").read_text(encoding="utf-8"))
FILLED = FACTS["filled"]  # areas of colour: the dark page dims them and does not turn them

KINDS = {
    claims.REPRODUCED: "success",
    claims.PARTLY: "warning",
    claims.NOT_REPRODUCED: "danger",
    claims.NOT_MEASURED: "none",
}
OWN = ("derived here", "Ours")  # how the source of a row of our own begins
# What sources call a work that carries no author and year there.
ALIASES = {
    "d2l": "zhang2023dive",
    "ABAC": "auffinger2013random",
    "Arata": "arata_stagewise",
    "Gur-Ari": "gurari2018gradient",
    "Rumelhart et al. 1986": "rumelhart1986learning",
}
LABELS = {"arata_stagewise": "Arata (thesis summary)"}


def esc(text):
    """Text for HTML; $...$ becomes a formula."""
    parts = re.split(r"\$([^$]+)\$", text)
    parts[::2] = [html.escape(part) for part in parts[::2]]
    parts[1::2] = [mathml(part) for part in parts[1::2]]
    return "".join(parts)


def untexed(text):
    """Text whose formulas are plain words, for descriptions."""
    return re.sub(r"\$([^$]+)\$", lambda m: re.sub(r"\\[a-zA-Z]+\s?|[{}]", "", m[1]), text)


# --- papers --------------------------------------------------------------------------------------


def entries(text):
    """{key: {field: value}} of a BibTeX file as plain words."""
    found = {}
    for key, body in re.findall(r"@\w+\{([^,\s]+),(.*?)\n\}", text, re.S):
        fields = re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", body, re.M)
        found[key] = {name.lower(): plain(value) for name, value in fields}
    return found


def plain(text):
    """BibTeX as words: accents, dotless i and braces resolved as far as this bibliography needs."""
    accents = {
        "'": "\u0301",
        "`": "\u0300",
        '"': "\u0308",
        "c": "\u0327",
        "v": "\u030c",
        "^": "\u0302",
        "~": "\u0303",
    }
    text = text.replace("\\i", "i")
    text = re.sub(r"\\(['`\"^~]|[cv](?=\{))\{?(\w)\}?", lambda m: m[2] + accents[m[1]], text)
    return unicodedata.normalize("NFC", re.sub(r"[{}]", "", text))


class Papers:
    """references.bib, and which of its works a row's source names."""

    def __init__(self, path):
        self.entries = entries(path.read_text(encoding="utf-8"))
        self.labels, self._by = {}, {}
        for key, entry in self.entries.items():
            names = [name.split(",")[0] for name in entry["author"].split(" and ")]
            short = (
                names[0]
                if len(names) == 1
                else f"{names[0]} and {names[1]}"
                if len(names) == 2
                else f"{names[0]} et al."
            )
            cited = re.search(r"cited in the notebooks as ([^;]*?(\d{4}))", entry.get("note", ""))
            year = cited[2] if cited else entry["year"]
            self.labels[key] = cited[1] if cited else f"{short} {year}"
            self._by.setdefault((names[0], year), []).append((names, key))
        self.labels |= LABELS
        for key, label in list(self.labels.items()):
            taken = [other for other, name in self.labels.items() if name == label and other != key]
            if (
                taken
                and key not in ALIASES.values()
                and "cited in" not in self.entries[key].get("note", "")
            ):
                names = [name.split(",")[0] for name in self.entries[key]["author"].split(" and ")]
                full = f"{', '.join(names[:-1])} and {names[-1]} {label[-4:]}"
                same = any(
                    self.entries[other]["author"] == self.entries[key]["author"] for other in taken
                )
                self.labels[key] = (
                    f"{full}, {' '.join(self.entries[key]['title'].split()[:3])} …"
                    if same
                    else full
                )

    def key(self, source):
        """Key of the work that a source names first, or "" for what was derived here.

        Of two works by one first author in one year, the one whose other authors the source names.
        """
        source = source.removeprefix("Ours, after ")
        for alias, key in ALIASES.items():
            if re.match(rf"{alias}\b", source):
                return key
        found = re.search(
            r"([A-Z\u00c0-\u017e]\w+|de Bruijn)([^;:]*?)\b(1[89]\d\d|20\d\d)\b", source
        )
        if not found:
            return ""
        works = self._by.get((found[1], found[3]), [])
        for label, key in ((self.labels[key], key) for _, key in works):
            if label in source:
                return key
        named = [(sum(name in found[2] for name in names[1:]), key) for names, key in works]
        return max(named, default=(0, ""))[1]

    def subject(self, source):
        """The work that a row checks: "" where the row is our own, whatever it leans on."""
        return "" if source.startswith(OWN) else self.key(source)

    def linked(self, source, where=""):
        """The source as HTML, leading to its entry under References."""
        key = self.key(source)
        return (
            f'<a href="{where}references.html#{anchor(key)}">{esc(source)}</a>'
            if key
            else esc(source)
        )


def anchor(key):
    """Id of a work on the page of references."""
    return "ref-" + re.sub(r"[^a-z0-9]+", "-", key.lower())


# --- rows ----------------------------------------------------------------------------------------


def badge(verdict, words=None):
    """A verdict as a coloured word."""
    return f'<span class="verdict verdict-{KINDS[verdict]}">{words or claims.MARKS[verdict] + " " + verdict}</span>'


def tally(rows):
    """(reproduced, counted, worst verdict) of rows; identities do not count."""
    rows = claims.counted(rows)
    good = sum(row["verdict"] == claims.REPRODUCED for row in rows)
    worst = max((row["verdict"] for row in rows), key=[*KINDS].index, default=claims.REPRODUCED)
    return good, len(rows), worst


def short_badge(ledger):
    """`13 of 14 reproduced`, in the colour that the share deserves: amber where a row is missing."""
    good, total, _ = tally(ledger["claims"])
    return badge(
        claims.REPRODUCED if good == total else claims.PARTLY, f"{good} of {total} reproduced"
    )


def cell(label, text, sort=None, kind="td"):
    extra = "" if sort is None else f' data-sort="{sort}"'
    return f'<{kind} data-label="{label}"{extra}>{text}</{kind}>'


def finite(value):
    return "" if value is None else repr(float(value))


def row_html(row, papers, notebook):
    """One row of the table of all claims; its name leads to its notebook, where its card stands."""
    name = notebook[:2]
    label = f'<span class="kind">{claims.kind(row)}</span> ' if claims.kind(row) else ""
    sweep = row.get("sweep")
    fresh = f"{sweep['held']} of {sweep['runs']}" if sweep else ""
    key = papers.subject(row["source"])
    why = f'<span class="why">Bound: {esc(row["because"])}.</span> ' if row.get("because") else ""
    source = f'<span class="source">{papers.linked(row["source"])}</span>'
    return (
        f'<tr data-notebook="{name}" data-paper="{key or "own"}" data-verdict="{row["verdict"]}" data-control="{claims.kind(row) or "claim"}">'
        f'<th scope="row" data-label="row"><a href="notebooks/{notebook}.html#claim-{row["id"]}">{row["id"]}</a></th>'
        + cell("claim", f"{label}{esc(row['statement'])} <small>{why}{source}</small>")
        + cell("holds if", esc(claims.criterion(row)), finite(row["predicted"]))
        + cell("measured", f"<b>{esc(claims.measurement(row))}</b>", finite(row["measured"]))
        + cell("verdict", badge(row["verdict"]), [*KINDS].index(row["verdict"]))
        + cell("cases", claims.cases(row), row["seeds"])
        + cell("fresh seeds", fresh, sweep["held"] / sweep["runs"] if sweep else -1)
        + "</tr>"
    )


HEAD = ("row", "claim", "holds if", "measured", "verdict", "cases", "fresh seeds")


def table(rows, caption, id=None):
    """Rows under one head; on a narrow screen each becomes a card (see site.css)."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    mark = f' id="{id}"' if id else ""
    return (
        f'<table class="claims"{mark}><caption class="visually-hidden">{esc(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody></table>"
    )


def options(pairs):
    return "".join(
        f'<option value="{html.escape(value)}">{html.escape(words)}</option>'
        for value, words in pairs
    )


def filter_form(ledgers, papers):
    """The form over the table of all claims; site/static/results.js makes it work."""
    rows = [row for ledger in ledgers for row in ledger["claims"]]
    keys = sorted(
        {papers.subject(row["source"]) for row in rows} - {""}, key=lambda key: papers.labels[key]
    )
    verdicts = [v for v in KINDS if any(row["verdict"] == v for row in rows)]
    selects = {
        "notebook": (
            "Notebook",
            [(x["notebook"][:2], f"{x['notebook'][:2]} · {x['title']}") for x in ledgers],
        ),
        "paper": (
            "Paper",
            [*((key, papers.labels[key]) for key in keys), ("own", "derived or found here")],
        ),
        "verdict": ("Verdict", [(v, v) for v in verdicts]),
        "control": (
            "Kind",
            [("claim", "claims"), ("control", "controls"), ("identity", "identities")],
        ),
    }
    fields = "".join(
        f'<label>{words} <select name="{name}"><option value="">all</option>{options(pairs)}</select></label>'
        for name, (words, pairs) in selects.items()
    )
    return (
        '<form id="filter" class="filter" role="search" aria-label="Filter the claims">'
        '<label>Text <input type="search" name="q" autocomplete="off"></label>'
        f'{fields}<button type="reset">Clear</button>'
        f'<output name="count" aria-live="polite">{len(rows)} of {len(rows)} rows</output></form>\n'
        "<noscript><style>.filter { display: none; }</style></noscript>\n"
    )


def ledgers():
    """Ledgers of the notebooks in the new form, which give the reason for each bound.

    A row's `sweep` has its seeds and those that failed, too.
    """
    found = [
        ledger
        for ledger in report.ledgers(ROOT)
        if ledger["claims"]
        and "because" in ledger["claims"][0]
        and (ROOT / "notebooks" / f"{ledger['notebook']}.ipynb").exists()
    ]
    for ledger in found:
        swept = records.swept(records.read(ROOT, ledger["notebook"]), ledger["claims"])
        for row in ledger["claims"]:
            if row["sweep"]:
                one = swept[row["id"]]
                row["sweep"] |= {"seeds": one["seeds"], "failed": one["failed"]}
    return found
