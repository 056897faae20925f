"""Figures: the same bytes twice, coordinates rounded, the picture kept."""

import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from tiny import REPOSITORY

from lib import statistics
from lib.suite import figures


def drawn(folder, monkeypatch, shift=0.0):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("CLAIMS_OUTPUT", str(folder))
    figures.style()
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.plot(np.linspace(0, 1, 7) ** 2 + shift, marker="o", label="measured")
    ax.axhline(1 / 3, **figures.PREDICTION, label="predicted")
    ax.legend()
    figures.save(fig, "a", "A rising curve & a level.")
    return (folder / "figures" / "a.svg").read_text()


def test_same_bytes_twice_and_no_date(tmp_path, monkeypatch):
    first, second = (drawn(tmp_path / n, monkeypatch) for n in ("1", "2"))
    assert first == second and "date" not in first.lower()


def test_last_bits_do_not_show_but_a_tenth_of_a_percent_does(tmp_path, monkeypatch):
    first = drawn(tmp_path / "1", monkeypatch)
    assert drawn(tmp_path / "2", monkeypatch, 1e-13) == first
    assert drawn(tmp_path / "3", monkeypatch, 1e-3) != first


HOSTILE = """\
text.usetex: True
font.family: serif
mathtext.fontset: cm
axes.formatter.limits: -2, 2
axes.formatter.use_locale: True
axes.prop_cycle: cycler(color=["black"])
axes.labelsize: 30
xtick.minor.visible: True
lines.linewidth: 7
savefig.bbox: tight
savefig.transparent: True
figure.constrained_layout.h_pad: 0.3
figure.dpi: 31
svg.fonttype: none
legend.loc: lower left
"""
DRAW = """
import sys, numpy as np
from lib.suite import figures
figures.style()
fig, (ax,) = figures.panels()
ax.set(xscale="log", xlabel=r"$\\eta^2$")
figures.measured(ax, [1, 10, 1e6], [1e-5, 2e-5, 1], "measured")
figures.predicted(ax, [1, 10, 1e6], [1e-5, 3e-5, 2])
figures.save(fig, "a", "A line.")
"""


