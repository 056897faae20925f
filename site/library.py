"""Pages of the library from its text alone: signatures, docstrings, sources; nothing is imported."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIB = ROOT / "lib"
PATHS = [p for p in sorted(LIB.rglob("*.py")) if p.stem != "__init__" and p.parent.name != "suite"]
DOTTED = {p.stem: ".".join(p.relative_to(LIB).with_suffix("").parts) for p in PATHS}
assert len(DOTTED) == len(PATHS), "docstrings name a module by its last name"
_OTHER_MODULE = re.compile(rf"^`({'|'.join(DOTTED)})\.")


def prose(lines):
    """A paragraph as reST. Docstrings are plain text: |x|, a_1..a_N and d_ mean themselves."""
    parts = re.split(r"(`[^`]*`)", " ".join(line.strip() for line in lines))
    parts[::2] = [re.sub(r"([\\|*_])", r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [
        _OTHER_MODULE.sub(lambda m: f"`lib.{DOTTED[m[1]]}.", part) for part in parts[1::2]
    ]
    parts[2::2] = [re.sub(r"^(?=\w)", r"\\ ", part) for part in parts[2::2]]  # `Plateau`s
    return "".join(parts)


def restructured(text):
    """A docstring as lines of reST: prose, indented formulas as they stand, examples as code."""
    out, block, kind = [], [], None

    def close():
        if kind == "prose":
            out.extend([prose(block), ""])
        elif kind == "formula":
            out.extend(["::", "", *block, ""])
        elif kind == "doctest":
            out.extend([*block, ""])
        block.clear()

    for line in text.split("\n"):
        if not line.strip():
            if kind == "formula":  # formulas one after the other are one block
                block.append("")
            else:
                close()
                kind = None
            continue
        if kind == "doctest":
            block.append(line)
            continue
        now = (
            "doctest"
            if line.startswith(">>>")
            else "formula"
            if line.startswith("    ")
            else "prose"
        )
        if kind == "prose" and now == "formula" and block:
            now = "prose"  # a hanging indent
        if now != kind:
            close()
            kind = now
        block.append(line)
    close()
    return out


def signature(node):
    """`(weights, target, *, steps)` of a function, without annotations."""
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return f"({ast.unparse(node.args)})"


def indented(lines, by="   "):
    return [by + line if line else "" for line in lines]


def source_fold(text, node):
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    code = text.split("\n")[first - 1 : node.end_lineno]
    return [
        "",
        ".. dropdown:: Source",
        "",
        "   .. code-block:: python",
        "",
        *indented(code, "      "),
        "",
    ]


def described(text, node, prefix=""):
    """One public function or class as a directive of Sphinx's Python domain."""
    if isinstance(node, ast.ClassDef):
        head = [f".. py:class:: {node.name}"]
        fields = [ast.unparse(item) for item in node.body if isinstance(item, ast.AnnAssign)]
        methods = [
            line
            for item in node.body
            if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")
            for line in described(text, item, "method")
        ]
        note = (
            ["Fields: " + ", ".join(f"``{field}``" for field in fields) + ".", ""] if fields else []
        )
    else:
        given = signature(node)
        if prefix:
            given = re.sub(r"^\((self|cls)(, )?", "(", given)
        head, note, methods = [f".. py:{prefix or 'function'}:: {node.name}{given}"], [], []
    body = restructured(ast.get_docstring(node) or "") + note + methods
    return [*head, "", *indented([*body, *([] if prefix else source_fold(text, node))]), ""]


def module_page(path):
    """The page of one module, as reST."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = [path.stem, "=" * len(path.stem), "", f".. py:module:: lib.{DOTTED[path.stem]}", ""]
    lines += restructured(ast.get_docstring(tree) or "")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            lines += described(text, node)
    return "\n".join([*lines, ""])


_ROOMS = "synthesis obstacles landscapes trajectories stages practice".split()
_ORDER = {room: k for k, room in enumerate(_ROOMS)}  # that of the notebooks


def _first_line(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).split("\n")[0]


def index_page():
    """The list of modules, each with its first line."""
    first, items = [], []
    rooms = sorted({p.parent for p in PATHS}, key=lambda p: (p != LIB, _ORDER.get(p.name)))
    for room in rooms:
        said = _first_line(room / "__init__.py") if room != LIB else "What all rooms stand on."
        items += ["", f"## {room.name if room != LIB else 'Ground floor'}", "", said, ""]
        own = [p for p in PATHS if p.parent == room]
        items += [f"- {{doc}}`{p.stem}`: {_first_line(p)}" for p in own]
        first += [p.stem for p in own]
    return (
        "# The library `lib`\n\nOne module a subject: its model, exact gradient, measurements and predictions. Everything that a "
        "notebook computes is here, with its equation and its source.\n\n"
        + "\n".join(items)
        + "\n\n```{toctree}\n:hidden:\n"
        + "\n".join(first)
        + "\n```\n"
    )
