"""One style, three words for every figure, most figures in one call, and saving.

`measured`: the look of its label; `predicted`: dashed and black; `level`: a constant. Measurements
and predictions can be told apart without colour. `curves` draws panels of measurements with their
predictions, each named at its own end. Every figure is an SVG with the same bytes on every
run (figures/NAME.svg) and a PNG in the notebook, which shows everywhere.
"""

import contextlib
import html
import io
import os
import re
import warnings
import weakref

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import ListedColormap
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from PIL import Image

from lib.statistics import wilson_interval
from lib.suite.output import output_folder, write_text

PREDICTION = {"color": "black", "linestyle": "--", "linewidth": 1.4, "zorder": 5}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
WIDEST = 9.5  # inches, 912 CSS pixels: what a page shows without cutting
_PIXELS = 96  # CSS pixels an inch; the PNG has twice as many


def style():
    """Set the look of all figures, whatever a user's matplotlibrc says; call once, in the set-up cell."""
    plt.rcdefaults()
    sns.set_theme(context="notebook", style="ticks", palette="colorblind", font_scale=0.85)
    plt.rcParams.update(
        {
            "font.sans-serif": [
                "DejaVu Sans"
            ],  # comes with matplotlib; seaborn asks for Arial first
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


# --- What every figure is made of ----------------------------------------------------------------

_LOOKS = weakref.WeakKeyDictionary()  # figure -> {label: number of its look}
_ENDS = weakref.WeakKeyDictionary()  # figure -> [(line, label to write at its end)]


def look(ax, label):
    """Colour and marker of a label: the same in all panels of a figure, in the order of first use."""
    known = _LOOKS.setdefault(ax.figure, {})
    k = known.setdefault(label, len(known))
    return {"color": f"C{k % 10}", "marker": MARKERS[k % len(MARKERS)]}


def panels(columns=1, rows=1, *, width=None, height=3.6, **options):
    """A figure with its axes: (figure, array (columns,) or (rows, columns)).

    width: inches, at most 9.5; height: inches of one row. options are those of `plt.subplots`.
    """
    width = width or (7 if columns == 1 else WIDEST)
    if width > WIDEST:
        raise ValueError(f"width must be at most {WIDEST} inches, got {width}")
    size = (width, height * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, **options)
    _LOOKS[figure] = {}
    return figure, axes if rows > 1 else axes[0]


def _once(ax, label):
    """The label, or `_` (not in the legend) where these axes have it already."""
    return "_" if label in ax.get_legend_handles_labels()[1] else label


def _quantile(y, levels):
    """Quantiles over the draws of y (points, draws), nan left out; a point without a draw is a gap."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanquantile(y, levels, axis=1)


def measured(ax, x, y, label, *, band=None, joined=True, every=None, **options):
    """A measurement: y against x with the look of its label; markers about eight to a line.

    y: (points,), or (points, draws): the median, and every draw as a thin line, or with
    `band=(low, high)` the area between two quantiles over the draws. `joined=False`: points only.
    options are those of `Axes.plot`. Returns the line.
    """
    y, style = np.asarray(y), look(ax, label)
    if y.ndim == 2 and y.shape[1] > 1:
        if band is None:
            ax.plot(x, y, color=style["color"], alpha=0.35, linewidth=0.8)
        else:
            ax.fill_between(x, *_quantile(y, band), color=style["color"], alpha=0.2, linewidth=0)
        y = _quantile(y, 0.5)
    dots = {"markevery": every or max(1, len(y) // 8)} if joined else {"linestyle": ""}
    return ax.plot(x, y.reshape(len(y)), label=_once(ax, label), **style | dots | options)[0]


def predicted(ax, x, y, label="predicted", *, of=None, **options):
    """A prediction: dashed and black, named once in the legend.

    of: the label of the measurement that it is a prediction of, whose marker it then bears, hollow.
    """
    style = {}
    if of is not None:
        style = {"marker": look(ax, of)["marker"], "mfc": "white", "mec": look(ax, of)["color"]}
        style["markevery"] = max(1, len(y) // 8)
    return ax.plot(x, y, label=_once(ax, label), **PREDICTION | style | options)[0]


def level(ax, value, label=None, *, axis="y", theory=True, of=None, **options):
    """A constant: dashed black if theory gives it, else a dotted mark, grey or in the colour of the
    measurement `of`. axis: the one it is a value of. ax: one, or several, of which the first names it.
    """
    if np.ndim(ax):
        given = {"axis": axis, "theory": theory, "of": of} | options
        return [level(one, value, None if k else label, **given) for k, one in enumerate(ax)]
    mark = {"color": "grey" if of is None else look(ax, of)["color"], "linestyle": ":"}
    draw = ax.axhline if axis == "y" else ax.axvline
    name = None if label is None else _once(ax, label)
    return draw(value, label=name, **(PREDICTION if theory else mark) | options)


def guide(axes, label, x, curves):
    """A dotted black line in each of some panels to guide the eye, no measurement and no prediction."""
    for ax, y in zip(axes, curves, strict=True):
        ax.plot(x, y, "k:", label=label)


@contextlib.contextmanager
def curves(name, shown, alt, *, prediction="prediction", band=None, **options):
    """Measured curves with their predictions, in one call; saved when the block under `with` ends:

        with figures.curves("decay", {"N = 2": {"η = 0.1": (t, loss, theory)}}, "Loss falls.") as axes:
            figures.level(axes, 1e-12, "converged", theory=False)

    shown: {title of a panel: {label: (x, y) or (x, y, predicted y)}}; y, band: as for `measured`. A curve
    bears its label at its right end, in its colour, so that no eye travels to a legend and back; only
    the dashed line is named in one, once. A label is the same curve in all panels.
    name, alt: as for `save`. options: `legend` of `save`; `width`, `height`, `sharey` of `panels`; and what
    `Axes.set` takes, the same for all panels. Gives axes (panels,), for marks.
    """
    look, legend = _look(options), options.pop("legend", "best")
    fig, found = panels(len(shown), **look)
    for ax, (title, lines) in zip(found, shown.items(), strict=True):
        for label, (x, y, *theory) in lines.items():
            line = measured(ax, x, y, label, band=band)
            line.set_label("_")
            _ENDS.setdefault(fig, []).append((line, label))
            if theory:
                predicted(ax, x, theory[0], prediction if ax is found[0] else "_", of=label)
        _set(ax, look["sharey"], title=title, **options)
    yield found
    save(fig, name, alt, legend)


@contextlib.contextmanager
def points(name, shown, alt, *, filled=(), **options):
    """Points side by side, in one call, as `curves`; shown: {title of a panel: {label: (x, y)}}.

    Hollow but for the labels in `filled`; the labels stand in a legend.
    """
    look, legend = _look(options), options.pop("legend", "best")
    fig, found = panels(len(shown), **look)
    for ax, (title, clouds) in zip(found, shown.items(), strict=True):
        for label, (x, y) in clouds.items():
            measured(ax, x, y, label, joined=False, mfc=None if label in filled else "none")
        _set(ax, look["sharey"], title=title, **options)
    yield found
    save(fig, name, alt, legend)


def _look(options, **other):
    """What `panels` takes, out of the options of a figure."""
    usual = {"width": None, "height": 3.6, "sharey": True} | other
    return {name: options.pop(name, value) for name, value in usual.items()}


def _set(ax, outer, **options):
    """Set titles, scales, limits; `outer`: labels stand at the outer panels only."""
    ax.set(**options)
    if outer:
        ax.label_outer()


def _name_ends(figure):
    """Write the label of every curve of `curves` at its last point, apart from each other."""
    ends = _ENDS.pop(figure, [])
    if not ends:
        return
    figure.get_layout_engine().execute(figure)  # settles limits and sizes, and draws nothing
    size = plt.rcParams["legend.fontsize"]
    size = FontProperties(size=size).get_size_in_points()
    placed = []  # (number of the panel, place in points, last point, line, label)
    for line, label in ends:
        points = np.transpose([np.asarray(part, float) for part in line.get_data()])
        points = points[np.isfinite(points).all(1)]
        if len(points):
            place = line.axes.transData.transform(points[-1]) * 72 / figure.dpi
            placed.append((figure.axes.index(line.axes), place, points[-1], line, label))
    placed.sort(key=lambda end: (end[0], end[1][0]))
    groups = []  # of labels side by side, which could meet
    for end in placed:
        same = groups and groups[-1][-1][0] == end[0]
        if not (same and end[1][0] - groups[-1][-1][1][0] < 5 * size):
            groups.append([])
        groups[-1].append(end)
    look = {"fontsize": size, "va": "center", "zorder": 6, "textcoords": "offset points"}
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for group in groups:
        group.sort(key=lambda end: end[1][1])
        heights = _apart([place[1] for _, place, *_ in group], 1.3 * size)
        for height, (_, place, point, line, label) in zip(heights, group, strict=True):
            offset, colour = (6, height - place[1]), line.get_color()
            line.axes.annotate(label, point, offset, color=colour, path_effects=halo, **look)


def _apart(heights, gap):
    """Rising heights moved as little as needed to be `gap` apart: groups share their middle.

    >>> _apart([0.0, 1.0, 9.0], 4)
    [-1.5, 2.5, 9.0]
    """
    groups = []  # [sum of heights, count]
    for height in heights:
        groups.append([height, 1])
        while len(groups) > 1:
            (below, n), (above, m) = groups[-2:]
            if above / m - (m - 1) * gap / 2 - below / n - (n - 1) * gap / 2 >= gap:
                break
            groups[-2:] = [[below + above, n + m]]
    return [total / n + (k - (n - 1) / 2) * gap for total, n in groups for k in range(n)]


@contextlib.contextmanager
def regions(name, shown, alt, x, y, colours, **options):
    """Maps side by side, in one call, as `curves`; shown: {title: number of the region of each cell}.

    x, y: the edges of the cells. colours: {region: colour}; the regions are named under the maps.
    """
    look, legend = _look(options, height=4.2), options.pop("legend", "best")
    fig, found = panels(len(shown), **look)
    paint, last = ListedColormap([*colours.values()]), len(colours) - 1
    for ax, (title, kind) in zip(found, shown.items(), strict=True):
        ax.pcolormesh(x, y, kind, cmap=paint, vmin=0, vmax=last, rasterized=True)
        ax.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
        _set(ax, look["sharey"], title=title, **options)
    patches = [Patch(color=colour, label=label) for label, colour in colours.items()]
    below = fig.legend(handles=patches, loc="outside lower center", ncols=len(colours))
    below.set_gid("regions")
    yield found
    save(fig, name, alt, legend)


@contextlib.contextmanager
def effects(name, shown, alt, *, neutral=1.0, width=None, height=None, **axes):
    """Effects under each other, in one call, as `curves`; shown: {label: (value, low, high)}, from top to bottom.

    neutral: where nothing has changed, a dotted line. Gives axes (1,), for marks.
    """
    fig, found = panels(1, width=width, height=height or 0.6 + 0.34 * len(shown))
    (ax,) = found
    for place, (value, low, high) in enumerate(shown.values()):
        reach = [[value - low], [high - value]]
        ax.errorbar([value], [-place], xerr=reach, fmt="o", capsize=3, color="C0")
    level(ax, neutral, None, axis="x", theory=False)
    ax.set_yticks([-place for place in range(len(shown))], [*shown])
    ax.set(ylim=(0.4 - len(shown), 0.6))
    _set(ax, False, **axes)
    yield found
    save(fig, name, alt)


def against(ax, prediction, measurement, label, **options):
    """Measured against predicted, a point for each case, and the diagonal where they agree."""
    p, m = np.ravel(prediction), np.ravel(measurement)
    ends = [min(p.min(), m.min()), max(p.max(), m.max())]
    predicted(ax, ends, ends, "measured = predicted")
    return measured(ax, p, m, label, joined=False, mfc="none", **options)


def shares(ax, x, successes, trials, label="measured", **options):
    """Shares successes/trials at x, with 95% Wilson intervals; trials: one number or one for each."""
    trials = [trials] * len(successes) if isinstance(trials, int) else trials
    pairs = list(zip(successes, trials, strict=True))
    ends = [wilson_interval(k, n) for k, n in pairs]
    reach = [
        [abs(end[side] - k / n) for end, (k, n) in zip(ends, pairs, strict=True)] for side in (0, 1)
    ]
    style = {"capsize": 2, "linestyle": "", "label": _once(ax, label)} | look(ax, label) | options
    return ax.errorbar(x, [k / n for k, n in pairs], reach, **style)


def legend_beside(figure, **options):
    """One legend for all panels, to the right of them, each label once."""
    named = {}
    for ax in figure.axes:
        named |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    figure.legend(named.values(), named, loc="outside right upper", **options)


# --- Saving --------------------------------------------------------------------------------------


def _canonical(svg, name, alt):
    """The same picture with coordinates to 1/100 point, a description, and ids that carry `name`.

    Last bits of a coordinate differ between machines; a hundredth of a point does not, and the
    file is half as long. Two figures on one page must not share an id.
    """

    def short(match):
        return re.sub(
            r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), match[0]
        )

    svg = re.sub(r'(?<=\s)(?:d|x|y|x1|x2|y1|y2|width|height|points)="[^"]*"', short, svg)
    svg = re.sub(r"translate\([^)]*\)", short, svg)
    hashed = dict.fromkeys(re.findall(r'id="((?:image|[a-zA-Z])[0-9a-f]{10})"', svg))
    for order, id in enumerate(hashed):
        svg = svg.replace(id, f"{id[:-10]}_{order}")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    words = f"<desc>{html.escape(alt, quote=False)}</desc>"
    svg = re.sub(r"(<svg [^>]*>)", lambda m: f"{m[1]}\n {words}", svg, count=1)
    return "\n".join(line.rstrip() for line in svg.split("\n"))


def _add_legends(figure, where):
    """A legend in every panel where something is named and none was made; predictions stand last."""
    beside = [found for found in figure.legends if found.get_gid() != "regions"]
    for ax in figure.axes:
        if ax.get_legend() is None and not beside and ax.get_legend_handles_labels()[1]:
            found = zip(*ax.get_legend_handles_labels(), strict=True)
            last = sorted(found, key=lambda pair: getattr(pair[0], "is_dashed", bool)())
            ax.legend(*zip(*last, strict=True), loc=where)


def _with_few_colours(raster):
    """The PNG in `raster` in 256 colours: a third of the bytes, and nothing that an eye can tell apart."""
    # of RGB, since the palette that Pillow finds for RGBA turns a faint blue into a green
    found = Image.open(raster).convert("RGB")
    found = found.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    image = io.BytesIO()
    found.save(image, "png", optimize=True)
    return image.getvalue()


def save(figure, name, alt, legend="best"):
    """Write `figures/<name>.svg` and `.png` to the notebook's output folder, show the PNG, close it.

    alt: what is seen, in words, for those who cannot see it. legend: where it goes in a panel of
    `panels` that names something and has none.
    Raises ValueError for a figure wider than 9.5 inches and for an empty `alt`.
    """
    width, height = figure.get_size_inches()
    if width > WIDEST + 1e-9:
        raise ValueError(f"figure {name}: at most {WIDEST} inches wide, got {width:g}")
    if not alt.strip():
        raise ValueError(f"figure {name}: alt must say what is seen")
    if os.environ.get("CLAIMS_FIGURES") == "none":  # a sweep wants verdicts: a third of its time
        plt.close(figure)
        return
    if figure in _LOOKS:
        _add_legends(figure, legend)
        _name_ends(figure)
    vector, raster = io.StringIO(), io.BytesIO()
    sharp = 2 * _PIXELS  # of what is drawn as pixels inside the SVG, too
    figure.savefig(vector, format="svg", dpi=sharp, metadata={"Date": None, "Creator": None})
    figure.set_layout_engine(
        "none"
    )  # all stands where it shall: half of a picture's time is to find out
    figure.savefig(raster, format="png", dpi=sharp, metadata={"Software": None})
    plt.close(figure)
    svg = _canonical(vector.getvalue(), name, alt)
    picture = _with_few_colours(raster)
    write_text(output_folder() / "figures" / f"{name}.svg", svg)
    (output_folder() / "figures" / f"{name}.png").write_bytes(picture)

    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        size = {"width": round(width * _PIXELS), "height": round(height * _PIXELS)}
        shown = {"image/png": picture, "text/plain": f"Figure: {alt}"}
        display(shown, raw=True, metadata={"image/png": {"alt": alt, **size}})
