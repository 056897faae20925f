"""A line knows its room: families of notebooks over a ground floor, and no arrow that runs back up."""

import ast
from pathlib import Path

import pytest

from lib.suite.stamps import imported

LIB = Path(__file__).resolve().parents[1] / "lib"
ROOMS = [
    "obstacles",
    "landscapes",
    "trajectories",
    "stages",
    "practice",
    "synthesis",
]  # as the notebooks are numbered; the answer across families, 0x, builds on them all
MODULES = [
    p for p in sorted(LIB.rglob("*.py")) if p.stem != "__init__" and p.parent.name != "suite"
]


def floor(room):
    return 1 + ROOMS.index(room) if room in ROOMS else 0


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_room_imports_its_own_modules_the_ground_floor_and_rooms_below(path):
    own = path.parent.name
    package = ".".join(path.parent.relative_to(LIB.parent).parts)
    for name in imported(path, package):
        room = name.split(".")[0] if (LIB / name.split(".")[0]).is_dir() else "lib"
        assert floor(room) <= floor(own), name


def test_modules_have_names_of_their_own():
    names = [p.stem for p in MODULES]
    assert len(names) == len(set(names))


def test_every_room_is_packed():
    text = (LIB.parent / "pyproject.toml").read_text(encoding="utf-8")
    for folder in {p.parent for p in MODULES}:
        assert f'"{".".join(folder.relative_to(LIB.parent).parts)}"' in text
    assert {p.parent.name for p in MODULES} == {"lib", *ROOMS}


def test_a_room_says_in_one_line_what_it_is_for():
    for room in ROOMS:
        assert ast.get_docstring(
            ast.parse((LIB / room / "__init__.py").read_text(encoding="utf-8"))
        )


def public(path):
    """The public names that a module defines: functions, classes, constants."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def test_a_public_name_means_one_thing_in_a_room_and_on_the_ground_floor_in_all():
    where = {}
    for path in sorted(LIB.rglob("*.py")):
        for name in public(path):
            where.setdefault(name, []).append(path.parent.name)
    twice = {
        name: rooms
        for name, rooms in where.items()
        if len(rooms) > len(set(rooms)) or ("lib" in rooms and len(rooms) > 1)
    }
    assert twice == {}


def functions():
    for path in sorted(LIB.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_a_function_has_fifty_lines_and_eight_arguments_at_most():
    for node in functions():
        given = node.args
        asked = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names = [a.arg for a in asked if a is not None and a.arg not in ("self", "cls")]
        first = node.body[0]
        own = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
        assert len(names) <= 8, node.name
        assert node.end_lineno - node.lineno + 1 - own <= 50, node.name
