"""The notebooks' figures at addresses that stay: static/figures/NAME/FIGURE.png, their SVG beside, small ones for cards."""

import base64
import io
import re
from pathlib import Path
from typing import NamedTuple

import tables
from PIL import Image
from tables import ROOT, esc

THUMB = (640, 384)  # at most, in pixels of the picture: twice its place on the page


class Figure(NamedTuple):
    """A figure of a notebook: its name, words, size on the page, and address from the site's root."""

    name: str
    alt: str
    width: int
    height: int
    address: str


def name_of_figure(cell, notebook):
    """Name under which a cell saves its figure, or "": a word of its code that figures/NOTEBOOK knows."""
    known = {path.stem for path in (ROOT / "figures" / notebook).glob("*.svg")}
    found = re.findall(r'figures\.(?:save\(\w+,|curves\(|regions\()\s*"(\w+)"', cell.source)
    return next(
        (word for word in (*found, *re.findall(r'"(\w+)"', cell.source)) if word in known), ""
    )


def of_notebook(notebook, nb, target):
    """{position of the cell: Figure} of a notebook, written to `target`/static as PNG and SVG."""
    found, taken = {}, set()
    for position, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get("image/png")
            if not data:
                continue
            name = name_of_figure(cell, notebook) or f"figure_{position}"
            if name in taken:
                continue
            taken.add(name)
            image = base64.b64decode("".join(data))
            said = output.get("metadata", {}).get("image/png", {})
            width, height = (int.from_bytes(image[at : at + 4], "big") // 2 for at in (16, 20))
            width, height = said.get("width", width), said.get("height", height)
            address = f"_static/figures/{notebook}/{name}.png"
            save(target / "static" / address.removeprefix("_static/"), image)
            svg = ROOT / "figures" / notebook / f"{name}.svg"
            if svg.exists():
                save(target / "static" / "figures" / notebook / f"{name}.svg", svg.read_bytes())
            found[position] = Figure(name, said.get("alt") or name, width, height, address)
    return found


def save(path, data):
    """Only what changed, so that a second build reads only that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)


def kind(name):
    """How a dark page shows a figure: areas of colour are dimmed, lines are turned."""
    return "filled" if name in tables.FILLED else "plot"


def html(figure, where, *, id="", eager=False):
    """A figure with its size, so that nothing jumps when it comes; it leads to the SVG."""
    address = where + figure.address
    return (
        f'<figure class="picture" id="{id or f"figure-{figure.name}"}"><a href="{address.removesuffix("png")}svg">'
        f'<img class="{kind(figure.name)}" src="{address}" alt="{esc(figure.alt)}" width="{figure.width}" height="{figure.height}"'
        f"{'' if eager else ' loading=lazy'}></a></figure>"
    )


def panels(svg):
    """[(left, right, top, bottom)] of a figure's panels as shares of its size, from the left."""
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    boxes = re.findall(
        r'<g id="[^"]*axes_\d+">\s*<g id="[^"]*">\s*<path d="M ([\d.]+) ([\d.]+)\s*L ([\d.]+) [\d.]+\s*L [\d.]+ ([\d.]+)',
        svg,
    )
    width, height = float(view[1]), float(view[2])
    boxes = sorted({tuple(map(float, box)) for box in boxes})
    return [(a / width, c / width, d / height, b / height) for a, b, c, d in boxes], width, height


def gap(image, left, right):
    """Where to cut between two panels: the middle of the blank columns before the next one's label, or None.

    From its axis to the left a panel has a blank, the numbers, a blank, its label, and a blank.
    """
    strip = image.crop((left, 0, right, image.height)).convert("L").point(lambda v: 255 * (v < 250))
    inked = [
        strip.crop((x, 0, x + 1, strip.height)).getbbox() is not None for x in range(strip.width)
    ]
    runs, start = [], None
    for x, ink in enumerate([*inked, True]):
        if not ink and start is None:
            start = x
        elif ink and start is not None:
            runs.append((start, x))
            start = None
    wide = [run for run in runs if run[1] - run[0] > 6][-3:]
    return left + sum(wide[0]) // 2 if wide else None


def thumb(png, svg, panel):
    """A figure's panel with its labels as WebP, for a card: (bytes, width, height on the page)."""
    image = Image.open(png).convert("RGB")
    found, width, height = panels(svg)
    if len(found) > 1:
        left, right, top, bottom = found[panel - 1]
        axis, room = (
            48 / width,
            8 / width,
        )  # what an axis takes on its left, and a label on the right at least
        start = max(found[panel - 2][1] + room, left - axis) if panel > 1 else 0.0
        stop = max(right + room, found[panel][0] - axis) if panel < len(found) else 1.0
        high, low = max(0.0, top - 22 / height), min(1.0, bottom + 42 / height)
        image = image.crop((0, round(high * image.height), image.width, round(low * image.height)))
        edges = [round(start * image.width), round(stop * image.width)]
        for side, one in ((0, panel - 2), (1, panel - 1)):
            if 0 <= one < len(found) - 1:
                between = [
                    round(found[one][1] * image.width) + 3,
                    round(found[one + 1][0] * image.width) - 3,
                ]
                edges[side] = gap(image, *between) or edges[side]
        image = image.crop((edges[0], 0, edges[1], image.height))
    image.thumbnail(THUMB, Image.Resampling.LANCZOS)
    made = io.BytesIO()
    image.save(made, "WEBP", quality=80, method=6)
    return made.getvalue(), image.width // 2, image.height // 2


def path_of(figure, target):
    """Where a figure's PNG lies in `target`."""
    return Path(target, "static", figure.address.removeprefix("_static/"))


def card(png):
    """A figure on a white card of 1200 x 630, as pages that quote a link show it: PNG."""
    image, made = Image.open(png).convert("RGB"), io.BytesIO()
    scale = min(1120 / image.width, 570 / image.height)
    image = image.resize(
        (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS
    )
    whole = Image.new("RGB", (1200, 630), "white")
    whole.paste(image, ((1200 - image.width) // 2, (630 - image.height) // 2))
    whole.quantize(64).save(made, "PNG", optimize=True)
    return made.getvalue()
