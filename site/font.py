"""Write site/static/fonts/stix-two-math.woff2, the part of STIX Two Math that the pages' formulas need.

    pip install ziamath fonttools brotli && python site/font.py

The font comes with the package ziamath; it is under the SIL Open Font License 1.1, and its own tables keep saying so.
"""

from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent / "static" / "fonts" / "stix-two-math.woff2"
KEPT = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *range(0x391, 0x3CA),
    *(0x3D1, 0x3D5, 0x3F5, 0x2C6, 0x2DC, 0x302, 0x303, 0x304, 0x307, 0x308),
    *range(0x2010, 0x2027),
    *range(0x2032, 0x2035),
    *range(0x2061, 0x2065),
    *(0x2102, 0x210E, 0x2112, 0x2113, 0x2115, 0x211D, 0x2124),
    *(0x2190, 0x2191, 0x2192, 0x2193, 0x2194, 0x21A6, 0x21D2, 0x21D4, 0x27F6),
    *range(0x2200, 0x2238),
    *range(0x223C, 0x2294),
    *(0x2295, 0x2297, 0x22A4, 0x22A5, 0x22C5, 0x22EE, 0x22EF, 0x22F1, 0x2308, 0x2309, 0x230A, 0x230B),
    *(0x23DE, 0x23DF, 0x27E8, 0x27E9, 0x2A7D, 0x2A7E),
    *range(0x1D400, 0x1D468),  # bold, italic, bold italic
    *range(0x1D538, 0x1D552),  # double-struck capitals
    *range(0x1D6E2, 0x1D71C),  # italic Greek
]  # fmt: skip


def main():
    source = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    font, options = TTFont(source), subset.Options()
    options.layout_features = ["math", "ssty", "dtls", "flac"]
    options.hinting, options.name_IDs = False, ["*"]
    made = subset.Subsetter(options)
    made.populate(unicodes=KEPT)
    made.subset(font)
    font.flavor = "woff2"
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET)


if __name__ == "__main__":
    main()