@pytest.mark.parametrize("where", ["MATPLOTLIBRC", "the current folder", "the user's settings"])
def test_no_settings_of_a_user_enter_a_figure(tmp_path, where):
    """Arial, too, where it is installed: seaborn would take it before the font that is shipped."""
    made = []
    for name, words in (("plain", ""), ("hostile", HOSTILE)):
        folder = tmp_path / name
        (folder / "matplotlib").mkdir(parents=True)
        settings = folder / ("matplotlib/matplotlibrc" if "user" in where else "matplotlibrc")
        settings.write_text(words)
        env = {k: v for k, v in os.environ.items() if k not in ("MATPLOTLIBRC", "MPLCONFIGDIR")}
        env |= {"CLAIMS_OUTPUT": str(folder), "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "Agg"}
        env |= {"MATPLOTLIBRC": str(settings)} if where == "MATPLOTLIBRC" else {}
        env |= {"XDG_CONFIG_HOME": str(folder)} if "user" in where else {}
        cwd = folder if "folder" in where else tmp_path
        command = [sys.executable, "-c", DRAW]
        subprocess.run(command, check=True, env=env, cwd=cwd)
        made.append((folder / "figures" / "a.svg").read_text())
    assert made[0] == made[1]


def test_glyph_scales_survive_the_rounding(tmp_path, monkeypatch):
    svg = drawn(tmp_path, monkeypatch)
    scales = [float(s) for s in re.findall(r"scale\(([\d.]+)", svg)]
    assert scales and min(scales) > 0.0001
    assert all(
        f'"#{name}"' not in svg or f'id="{name}"' in svg for name in re.findall(r'"#(\w+)"', svg)
    )


def test_ids_carry_the_name_and_the_description_says_what_is_seen(tmp_path, monkeypatch):
    svg = drawn(tmp_path, monkeypatch)
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids and all(id.startswith("a-") for id in ids)
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
    assert used and {*used} <= {*ids}
    assert "<desc>A rising curve &amp; a level.</desc>" in svg


def test_faint_bands_keep_their_colours_in_the_notebook():
    fig, axes = figures.panels(2)
    for ax in axes:
        for k in range(4):
            draws = [[k, k + 0.5, k + 1]] * 2
            figures.measured(ax, [0, 1], np.array(draws), f"number {k}", band=(0, 1))
    raster = io.BytesIO()
    fig.savefig(raster, format="png", dpi=192)
    before = np.asarray(Image.open(raster).convert("RGB"), int)
    few = Image.open(io.BytesIO(figures._with_few_colours(raster)))
    assert len(few.getcolors()) <= 256
    assert np.abs(np.asarray(few.convert("RGB"), int) - before).max() <= 8


def test_figures_too_wide_or_without_words_are_refused():
    import matplotlib.pyplot as plt

    wide, plain = plt.figure(figsize=(10, 3)), plt.figure(figsize=(4, 3))
    with pytest.raises(ValueError, match="inches wide"):
        figures.save(wide, "a", "words")
    with pytest.raises(ValueError, match="what is seen"):
        figures.save(plain, "a", " ")
    with pytest.raises(ValueError, match="inches"):
        figures.panels(2, width=12)
    plt.close("all")


def test_a_label_has_one_look_in_all_panels_and_stands_once_in_the_legend():
    import matplotlib.pyplot as plt

    fig, (left, right) = figures.panels(2)
    first = figures.measured(left, [1, 2], [1, 2], "a")
    figures.measured(left, [1, 2], [2, 2], "b")
    again = figures.measured(right, [1, 2], [3, 1], "a")
    assert first.get_color() == again.get_color() and first.get_marker() == again.get_marker()
    figures.predicted(left, [1, 2], [1, 2])
    figures.predicted(left, [1, 2], [2, 1])
    assert left.get_legend_handles_labels()[1] == ["a", "b", "predicted"]
    plt.close(fig)


def test_measured_draws_every_draw_or_a_band_and_the_median():
    import matplotlib.pyplot as plt

    fig, (ax,) = figures.panels()
    line = figures.measured(ax, [0, 1], [[1, 2, 9], [3, 4, 5]], "a")
    assert line.get_ydata().tolist() == [2, 4] and len(ax.lines) == 4
    figures.measured(ax, [0, 1], [[1, 2, 9], [3, 4, 5]], "b", band=(0, 1))
    assert len(ax.lines) == 5 and len(ax.collections) == 1
    plt.close(fig)


def test_shares_have_their_wilson_intervals():
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    bars = figures.shares(ax, [1, 2], [95, 0], 100)
    (low, high), _ = [line[:, 1] for line in bars[2][0].get_segments()]
    plt.close(fig)
    assert bars[0].get_ydata().tolist() == [0.95, 0]
    assert [low, high] == pytest.approx(statistics.wilson_interval(95, 100))


def test_curves_are_named_at_their_ends_apart_and_predictions_once(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
    made = {}

    def keep(figure, name, alt, legend="best"):
        made[name] = figure
        saved(figure, name, alt, legend)

    saved = figures.save
    monkeypatch.setattr(figures, "save", keep)
    lines = {"low": ([1, 2], [3, 4], [3, 5]), "high": ([1, 2], [3, 4.01]), "lost": ([1], [np.nan])}
    shown = {"a": lines, "b": {"low": ([1, 2, 3], [1, 2, np.inf], [1, 2, 3])}}
    with figures.curves("two", shown, "Two rise.", xlabel="x", ylabel="y") as (left, right):
        figures.level([left, right], 3.5, "half")
        figures.guide([left, right], "eye", [1, 2], [[3, 3], [2, 2]])
    (low, high), (end,) = ([text for text in ax.texts] for ax in (left, right))
    assert [low.get_text(), high.get_text(), end.get_text()] == ["low", "high", "low"]
    heights = [text.get_transform().transform((0, text.xyann[1]))[1] for text in (low, high)]
    assert heights[1] - heights[0] > 10 and end.xy == pytest.approx((2, 2))
    assert low.get_color() == end.get_color() != high.get_color()
    assert left.get_legend_handles_labels()[1] == ["prediction", "half", "eye"]
    assert right.get_legend_handles_labels()[1] == ["eye"]
    assert (left.get_ylabel(), right.get_ylabel(), right.get_xlabel()) == ("y", "", "x")
    assert (tmp_path / "figures" / "two.svg").is_file() and [*made] == ["two"]


def test_labels_move_as_little_as_they_must():
    assert figures._apart([0.0, 10.0], 4) == [0.0, 10.0]
    assert figures._apart([0.0, 0.0, 0.0], 4) == [-4.0, 0.0, 4.0]
    assert figures._apart([], 4) == []


def test_regions_are_named_under_their_maps(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
    colours = {"in": "#ffffff", "out": "#a23b3b"}
    kinds = {"N = 2": np.array([[0, 1], [1, 1]])}
    edges = np.array([1.0, 2, 4])
    with figures.regions("map", kinds, "A map.", edges, edges, colours, xlabel="x") as (ax,):
        assert (ax.get_title(), ax.get_xscale()) == ("N = 2", "log")
    names = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert names == ["in", "out"] and (tmp_path / "figures" / "map.svg").is_file()


def test_points_are_hollow_unless_filled(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
    shown = {"N = 2": {"greedy": ([1, 2], [3, 4]), "other": ([1], [2])}}
    with figures.points("cloud", shown, "Points.", filled=("greedy",), xlabel="x") as (ax,):
        first, second = ax.get_lines()
        assert first.get_linestyle() == "None" and ax.get_title() == "N = 2"
        assert second.get_markerfacecolor() == "none" != first.get_markerfacecolor()
    assert (tmp_path / "figures" / "cloud.svg").is_file()
