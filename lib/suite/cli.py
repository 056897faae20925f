"""The command line: `claims figures`, `run`, `sweep`, `paper`, `mutants`, `compare`,
`lab`, `records`, `list`."""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from lib.suite import build, lab, mutants, records, report, sweeps
from lib.suite.execution import NotebookFailed
from lib.suite.output import read_json
from lib.suite.parameters import Fault
from lib.suite.stamps import find_root, named, names, title


class Parser(argparse.ArgumentParser):
    """argparse with faults of ours instead of its own exit."""

    def error(self, message):
        """A usage error in one line, like every other fault."""
        raise Fault(message)


def positive(text):
    """A count of one or more, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; an integer from 1 upward is")
    return int(text)


def _some(command, default="all"):
    """Names of notebooks, for a command that takes some or all of them."""
    command.add_argument(
        "rest", nargs="*", default=(), metavar="NAME", help=f"only these (default: {default})"
    )


def parser():
    """The command line: figures, run, sweep, paper, mutants, compare, lab, records, list."""
    top = Parser(prog="claims", description="Run the claim notebooks.")
    top.add_argument("--root", type=Path, help="folder of the project (default: found from here)")
    commands = top.add_subparsers(dest="command", required=True)
    every = commands.add_parser("figures", help="rebuild what changed: notebooks, results, figures")
    every.add_argument("--jobs", type=positive, help="notebooks at a time (default: one a core)")
    _some(every)
    one = commands.add_parser("run", help="run one notebook with other parameters")
    one.add_argument("--output", help="folder for what it makes (default: build/run)")
    one.add_argument("name", metavar="NAME")
    one.add_argument("rest", nargs="*", default=(), metavar="key=value")
    many = commands.add_parser("sweep", help="run notebooks on SEEDS fresh seeds, FIRST upward")
    many.add_argument("--seeds", type=positive, default=30, help="how many (default: 30)")
    many.add_argument("--first", type=positive, help="first seed (default: one never looked at)")
    many.add_argument("--jobs", type=positive, help="runs at a time (default: one a core)")
    many.add_argument("--scheduler", help="address of a dask scheduler, such as tcp://host:8786")
    _some(many)
    large = commands.add_parser("paper", help="run notebooks at the paper's own scale")
    _some(large, "all that have one")
    wrong = commands.add_parser(
        "mutants", help="run notebooks under the wrong theories of mutants/"
    )
    wrong.add_argument("--jobs", type=positive, help="runs at a time (default: one a core)")
    wrong.add_argument("--only", help="one mutant, by its name")
    _some(wrong)
    other = commands.add_parser("compare", help="compare ledgers and figures with the stored ones")
    other.add_argument("folder", type=Path, metavar="FOLDER", help="holds NAME/ for each notebook")
    _some(other)
    reader = commands.add_parser("lab", help="copies of the notebooks in JupyterLab")
    reader.add_argument(
        "options", nargs="*", default=(), metavar="OPTION", help="of jupyter lab, after --"
    )
    old = commands.add_parser("records", help="carry records over to rows under new ids")
    old.add_argument(
        "commit", metavar="COMMIT", help="where the rows have their old ids and numbers"
    )
    old.add_argument(
        "rest", nargs="+", metavar="MAP.json", help="new ids, or the name of a notebook"
    )
    commands.add_parser("list", help="print the names of all notebooks, and their titles")
    return top


def parse(arguments):
    """Parsed arguments; positional ones may follow an option, which argparse alone cannot do."""
    parsed, late = parser().parse_known_args(arguments)
    strange = [word for word in late if word.startswith("-") or "rest" not in parsed]
    if strange:
        raise Fault(f"unknown argument {strange[0]!r}; see claims {parsed.command} --help")
    if late:
        parsed.rest = [*parsed.rest, *late]
    return parsed


def dispatch(arguments):
    """Do what the command line says; returns the exit code."""
    root = arguments.root or find_root(Path.cwd())
    if not (root / "pyproject.toml").is_file():
        raise Fault(f"no pyproject.toml in {root}; --root must name the folder of the project")
    root = root.resolve()
    if arguments.command in ("figures", "sweep", "paper", "mutants", "compare"):
        arguments.rest = [named(root, name) for name in arguments.rest]
    if arguments.command in ("sweep", "mutants"):
        report.check(root)
    if arguments.command == "figures":
        return build.figures(root, arguments.rest, arguments.jobs)
    if arguments.command == "run":
        output = arguments.output or root / "build" / "run"
        return build.run(root, named(root, arguments.name), arguments.rest, output)
    if arguments.command == "sweep":
        given = arguments.seeds, arguments.first, arguments.jobs, arguments.scheduler
        return sweeps.sweep(root, arguments.rest, *given)
    if arguments.command == "paper":
        return sweeps.paper_scale(root, arguments.rest, root / "build" / "paper")
    if arguments.command == "compare":
        return build.compare(root, arguments.folder.resolve(), arguments.rest)
    if arguments.command == "mutants":
        code = mutants.judge_all(root, arguments.rest, arguments.jobs, arguments.only)
        if arguments.only is None:
            report.update_reports(root)
        return code
    if arguments.command == "lab":
        return lab.serve(root, arguments.options)
    if arguments.command == "records":
        return carry(root, arguments.commit, arguments.rest)
    for name in names(root):
        print(f"{name}  {title(root, name)}")
    return 0


def carry(root, commit, plans):
    """Carry the records of some notebooks over to today's rows; a line for each, exit code 0.

    plans: files `{"notebook": NAME, "renumbered": {old: new or null}, "as_before": [new, ...]}`, or the
    names of notebooks whose rows keep their ids.
    """
    for plan in plans:
        given = read_json(plan) if plan.endswith(".json") else {"notebook": plan}
        name = named(root, given.get("notebook", ""))
        old = subprocess.run(
            ["git", "show", f"{commit}:results/{name}.json"],
            cwd=root,
            capture_output=True,
            text=True,
        )
        if old.returncode:
            raise Fault(f"{name}: {old.stderr.strip()}")
        new = read_json(root / "results" / f"{name}.json")["claims"]
        record = records.read(root, name)
        record, lost = records.carried(record, json.loads(old.stdout)["claims"], new, given)
        records.write(root, record)
        words = [f"{len(record['rows'])} of {len(new)} rows have a record"]
        words += [f"not carried, since other than before: {', '.join(lost)}"] * bool(lost)
        print(f"{name}  {'; '.join(words)}")
    report.update_reports(root)
    return 0


def interrupt(signum, frame):
    """SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt


def main(arguments=None):
    """Exit code: 0 good, 1 a notebook failed, 2 bad input, 130 interrupted, 141 nobody reads."""
    try:
        signal.signal(signal.SIGTERM, interrupt)
        return dispatch(parse(arguments))
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 2
    except NotebookFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a full disk, a read-only checkout
        where = f" {error.filename}" if error.filename else ""
        print(
            f"cannot read or write{where}: {error.strerror}; what was there is unchanged",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
