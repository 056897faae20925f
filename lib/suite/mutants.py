"""Wrong theories that a notebook must reject: each is run, and the rows it names must then fail.

mutants/NAME.py holds one function a theory. Its docstring says the theory in its first line and the
rows that must fail in its last; its body puts the theory in place of the right one:

    def edge_of_the_wrong_sign(patch):
        '''The overshoot gap with its sign turned.

        Fails: 32.3a
        '''
        patch("trajectories.counterexamples.overshoot_gap", lambda right, *given: -right(*given))
"""

import ast
import hashlib
import importlib
import re
import runpy
import shutil
import sys
from typing import NamedTuple

from lib.suite import records
from lib.suite.claims import REPRODUCED
from lib.suite.execution import NotebookFailed, execute, first_line
from lib.suite.output import read_json
from lib.suite.parameters import Fault
from lib.suite.stamps import names, source_path


class Mutant(NamedTuple):
    """A wrong theory: its function, what it says, the rows that must reject it, a hash of its code."""

    name: str
    theory: str
    expected: list
    source: str


def declared_mutants(source):
    """The mutants of a file, in order, read without running it.

    A mutant's `source` stands for its code and for what the file's functions share, not for its words.
    Raises Fault for a function whose docstring does not end in `Fails: 32.3a, 32.3b`.
    """
    lines, tree = source.split("\n"), ast.parse(source)
    nodes = tree.body[1:] if ast.get_docstring(tree) else tree.body
    theories = [n for n in nodes if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    shared = [
        line for n in nodes if n not in theories for line in lines[n.lineno - 1 : n.end_lineno]
    ]
    found = []
    for node in theories:
        words = (ast.get_docstring(node) or "").split("\n")
        rows = re.fullmatch(r"Fails: ((?:\d\d\.\d+[a-z]?(?:, )?)+)", words[-1].strip())
        if not rows or not words[0].strip():
            raise Fault(f"mutant {node.name}: its docstring must end in `Fails: 32.3a, 32.3b`")
        code = [*shared, *lines[node.body[0].end_lineno : node.end_lineno]]
        digest = hashlib.sha256("\n".join(code).encode()).hexdigest()[:12]
        found.append(Mutant(node.name, words[0].strip(), rows[1].split(", "), digest))
    return found


def _owner(name):
    """The module or class of lib that holds the last part of a dotted name; it is imported here."""
    owner = importlib.import_module("lib")
    for part in name.split(".")[
        :-1
    ]:  # rooms and modules are imported, what stands in them is named
        if hasattr(owner, "__path__"):
            owner = importlib.import_module(f"{owner.__name__}.{part}")
        else:
            owner = getattr(owner, part)
    return owner


class Patch:
    """What a mutant is handed: `patch("room.module.name", wrong)`, `patch.value`, `patch.parameters`."""

    def __init__(self, namespace):
        self._namespace = namespace

    def __call__(self, name, wrong):
        """Let lib's `room.module.name` (or `room.module.Class.method`) do wrong(right, *its arguments)."""
        right = getattr(_owner(name), name.rpartition(".")[2])

        def put(*given, **options):
            return wrong(right, *given, **options)

        self.value(name, put)

    def value(self, name, value):
        """Put `value` in place of lib's `room.module.name`, wherever that was imported to."""
        owner, last = _owner(name), name.rpartition(".")[2]
        old = getattr(owner, last)
        setattr(owner, last, value)
        for loaded in [m for key, m in sys.modules.items() if key.startswith("lib.")]:
            for key, found in vars(loaded).items():
                if found is old:
                    setattr(loaded, key, value)

    def parameters(self, **values):
        """Give parameters of the notebook other values."""
        self._namespace.update(values)


def apply(path, name, namespace):
    """Put the mutant `name` of the file `path` in place; called in the kernel, before the imports."""
    runpy.run_path(str(path))[name](Patch(namespace))


def mutants_path(root, name):
    """Where the mutants of notebook `name` stand."""
    return root / "mutants" / f"{name}.py"


def checked_mutants(root, name):
    """The mutants of notebook `name`; Fault for rows that are none, are controls or do not hold."""
    try:
        found = declared_mutants(mutants_path(root, name).read_text(encoding="utf-8"))
        ledger = read_json(root / "results" / f"{name}.json")
    except FileNotFoundError as error:
        raise Fault(f"{name} has no {error.filename}") from None
    rows = {row["id"]: row for row in ledger["claims"]}
    for mutant in found:
        for id in mutant.expected:
            row = rows.get(id)
            if row is None or row["control"] or row.get("identity") or row["verdict"] != REPRODUCED:
                raise Fault(
                    f"{name}, mutant {mutant.name}: {id} is no reproduced claim of the ledger "
                    "(controls and identities do not count)"
                )
    return found


def judge(root, name, mutant):
    """(name, the entry of one mutant): run the notebook as far as the rows that must fail."""
    work = root / "build" / "mutants" / name / mutant.name
    first = (
        "from lib.suite.mutants import apply\n"
        f"apply({str(mutants_path(root, name))!r}, {mutant.name!r}, globals())"
    )
    entry = mutant._asdict()
    try:
        ledger = execute(root, name, {}, work, first=first, rows=mutant.expected, figures=False)
    except (Fault, NotebookFailed) as error:
        return name, entry | {"failed": [], "outcome": f"crashed: {first_line(str(error))}"}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    failed = [row["id"] for row in ledger["claims"] if row["verdict"] != REPRODUCED]
    killed = set(mutant.expected) <= set(failed)
    return name, entry | {"failed": failed, "outcome": "killed" if killed else "survives"}


def judge_all(root, wanted=(), jobs=None, only=None):
    """Run the notebooks under every mutant, a line each; exit code 0 if all were killed, else 1.

    only: the name of one mutant, which is run and reported and nothing written. Else the outcomes go
    to the notebooks' records.
    """
    from joblib import Parallel, cpu_count, delayed
    from tqdm import tqdm

    wanted = [source_path(root, name).stem for name in wanted] or names(root)
    tasks = [(name, mutant) for name in wanted for mutant in checked_mutants(root, name)]
    if only is not None:
        tasks = [task for task in tasks if task[1].name == only]
        if not tasks:
            raise Fault(f"unknown mutant {only!r} of {', '.join(wanted)}")
    found = {name: [] for name in wanted}
    pool = Parallel(jobs or cpu_count(), return_as="generator_unordered")
    with tqdm(total=len(tasks), unit="run", disable=not sys.stderr.isatty()) as bar:
        for name, entry in pool(delayed(judge)(root, *task) for task in tasks):
            bar.update()
            found[name].append(entry)
            words = {"killed": f"killed by {', '.join(entry['expected'])}"}
            said = words.get(entry["outcome"], entry["outcome"].upper())
            tqdm.write(f"{name}  {entry['name']}: {said}", file=sys.stdout)
            sys.stdout.flush()
    if only is not None:
        return 0 if all(e["outcome"] == "killed" for es in found.values() for e in es) else 1
    for name, entries in found.items():
        order = [mutant.name for task, mutant in tasks if task == name]
        entries.sort(key=lambda entry, order=order: order.index(entry["name"]))
        rows = read_json(root / "results" / f"{name}.json")["claims"]
        now = {row["id"]: records.fingerprint(row) for row in rows}
        for entry in entries:
            entry["beside"] = {id: now[id] for id in entry["expected"]}
        records.write(root, records.read(root, name) | {"mutants": entries})
    alive = [e for entries in found.values() for e in entries if e["outcome"] != "killed"]
    print(f"{len(tasks) - len(alive)} of {len(tasks)} wrong theories rejected")
    return 1 if alive else 0
