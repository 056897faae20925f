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
