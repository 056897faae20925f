"""Whether outputs made anew say what the stored ones say, on whatever processor.

The last digits of a long computation belong to the processor: which kernels BLAS, MKL and torch pick,
and how each sums. So words must be the same and numbers near; a picture the same but for coordinates;
verdicts, ids, statements, draws and bounds exactly the same.
"""

import base64
import io
import json
import re

NEAR = 0.01  # of a number
ROUNDING = 1e-9  # below, a number is rounding and says no more than "none"
POINTS = 2.5  # the most for a coordinate of a figure, in points
CLEARLY = 0.5  # points; at most one coordinate in a hundred may be off by more
PIXELS = 0.01  # share of the pixels of a picture, or of a map inside a figure, that may differ
COARSE = 8  # a picture is looked at in squares of so many pixels: a line may move by less than one
SEEN = 32  # of 255, for a colour of such a square

NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?!\w|\.\d)")  # not of a name
COORDINATES = re.compile(
    r'(?<=\s)(?:d|x|y|x1|x2|y1|y2|width|height|points)="[^"]*"|translate\([^)]*\)'
)
MAP = re.compile(r'data:image/png;base64,([^"]+)')


# --- Text ----------------------------------------------------------------------------------------


def last_place(number):
    """One unit in the last printed place; 0 for whole numbers and for single digits.

    >>> last_place("0.417"), last_place("-5.1e-05"), last_place("93"), last_place("0.9")
    (0.001, 1e-06, 0.0, 0.0)
    """
    mantissa, _, exponent = number.lstrip("+-").partition("e")
    decimals = mantissa.partition(".")[2]
    if decimals in ("", "0") or len(mantissa.replace(".", "").lstrip("0")) < 2:
        return 0.0
    return float(f"1e{int(exponent or 0) - len(decimals)}")


def near(stored, made):
    """Whether two printed numbers agree: to 1%, or to one unit in the last place of both.

    >>> near("0.417", "0.418"), near("0.417", "0.45"), near("3e-15", "8e-13"), near("12", "13")
    (True, False, True, False)
    """
    a, b = (text.replace(",", "").replace("−", "-") for text in (stored, made))
    places = last_place(a), last_place(b)
    a, b = float(a), float(b)
    slack = max(NEAR * max(abs(a), abs(b)), ROUNDING, 1.01 * min(places))
    return abs(a - b) <= slack


def _split(text):
    """(the text with # for every number and one blank for many, its numbers)."""
    return re.sub(r"[ \t]+", " ", NUMBER.sub("#", text)).rstrip(), NUMBER.findall(text)


def _text(stored, made):
    lines, others = stored.split("\n"), made.split("\n")
    for line, other in zip(lines, others, strict=False):
        (words, a), (new, b) = _split(line), _split(other)
        if words != new or not all(map(near, a, b)):
            return f"stored: {line.strip()}\nnow:    {other.strip()}"
    return "" if len(lines) == len(others) else f"{len(lines)} lines stored, now {len(others)}"


# --- Pictures ------------------------------------------------------------------------------------


def _picture(svg):
    """(an SVG with # for every coordinate and map, its coordinates, its maps)."""
    maps = MAP.findall(svg)
    svg = MAP.sub("#", svg)
    places = "".join(COORDINATES.findall(svg))
    return COORDINATES.sub(lambda m: NUMBER.sub("#", m[0]), svg), NUMBER.findall(places), maps


def _maps(stored, made):
    """The share of pixels that differ between two PNGs, 1 for different sizes."""
    import matplotlib.image
    import numpy as np

    a, b = (matplotlib.image.imread(io.BytesIO(base64.b64decode(m))) for m in (stored, made))
    return float(np.any(a != b, axis=-1).mean()) if a.shape == b.shape else 1.0


