"""What a notebook's parameters cell declares, and whether a given value is allowed.

One line each, `name = literal  # in [low, high]: meaning`: the type is that of the literal, the range
stands in the comment, so that both are declared once, where a reader sees them.
"""

import ast
import io
import math
import re
import tokenize
from typing import NamedTuple


class Fault(Exception):
    """Bad input: one line that names it and what is allowed. Nothing has been written."""

    def _render_traceback_(self):
        """What a notebook shows of it: the one line."""
        return [f"{type(self).__name__}: {self}"]


class Parameter(NamedTuple):
    """A declared parameter: its default, and from its comment what is allowed and what it means."""

    default: object
    allowed: str
    meaning: str


_NUMBER = r"[-+]?(?:inf|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)"
EACH = r"each (?:of (?P<length>\d+)(?P<more> or more)? )?"
INTERVAL = re.compile(
    rf"(?:{EACH})?in (?P<left>[\[(])\s*(?P<low>{_NUMBER})\s*,\s*(?P<high>{_NUMBER})\s*(?P<right>[\])])"
)
CHOICE = re.compile(rf"(?:{EACH})?one of (?P<words>\S.*)")
KINDS = {bool: "", int: "an integer", float: "a finite number", str: ""}


def parameters_cell(source):
    """The text of the one cell tagged `parameters` in a percent script; Fault unless it is one."""
    cells = re.split(r"^# %%", source, flags=re.MULTILINE)[1:]
    tagged = [cell for cell in cells if re.match(r'.*tags=\[.*"parameters".*\]', cell)]
    if len(tagged) != 1:
        raise Fault(f"one cell must be tagged parameters, there are {len(tagged)}")
    return tagged[0].partition("\n")[2]


def declared(source):
    """The parameters that a notebook's source declares, by name, in order.

    One line each: `name = literal  # in [low, high]: meaning`. A round bracket leaves its bound
    out, a bound may be inf, `one of a, b` lists words, a list says `each in` or `each one of`, and
    where its length is bound `each of 3 in`, `each of 2 or more in`.
    Raises Fault for any other line, and for a default outside of its own range.
    """
    cell = parameters_cell(source)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(cell).readline))
        lines = ast.parse(cell).body
    except (SyntaxError, tokenize.TokenError) as error:
        raise Fault(f"the parameters cell is not Python: {error.args[0]}") from None
    comments = {t.start[0]: t.string[1:].strip() for t in tokens if t.type == tokenize.COMMENT}
    return dict(declaration(line, comments) for line in lines)


def declaration(line, comments):
    """(name, Parameter) of one statement of the parameters cell."""
    text = ast.unparse(line)
    if not (isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)):
        raise Fault(f"parameters cell: `{text}` is not `name = literal`")
    name = line.targets[0].id
    allowed, _, meaning = comments.get(line.end_lineno, "").partition(":")
    allowed, meaning = allowed.strip(), meaning.strip()
    if not meaning or not (INTERVAL.fullmatch(allowed) or CHOICE.fullmatch(allowed)):
        raise Fault(f"parameter {name}: its comment must read `in [low, high]: meaning`")
    try:
        default = ast.literal_eval(line.value)
    except ValueError:
        raise Fault(f"parameter {name}: its default must be a literal, not {text}") from None
    if isinstance(default, list) != allowed.startswith("each "):
        raise Fault(f"parameter {name}: a list, and only a list, is declared with `each`")
    parameter = Parameter(default, allowed, meaning)
    check_value(name, default, parameter)
    return name, parameter


def within(value, allowed):
    """Whether one number or word lies in `in [low, high]` or `one of a, b`."""
    if choice := CHOICE.fullmatch(allowed):
        return str(value) in [word.strip() for word in choice["words"].split(",")]
    left, low, high, right = INTERVAL.fullmatch(allowed).group("left", "low", "high", "right")
    above = value >= float(low) if left == "[" else value > float(low)
    return above and (value <= float(high) if right == "]" else value < float(high))


def list_rule(allowed):
    """What a list must be: words for it, least and greatest length, the rule for each of its items.

    >>> list_rule("each in [0, 1]"), list_rule("each of 2 or more in [0, 1]")
    (('a list, each', 1, inf, 'in [0, 1]'), ('a list of 2 or more, each', 2, inf, 'in [0, 1]'))
    """
    each = re.match(EACH, allowed)
    length, more = each.group("length", "more")
    words = f"a list of {length}{more or ''}, each" if length else "a list, each"
    least = int(length or 1)
    return words, least, least if length and not more else math.inf, allowed[each.end() :]


def check_value(name, value, parameter):
    """`value` in the type of the default (an int becomes the float it stands for).

    Raises Fault for another type, a number that is not finite or not in range, and a list that is
    empty or not of the length that is declared.
    """
    default, allowed, _ = parameter
    many = isinstance(default, list)
    if many and isinstance(value, str):
        value = _spelled(value)
    kinds = {type(item) for item in default} if many else {type(default)}
    kind = float if kinds == {int, float} else next(iter(kinds), None)
    if kind not in KINDS or (len(kinds) > 1 and kinds != {int, float}):
        raise Fault(f"parameter {name}: its default must be number, word, bool or list of one kind")
    if kind in (bool, str) and not CHOICE.fullmatch(allowed):
        raise Fault(f"parameter {name}: words, True and False are declared with `one of a, b`")
    words, least, most, rule = list_rule(allowed) if many else ("", 1, 1, allowed)
    wanted = " ".join(filter(None, [words, KINDS[kind], rule]))
    bad = Fault(f"parameter {name}: {value!r} is not allowed; it must be {wanted}")
    if many and not (isinstance(value, list | tuple) and least <= len(value) <= most):
        raise bad
    items = list(value) if many else [value]
    if not all(fits(item, kind) and within(kind(item), allowed) for item in items):
        raise bad
    return [kind(item) for item in items] if many else kind(value)


def _spelled(text):
    """The list that a word spells (papermill's -p hands lists over so), else the word."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def injected(history):
    """The names that papermill's cell `# Parameters` assigns, among the cells that were run.

    >>> injected(["", "seed = 0", "# Parameters\\nsead = 7\\n"])
    ['sead']
    """
    found = []
    for cell in history:
        if cell.startswith("# Parameters\n"):
            for line in ast.parse(cell).body:
                if isinstance(line, ast.Assign):
                    found += [t.id for t in line.targets if isinstance(t, ast.Name)]
    return found


def fits(value, kind):
    """Whether `value` is of `kind`: an int passes for a float, a bool for nothing else, and numbers
    must be finite (an int may be too large for a float)."""
    if type(value) is not kind and (kind, type(value)) != (float, int):
        return False
    try:
        return kind in (bool, str) or math.isfinite(value)
    except OverflowError:
        return False


def read_pair(text):
    """`key=value` as (key, value): a Python literal where it is one, else a word."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise Fault(
            f"{text!r} is not allowed; a parameter is given as key=value, without blanks: depths=[2,5]"
        )
    return key.strip(), _spelled(value.strip())


def read_pairs(texts):
    """{key: value} of words `key=value`; Fault for a name that is given twice."""
    found = {}
    for key, value in map(read_pair, texts):
        if key in found:
            raise Fault(f"parameter {key} is given more than once; once is allowed")
        found[key] = value
    return found
