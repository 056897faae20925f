"""The command line: `claims figures`, `run`, `sweep`, `paper`, `mutants`, `compare`, `list`."""

import argparse
import signal
import sys
from pathlib import Path

from lib.suite import build, mutants, sweeps
from lib.suite.execution import NotebookFailed
from lib.suite.parameters import Fault
from lib.suite.stamps import find_root, names


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


def parser():
    """The command line: figures, run, sweep, paper, mutants, compare, list."""
    top = Parser(prog="claims", description="Run the claim notebooks.")
    top.add_argument("--root", type=Path, help="folder of the project (default: found from here)")
    commands = top.add_subparsers(dest="command", required=True)
    every = commands.add_parser("figures", help="rebuild what changed: notebooks, results, figures")
    every.add_argument("--jobs", type=positive, help="notebooks at a time (default: one a core)")
    every.add_argument("rest", nargs="*", metavar="NAME", help="only these (default: all)")
    one = commands.add_parser("run", help="run one notebook with other parameters")
    one.add_argument("--output", type=Path, help="folder for what it makes (default: build/run)")
    one.add_argument("name", metavar="NAME")
    one.add_argument("rest", nargs="*", metavar="key=value")
    many = commands.add_parser("sweep", help="run notebooks on SEEDS fresh seeds, FIRST upward")
    many.add_argument("--seeds", type=positive, default=30, help="how many (default: 30)")
    # Below 3001 are seeds that were seen before the criteria of today were fixed.
    many.add_argument("--first", type=positive, default=3001, help="first seed (default: 3001)")
    many.add_argument("--jobs", type=positive, help="runs at a time (default: one a core)")
    many.add_argument("--scheduler", help="address of a dask scheduler, such as tcp://host:8786")
    many.add_argument("rest", nargs="*", metavar="NAME", help="only these (default: all)")
    large = commands.add_parser("paper", help="run notebooks at the paper's own scale")
    large.add_argument(
        "rest", nargs="*", metavar="NAME", help="only these (default: all that have one)"
    )
    wrong = commands.add_parser(
        "mutants", help="run notebooks under the wrong theories of mutants/"
    )
    wrong.add_argument("--jobs", type=positive, help="runs at a time (default: one a core)")
    wrong.add_argument("rest", nargs="*", metavar="NAME", help="only these (default: all)")
    other = commands.add_parser("compare", help="compare ledgers and figures with the stored ones")
    other.add_argument("folder", type=Path, metavar="FOLDER", help="holds NAME/ for each notebook")
    commands.add_parser("list", help="print the names of all notebooks")
    return top


def parse(arguments):
    """Parsed arguments; positional ones may follow an option, which argparse alone cannot do."""
    parsed, late = parser().parse_known_args(arguments)
    strange = [word for word in late if word.startswith("-") or "rest" not in parsed]
    if strange:
        raise Fault(f"unknown argument {strange[0]!r}; see claims {parsed.command} --help")
    if late:
        parsed.rest += late
    return parsed


def dispatch(arguments):
    """Do what the command line says; returns the exit code."""
    root = arguments.root or find_root(Path.cwd())
    if not (root / "pyproject.toml").is_file():
        raise Fault(f"no pyproject.toml in {root}; --root must name the folder of the project")
    root = root.resolve()
    if arguments.command == "figures":
        return build.figures(root, arguments.rest, arguments.jobs)
    if arguments.command == "run":
        output = (arguments.output or root / "build" / "run").resolve()
        return build.run(root, arguments.name, arguments.rest, output)
    if arguments.command == "sweep":
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        return sweeps.sweep(root, arguments.rest, seeds, arguments.jobs, arguments.scheduler)
    if arguments.command == "paper":
        return sweeps.paper_scale(root, arguments.rest, root / "build" / "paper")
    if arguments.command == "compare":
        return build.compare(root, arguments.folder.resolve())
    if arguments.command == "mutants":
        return mutants.judge_all(root, arguments.rest, arguments.jobs)
    print(*names(root), sep="\n")
    return 0


def interrupt(signum, frame):
    """SIGTERM ends a run as Ctrl-C does."""
    raise KeyboardInterrupt


def main(arguments=None):
    """Exit code: 0 good, 1 a notebook failed, 2 bad input, 130 interrupted."""
    try:
        signal.signal(signal.SIGTERM, interrupt)
        return dispatch(parse(arguments))
    except Fault as fault:
        print(fault, file=sys.stderr)
        return 2
    except NotebookFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a read-only checkout
        where = f" {error.filename}" if error.filename else ""
        print(
            f"cannot write{where}: {error.strerror}; what was there is unchanged", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