def picture_disagreement(stored, made):
    """What keeps two PNGs (bytes) apart; "" if at most one square of a hundred looks different."""
    import numpy as np
    from PIL import Image

    try:
        a, b = (Image.open(io.BytesIO(png)).convert("RGB") for png in (stored, made))
    except OSError:
        return "a picture is none"
    if a.size != b.size:
        return (
            f"a picture of {a.size[0]} x {a.size[1]} pixels stored, now {b.size[0]} x {b.size[1]}"
        )
    a, b = (np.asarray(image.reduce(COARSE), int) for image in (a, b))
    share = np.any(abs(a - b) > SEEN, axis=-1).mean()
    return f"{share:.1%} of a picture look different" if share > PIXELS else ""


def _svg(stored, made):
    (frame, a, maps), (other, b, others) = _picture(stored), _picture(made)
    if frame != other or len(a) != len(b) or len(maps) != len(others):
        return "the pictures differ in more than coordinates"
    off = [abs(float(x) - float(y)) for x, y in zip(a, b, strict=True)]
    moved = sum(d > CLEARLY for d in off)
    if off and (max(off) > POINTS or moved > len(off) / 100):
        return (
            f"{moved} of {len(off)} coordinates are off by more than {CLEARLY:g} points, "
            f"one by {max(off):.1f}"
        )
    if any(x != y and _maps(x, y) > PIXELS for x, y in zip(maps, others, strict=True)):
        return "a map differs in more than one pixel of a hundred"
    return ""


def disagreement(stored, made):
    """What keeps two outputs (texts, SVGs) apart, in a line or a few; "" if they agree."""
    if stored == made:
        return ""
    return (_svg if "<svg" in stored else _text)(stored, made)


# --- Ledgers and notebooks -----------------------------------------------------------------------

NUMBERS = ("measured", "predicted", "interval")  # of a row: near is enough


def ledger_disagreement(stored, made):
    """What keeps two ledgers (dicts) apart; "" if they agree: numbers near, all else the same."""
    if [row["id"] for row in stored["claims"]] != [row["id"] for row in made["claims"]]:
        return "the claims are others"
    if stored["parameters"] != made["parameters"]:
        return "the parameters are others"
    for old, new in zip(stored["claims"], made["claims"], strict=True):
        for key in old.keys() | new.keys():
            a, b = (json.dumps(row.get(key)) for row in (old, new))
            if a != b and (key not in NUMBERS or _text(a, b)):
                return f"{old['id']}: {key} was {a}, now {b}"
    return ""


def _shown(cells):
    """The texts that a notebook's outputs show, in order: streams, results, HTML; no pixels."""
    found = []
    for output in (o for cell in cells for o in cell.get("outputs", [])):
        if output["output_type"] == "stream":
            found.append(output["text"])
        for kind, data in output.get("data", {}).items():
            if not kind.startswith("image/"):
                found.append(data)
            else:
                found.append(output["metadata"].get(kind, {}).get("alt", kind))
    return ["".join(text) for text in found]


def pictures(notebook):
    """[(description, PNG)] of all figures that a notebook (nbformat dict) shows."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [
        (
            output["metadata"].get("image/png", {}).get("alt", ""),
            base64.b64decode("".join(output["data"]["image/png"])),
        )
        for output in outputs
        if "image/png" in output.get("data", {})
    ]


def notebook_disagreement(stored, made):
    """What keeps two notebooks (nbformat dicts) apart; "" if sources, tags and outputs agree."""
    old, new = stored["cells"], made["cells"]
    if [(c["source"], c["metadata"]) for c in old] != [(c["source"], c["metadata"]) for c in new]:
        return "the sources differ"
    a, b = _shown(old), _shown(new)
    if len(a) != len(b):
        return f"{len(a)} outputs stored, now {len(b)}"
    shown = zip(pictures(stored), pictures(made), strict=True)
    looks = (old != new and picture_disagreement(old, new) for (_, old), (_, new) in shown)
    return next(filter(None, (*map(disagreement, a, b), *looks)), "")
