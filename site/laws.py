"""Write site/static/play/laws.js, tables of two laws of notebook 22 for the page of the bands: python site/laws.py.

It needs the environment of the notebooks; site/tests holds the stored tables against lib.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lib.landscapes.complexity import minimum_share  # noqa: E402
from lib.landscapes.minima import log_gap_probability  # noqa: E402

SIZES = (25, 50, 100, 200)


def gap_grid(n):
    """Levels at which the law is stored: those of `minimum_law`."""
    unit = 2**-0.5 * n ** (-2 / 3)
    return np.arange(-(2**0.5) - 8 * unit, -(2**0.5) + 16 * unit, unit / 4)


def rounded(values, digits):
    return [float(f"{v:.{digits}g}") for v in values]


def main():
    gaps = {n: rounded(log_gap_probability(gap_grid(n), n), 10) for n in SIZES}
    share = rounded(minimum_share(np.linspace(-6, 4, 101)), 8)
    text = json.dumps({"gaps": gaps, "share": share}, separators=(",", ":"))
    target = ROOT / "site" / "static" / "play" / "laws.js"
    target.write_text(
        "// Written by site/laws.py: log P(no eigenvalue below x) for n = 25 to 200, and the share of minima at the edge.\n"
        f"globalThis.laws = {text};\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
