"""What agrees across machines passes; whatever a reader would notice fails."""

import base64
import copy
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tiny import row_of

from lib.suite import agreement, build, figures
from lib.suite.agreement import disagreement, ledger_disagreement, notebook_disagreement

LINE = "34.1a  share of 57 runs ≤ 0.5 | measured 0.417 [0.38, 0.46] | 12 draws | REPRODUCED"


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.417", "0.418"), ("0.46]", "0.47]"), ("0.38", "0.381"), ("  share", " share")],
)
def test_a_last_digit_passes(old, new):
    assert disagreement(LINE, LINE.replace(old, new)) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.417", "0.45"),
        ("0.417", "0.425"),
        ("REPRODUCED", "NOT REPRODUCED"),
        ("share", "part"),
        ("12 draws", "13 draws"),
        ("≤ 0.5", "≤ 0.6"),
        ("34.1a", "34.1b"),
        (" of 57 runs", ""),
        ("57", "-57"),
        ("draws", "draws\nmore"),
    ],
)
def test_a_changed_word_or_number_fails(old, new):
    assert disagreement(LINE, LINE.replace(old, new)) != ""


def test_numbers_at_rounding_level_say_no_more_than_none():
    assert disagreement("largest 3e-15", "largest 2e-12") == ""
    assert disagreement("largest 3e-15", "largest 2e-8") != ""


def test_html_is_compared_like_text():
    cell = '<td>0.417</td><td style="color:#1a7f37">✔ reproduced</td>'
    assert disagreement(cell, cell.replace("0.417", "0.418")) == ""
    assert disagreement(cell, cell.replace("✔", "✘")) != ""
    assert disagreement(cell, cell.replace("#1a7f37", "#cf222e")) != ""


# --- Figures -------------------------------------------------------------------------------------


def drawn(tmp_path, monkeypatch, shift=0.0, points=400, colour="C0", spots=0):
    """An SVG of a curve of 200 points height, moved up by `shift` points, and a map."""
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
    figures.style()
    fig, (ax, right) = figures.panels(2, height=3.6)
    x = np.linspace(0, 6, points)
    kinds = np.zeros((60, 60))
    kinds.flat[:spots] = 1
    right.pcolormesh(kinds, vmin=0, vmax=1, rasterized=True)
    ax.set_ylim(-1.5, 1.5)
    ax.plot(x, np.sin(40 * x) + 0 * shift, color=colour)
    fig.canvas.draw()
    scale = 3.0 / (ax.get_window_extent().height * 72 / fig.dpi)
    ax.lines[0].set_ydata(np.sin(40 * x) + shift * scale)
    figures.save(fig, "a", "A curve.")
    return (tmp_path / "figures" / "a.svg").read_text()


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({}, True),
        ({"shift": 0.2}, True),
        ({"shift": 3}, False),
        ({"shift": 1}, False),
        ({"points": 399}, False),
        ({"colour": "C1"}, False),
        ({"spots": 12}, True),
        ({"spots": 400}, False),
    ],
)
def test_pictures(tmp_path, monkeypatch, change, agrees):
    stored = drawn(tmp_path, monkeypatch)
    assert (disagreement(stored, drawn(tmp_path, monkeypatch, **change)) == "") == agrees


# --- Ledgers and notebooks -----------------------------------------------------------------------


def ledger(**change):
    return {"notebook": "01_x", "parameters": {"seed": 0}, "claims": [row_of(0.417) | change]}


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        ({"measured": 0.418}, True),
        ({"measured": 0.45}, False),
        ({"verdict": "not reproduced"}, False),
        ({"seeds": 2}, False),
        ({"statement": "it is large"}, False),
        ({"tolerance": 0.1}, False),
        ({"interval": [0.1, 0.2]}, False),
        ({"id": "01.2"}, False),
    ],
)
def test_ledgers(change, agrees):
    assert (ledger_disagreement(ledger(), ledger(**change)) == "") == agrees


def test_parameters_of_ledgers_must_be_the_same():
    assert ledger_disagreement(ledger(), ledger() | {"parameters": {"seed": 1}}) != ""


def picture(shift=0):
    """A PNG of a line, and one that is `shift` pixels higher."""
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).line([(0, 200 - shift), (399, 100 - shift)], fill="blue", width=3)
    data = io.BytesIO()
    image.save(data, "png")
    return base64.b64encode(data.getvalue()).decode()


def notebook():
    png = picture()
    figure = {"image/png": png, "text/plain": "Figure: a curve"}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "mean 0.417\n"},
        {"output_type": "execute_result", "data": {"text/html": "<td>0.417</td>"}, "metadata": {}},
        {
            "output_type": "display_data",
            "data": figure,
            "metadata": {"image/png": {"alt": "curve"}},
        },
    ]
    cell = {"cell_type": "code", "source": "x", "metadata": {}, "outputs": outputs}
    return {"cells": [cell]}


@pytest.mark.parametrize(
    ("old", "new", "agrees"),
    [
        ("0.417", "0.418", True),
        ("0.417", "0.45", False),
        ('"source": "x"', '"source": "y"', False),
        ('"alt": "curve"', '"alt": "line"', False),
        (picture(), picture(1), True),
        (picture(), picture(40), False),
        (picture(), "cGl4ZWwh", False),
    ],
)
def test_notebooks(old, new, agrees):
    text = json.dumps(notebook())
    assert old in text
    made = json.loads(text.replace(old, new))
    assert (notebook_disagreement(notebook(), made) == "") == agrees


def test_a_lost_output_is_seen():
    made = copy.deepcopy(notebook())
    made["cells"][0]["outputs"].pop()
    assert "outputs" in notebook_disagreement(notebook(), made)


def test_last_places_are_those_of_the_coarser_number():
    assert agreement.near("0.4", "0.41") is False and agreement.near("1e-3", "2e-3") is False


# --- A folder of outputs made anew ---------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A project with one figure published, and what its kernel has made anew."""
    root, png = tmp_path / "project", base64.b64decode(picture())
    for base in (root / "figures" / "01_x", tmp_path / "made" / "01_x" / "figures"):
        base.mkdir(parents=True)
        (base / "a.svg").write_text("<svg>\n <desc>curve</desc></svg>")
    for base in (root / "results", tmp_path / "made" / "01_x"):
        base.mkdir(parents=True, exist_ok=True)
        (base / "01_x.json").write_text(json.dumps(ledger()))
    (tmp_path / "made" / "01_x" / "figures" / "a.png").write_bytes(png)
    for path in (root / "notebooks" / "01_x.ipynb", root / "notebooks" / "src" / "01_x.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook()))
    return root, tmp_path / "made"


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (None, "", "", ""),
        ("notebooks/01_x.ipynb", picture(), picture(40), "notebooks/01_x.ipynb: a: "),
        ("notebooks/01_x.ipynb", '"alt": "curve"', '"alt": "line"', "shows no figure"),
        ("results/01_x.json", "0.417", "0.5", "results/01_x.json: 01.1: measured"),
        ("figures/01_x/a.svg", "curve", "line", "figures/01_x/a.svg"),
    ],
)
def test_what_a_kernel_made_is_compared_with_what_is_stored(folder, capsys, path, old, new, words):
    root, made = folder
    if path:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))
    assert build.compare(root, made) == (1 if path else 0)
    assert words in capsys.readouterr().out


def test_some_notebooks_are_compared_alone(folder, capsys):
    root, made = folder
    (root / "notebooks" / "src" / "02_y.py").write_text("")
    assert build.compare(root, made, ["01_x"]) == 0
    assert build.compare(root, made) == 1 and "02_y" in capsys.readouterr().out
