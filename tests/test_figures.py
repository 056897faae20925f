"""Figures: the same bytes twice, coordinates rounded, the picture kept."""

import re

import numpy as np
import pytest

from lib import claims, figures


def drawn(folder, monkeypatch, shift=0.0):
    import matplotlib.pyplot as plt

    monkeypatch.setenv("CLAIMS_OUTPUT", str(folder))
    figures.style()
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.plot(np.linspace(0, 1, 7) ** 2 + shift, marker="o", label="measured")
    ax.axhline(1 / 3, **figures.PREDICTION, label="predicted")
    ax.legend()
    figures.save(fig, "a")
    return (folder / "figures" / "a.svg").read_text()


def test_same_bytes_twice_and_no_date(tmp_path, monkeypatch):
    first, second = (drawn(tmp_path / n, monkeypatch) for n in ("1", "2"))
    assert first == second and "date" not in first.lower()


def test_last_bits_do_not_show_but_a_tenth_of_a_percent_does(tmp_path, monkeypatch):
    first = drawn(tmp_path / "1", monkeypatch)
    assert drawn(tmp_path / "2", monkeypatch, 1e-13) == first
    assert drawn(tmp_path / "3", monkeypatch, 1e-3) != first


def test_glyph_scales_survive_the_rounding(tmp_path, monkeypatch):
    svg = drawn(tmp_path, monkeypatch)
    scales = [float(s) for s in re.findall(r"scale\(([\d.]+)", svg)]
    assert scales and min(scales) > 0.0001
    assert all(
        f'"#{name}"' not in svg or f'id="{name}"' in svg for name in re.findall(r'"#(\w+)"', svg)
    )


def test_shares_have_their_wilson_intervals():
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    bars = figures.shares(ax, [1, 2], [95, 0], 100)
    (low, high), _ = [line[:, 1] for line in bars[2][0].get_segments()]
    plt.close(fig)
    assert bars[0].get_ydata().tolist() == [0.95, 0]
    assert [low, high] == pytest.approx(claims.wilson_interval(95, 100))
