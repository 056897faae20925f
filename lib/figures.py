"""One style, and saving: every figure is an SVG with the same bytes on every run.

Measurements are drawn solid or as markers, predictions dashed and black: the two can be told apart
without colour.
"""

import io
import re

import matplotlib.pyplot as plt
import seaborn as sns

from lib.claims import output_folder, wilson_interval, write_text

PREDICTION = {"color": "black", "linestyle": "--", "linewidth": 1.4, "zorder": 5}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def style():
    """Set the look of all figures; call once, in the imports cell."""
    sns.set_theme(context="notebook", style="ticks", palette="colorblind", font_scale=0.85)
    plt.rcParams.update(
        {
            "figure.constrained_layout.use": True,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "lines.markersize": 5,
            "svg.hashsalt": "claims",
            "svg.fonttype": "path",
        }
    )


def _canonical(svg):
    """The same picture with coordinates to 1/100 point and identifiers numbered in order.

    Last bits of a coordinate differ between machines; a hundredth of a point does not, and the
    file is half as long.
    """

    def short(match):
        return re.sub(
            r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), match[0]
        )

    svg = re.sub(r'(?<=\s)(?:d|x|y|x1|x2|y1|y2|width|height|points)="[^"]*"', short, svg)
    svg = re.sub(r"translate\([^)]*\)", short, svg)
    for order, name in enumerate(dict.fromkeys(re.findall(r'id="([a-zA-Z][0-9a-f]{10})"', svg))):
        svg = svg.replace(name, f"{name[0]}_{order}")
    return "\n".join(line.rstrip() for line in svg.split("\n"))


def shares(ax, x, successes, trials, **options):
    """Shares successes/trials at x, with 95% Wilson intervals; `trials` one number or one for each."""
    trials = [trials] * len(successes) if isinstance(trials, int) else trials
    pairs = list(zip(successes, trials, strict=True))
    ends = [wilson_interval(k, n) for k, n in pairs]
    reach = [
        [abs(end[side] - k / n) for end, (k, n) in zip(ends, pairs, strict=True)] for side in (0, 1)
    ]
    look = {"fmt": "o", "capsize": 2} | options
    return ax.errorbar(x, [k / n for k, n in pairs], reach, **look)


def save(figure, name):
    """Write `figures/<name>.svg` to the notebook's output folder, show it, close it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = _canonical(buffer.getvalue())
    write_text(output_folder() / "figures" / f"{name}.svg", svg)

    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display({"image/svg+xml": svg}, raw=True)
