"""references.bib parses: every entry closed, every key once; no table writes a norm that reads as a bar."""

import re
from pathlib import Path

import pytest

from lib.suite.stamps import names

ROOT = Path(__file__).resolve().parents[1]


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
    found = entries((ROOT / "references.bib").read_text(encoding="utf-8"))
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
