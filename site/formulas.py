"""Formulas as MathML, set when the site is built: no script, nothing that jumps, and a reader aloud can read them."""

import functools
import html
import re

# What the converter writes and a browser spaces or stretches wrongly.
MENDED = (
    (
        "<mi>&#x02016;</mi>",
        '<mo fence="true" stretchy="false" lspace="0" rspace="0">&#x02016;</mo>',
    ),
    (
        '<mo stretchy="false">&#x0007C;</mo>',
        '<mo fence="true" stretchy="false" lspace="0" rspace="0">&#x0007C;</mo>',
    ),
    ("<mi>&#x02032;</mi>", "<mo>&#x02032;</mo>"),
    ("<mi>&#x000B1;</mi>", "<mo>&#x000B1;</mo>"),
    ("<mi>&#x0007E;</mi>", "<mo>&#x0223C;</mo>"),
    ("<mo>&#x0221E;</mo>", "<mi>&#x0221E;</mi>"),
    ("<mo>&#x02202;</mo>", "<mi>&#x02202;</mi>"),
    ("<mo>&#x0002F;</mo>", '<mo lspace="0" rspace="0">&#x0002F;</mo>'),
)
THIN = '<mspace width="0.1667em"/>'
NAMED = r"<mi>[a-z]{2,}</mi>"
OPERATOR = rf"(?:{NAMED}|<m(?:sub|sup)>{NAMED}<m\w+[^>]*>[^<]*</m\w+></m(?:sub|sup)>)"


@functools.cache
def mathml(tex, display=False):
    """A formula of TeX as MathML.

    Raises ValueError where a command is left as it is: the converter writes what it does not know as text.
    """
    from latex2mathml.converter import (
        convert,
    )  # of the site's environment: tests of the texts read without it

    text = convert(tex.strip(), display="block" if display else "inline")
    if left := re.findall(r"<m[iot][^>]*>\\[a-zA-Z]+", text):
        raise ValueError(f"formula {tex!r}: {left[0]} is not known")
    for wrong, right in MENDED:
        text = text.replace(wrong, right)
    text = re.sub(r"<mo>([a-z]{2,})</mo>", r"<mi>\1</mi>", text)
    # As TeX does: a thin space between a named function and a letter, number or root beside it.
    text = re.sub(rf"({OPERATOR})(?=<m(?:i|n|frac|sqrt|sub|sup|subsup)>)", rf"\1{THIN}", text)
    text = re.sub(rf"(</m(?:i|n|frac|sqrt|sub|sup|subsup)>)(?={OPERATOR})", rf"\1{THIN}", text)
    return text.replace("<math ", f'<math alttext="{html.escape(tex.strip())}" ', 1)
