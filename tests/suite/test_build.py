"""Parameters, running and publishing, on a project of one or two tiny notebooks."""

import fcntl
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import REPOSITORY, TINY, TINY_OUTPUTS, call, edit, source, start, tree, wait_until, write

from lib.suite import build, cli, execution, parameters, stamps
from lib.suite.parameters import Fault, Parameter


@pytest.fixture(autouse=True)
def signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


# --- Parameters ---------------------------------------------------------------


def test_declared_reads_default_range_and_meaning():
    found = parameters.declared(TINY)
    assert list(found) == ["seed", "depths", "wait", "scheme"]
    assert found["seed"] == Parameter(0, "in [0, 10]", "seed of every random draw")
    assert found["scheme"].allowed == "one of balanced, layerwise"


@pytest.mark.parametrize(
    "line, word",
    [
        ("seed = 0", "comment"),
        ("seed = 0  # in [0, 10]", "comment"),
        ("seed = 0  # between 0 and 10: seed", "comment"),
        ("seed = 11  # in [0, 10]: seed", "11"),
        ("seed = 1 + 1  # in [0, 10]: seed", "literal"),
        ("seed = None  # in [0, 10]: seed", "number"),
        ("seed = True  # in [0, 1]: seed", "one of"),
        ("seed = 'x'  # in [0, 1]: seed", "one of"),
        ("seed = [1]  # in [0, 10]: seed", "each"),
        ("seed = 1  # each in [0, 10]: seed", "each"),
        ("seed = []  # each in [0, 10]: seed", "number"),
        ("seed = [1]  # each of 2 in [0, 10]: seed", "a list of 2"),
        ("seed = 1  # of 2 in [0, 10]: seed", "comment"),
        ("seed = [1, 'x']  # each in [0, 10]: seed", "one kind"),
        ("seed = 1e999  # in [0, inf]: seed", "inf"),
        ("print(1)", "name = literal"),
        ("a, b = 1, 2  # in [0, 10]: seed", "name = literal"),
        ("seed = (  # in [0, 10]: seed", "not Python"),
    ],
)
def test_declaration_that_breaks_the_rules_is_a_fault(line, word):
    with pytest.raises(Fault, match=word):
        parameters.declared(f'# %% tags=["parameters"]\n{line}\n')


@pytest.mark.parametrize("count", [0, 2])
def test_one_cell_is_tagged_parameters(count):
    with pytest.raises(Fault, match=f"there are {count}"):
        parameters.declared("# %%\nx = 1\n" + '# %% tags=["parameters"]\n' * count)


bounds = st.integers(-50, 50)
numbers = st.one_of(bounds, st.floats(-60, 60))


@given(value=numbers, low=bounds, width=st.integers(0, 40), left=st.booleans(), right=st.booleans())
def test_range_holds_just_what_its_brackets_say(value, low, width, left, right):
    high = low + width
    allowed = f"in {'[' if left else '('}{low}, {high}{']' if right else ')'}"
    expected = (value >= low if left else value > low) and (
        value <= high if right else value < high
    )
    parameter = Parameter(0.5, allowed, "meaning")
    if expected:
        checked = parameters.check_value("x", value, parameter)
        assert checked == value and type(checked) is float
    else:
        with pytest.raises(Fault, match="it must be a finite number in"):
            parameters.check_value("x", value, parameter)


@given(st.lists(st.integers(-3, 12)))
def test_every_element_of_a_list_is_checked(values):
    parameter = Parameter([2], "each in [1, 8]", "depths")
    if values and all(1 <= value <= 8 for value in values):
        assert parameters.check_value("depths", values, parameter) == values
    else:
        with pytest.raises(Fault, match="depths"):
            parameters.check_value("depths", values, parameter)


@pytest.mark.parametrize(
    ("rule", "lengths", "words"),
    [
        ("each of 3 in [1, 8]", {3}, "a list of 3, each an integer in [1, 8]"),
        ("each of 2 or more in [1, 8]", {2, 3, 4}, "a list of 2 or more, each an integer in"),
        ("each of 3 one of 2, 4", {3}, "a list of 3, each an integer one of 2, 4"),
    ],
)
def test_a_list_is_as_long_as_it_is_declared(rule, lengths, words):
    parameter = Parameter([2, 4, 2], rule, "depths")
    for length in range(5):
        value = [2] * length
        if length in lengths:
            assert parameters.check_value("depths", value, parameter) == value
        else:
            with pytest.raises(Fault, match=re.escape(words)):
                parameters.check_value("depths", value, parameter)


@pytest.mark.parametrize("value", [1.0, True, "1", None, [1], 10**400, {}])
def test_integer_takes_only_an_integer(value):
    with pytest.raises(Fault, match="an integer"):
        parameters.check_value("seed", value, Parameter(0, "in [0, 10]", "seed"))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400, True, "1.0", [1.0]])
def test_number_must_be_finite(value):
    with pytest.raises(Fault, match="a finite number"):
        parameters.check_value("x", value, Parameter(0.5, "in [-inf, inf]", "x"))


@pytest.mark.parametrize(
    "pair, expected",
    [
        ("seed=7", ("seed", 7)),
        ("depths=[2,3]", ("depths", [2, 3])),
        ("scale=1e-3", ("scale", 1e-3)),
        ("scheme=balanced", ("scheme", "balanced")),
        ("flag=True", ("flag", True)),
        ("x=a=b", ("x", "a=b")),
        ("x=", ("x", "")),
        ("x=" + "(" * 5000, ("x", "(" * 5000)),
    ],
)
def test_read_pair(pair, expected):
    assert parameters.read_pair(pair) == expected


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "01_tiny", "sead=7"], ["'sead'", "seed, depths, wait, scheme"]),
        (["run", "01_tiny", "seed=abc"], ["seed", "'abc'", "an integer in [0, 10]"]),
        (["run", "01_tiny", "seed=11"], ["seed", "11", "an integer in [0, 10]"]),
        (["run", "01_tiny", "seed=1.0"], ["seed", "an integer"]),
        (["run", "01_tiny", "wait=nan"], ["wait", "finite", "[0, inf)"]),
        (["run", "01_tiny", "wait=1e999"], ["wait", "finite"]),
        (["run", "01_tiny", "depths=2"], ["depths", "a list"]),
        (["run", "01_tiny", "depths=[]"], ["depths", "a list"]),
        (["run", "01_tiny", "depths=[2,9]"], ["depths", "each an integer in [1, 8]"]),
        (["run", "01_tiny", "scheme=other"], ["scheme", "one of balanced, layerwise"]),
        (["run", "01_tiny", "seed"], ["'seed'", "key=value"]),
        (["run", "01_tiny", "=1"], ["'=1'", "key=value"]),
        (["run", "01_tiny", "seed=1", "seed=2"], ["parameter seed", "once"]),
        (["run", "01_tiny", "depths=[2,", "5]"], ["'5]'", "without blanks"]),
        (["run", "02_none"], ["'02_none'", "did you mean 01_tiny?"]),
        (["run", "1_tiny"], ["'1_tiny'", "did you mean 01_tiny?"]),
        (["run", "0"], ["unknown notebook '0'; `claims list` prints"]),
        (["run", "../01_tiny"], ["'../01_tiny'", "01_tiny"]),
        (["run", "01_tiny", "--output", "README.md"], ["README.md"]),
        (["run", "01_tiny", "--output", "notebooks"], ["OUTPUT", "/notebooks", "build/"]),
        (["run", "01_tiny", "--output", "lib/deep"], ["OUTPUT", "build/"]),
        (["run", "01_tiny", "--output", "."], ["OUTPUT", "build/"]),
        (["run", "01_tiny", "--output", ".."], ["OUTPUT", "build/"]),
        (["run", "01_tiny", "--output", "s3://bucket/x"], ["s3://bucket/x", "of this machine"]),
        (["run", "01_tiny", "--outptu", "x"], ["--outptu"]),
        (["run"], ["required: NAME\n"]),
        (["figures", "02_none"], ["'02_none'", "01_tiny"]),
        (["figures", "--jobs", "0"], ["--jobs", "'0'"]),
        (["paint"], ["'paint'", "figures"]),
        (["compare", "lib"], ["/lib", "01_tiny/"]),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(project, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(project)
    before = tree(project)
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert all(word in printed.err for word in words), printed.err
    assert tree(project) == before and not (project / "build").exists()


def test_bad_declaration_names_the_notebook(project, capsys):
    edit(source(project), "  # in [0, 10]: seed of every random draw", "")
    assert call(project, "run", "01_tiny") == 2
    assert capsys.readouterr().err.startswith("01_tiny: parameter seed: its comment must read")


@pytest.mark.parametrize(
    "given", ["01", "01_Tiny", "notebooks/01_tiny.ipynb", "mutants/01_tiny.py"]
)
def test_a_notebook_is_found_by_number_by_path_and_in_any_case(project, given):
    assert stamps.named(project, given) == "01_tiny"


@pytest.mark.parametrize("command", ["figures", "sweep", "mutants"])
@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("results/records/01_tiny.json", "<<<<<<< HEAD", "01_tiny.json is broken"),
        ("results/02_other.json", '{"note', "02_other.json is broken"),
        ("README.md", "no marks", "README.md must hold the marks"),
        ("README.md", None, "there is no README.md"),
        ("notebooks/src/01_tiny.py", b"\xff", "01_tiny.py is broken: it is not UTF-8"),
    ],
)
def test_a_broken_file_is_named_before_anything_runs(project, capsys, command, path, text, words):
    write(project / path, text if isinstance(text, str) else "")
    if text is None:
        (project / path).unlink()
    elif isinstance(text, bytes):
        (project / path).write_bytes(text)
    before = tree(project)
    assert call(project, command) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and words in error
    assert {k: v for k, v in tree(project).items() if k != "build/lock"} == before


def test_no_project_here(tmp_path, capsys):
    assert call(tmp_path, "list") == 2
    assert "pyproject.toml" in capsys.readouterr().err


def test_project_is_found_from_a_folder_inside(project, capsys, monkeypatch):
    monkeypatch.chdir(project / "notebooks" / "src")
    assert cli.main(["list"]) == 0
    assert capsys.readouterr().out == "01_tiny  Tiny\n"


# --- Figures ------------------------------------------------------------------


def test_figures_publishes_clean_outputs_with_the_same_bytes_every_time(project, capsys):
    write(project / "figures" / "01_tiny" / "old.svg", "no longer made")
    assert call(project, "figures") == 0
    start, line = capsys.readouterr().out.split("\n", 1)
    assert start == "1 to run, 1 at a time: 01"
    assert line.startswith("01_tiny  ") and line.endswith(" s  1 of 1 claims reproduced\n")
    first = tree(project)
    assert set(TINY_OUTPUTS) < set(first)
    assert not [path for path in first if "old.svg" in path or "/.01_tiny" in path]
    assert "two is two" in first["RESULTS.md"].decode()

    notebook = nbformat.read(project / "notebooks" / "01_tiny.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata == {
        "kernelspec": execution.KERNEL,
        "language_info": execution.LANGUAGE,
    }
    assert [cell.id for cell in notebook.cells] == [f"cell-0{k}" for k in range(1, 6)]
    assert [cell.metadata for cell in notebook.cells] == [{}, {"tags": ["parameters"]}, {}, {}, {}]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4]
    text = "first\nsecond 2 0 [2, 3] balanced float\n"
    assert [dict(output) for output in code[2].outputs] == [
        {"output_type": "stream", "name": "stdout", "text": text}
    ]
    assert str(project) not in first["notebooks/01_tiny.ipynb"].decode()

    shutil.rmtree(project / "build")
    assert call(project, "figures") == 0
    second = tree(project)
    assert {path: second[path] for path in TINY_OUTPUTS} == {p: first[p] for p in TINY_OUTPUTS}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project after `figures`, made once; tests take a copy of it."""
    return tmp_path_factory.mktemp("finished") / "project"


@pytest.fixture
def built(project, finished):
    """The tiny project, up to date."""
    if not finished.exists():
        assert call(project, "figures") == 0
        shutil.copytree(project, finished)
    shutil.rmtree(project)
    shutil.copytree(finished, project)
    return project


def test_nothing_to_do_is_one_line_and_mends_the_readme(built, capsys):
    before = tree(built)
    edit(built / "README.md", "1 of 1", "0 of 1")
    edit(built / "RESULTS.md", "two is two", "two is three")
    assert call(built, "figures") == 0
    assert capsys.readouterr().out == "nothing to do: 1 notebook up to date\n"
    assert tree(built) == before


def test_touch_and_unrelated_files_do_not_make_stale(built):
    os.utime(source(built), (1, 1))
    write(built / "lib" / "unused.py", "value = 3\n")
    write(built / "lib" / "unused_too.py", "")
    assert not stamps.is_stale(built, "01_tiny")


@pytest.mark.parametrize(
    "path",
    [
        "notebooks/src/01_tiny.py",
        "lib/__init__.py",
        "lib/used.py",
        "lib/deeper.py",
        "requirements.txt",
        "notebooks/01_tiny.ipynb",
        "results/01_tiny.json",
        "figures/01_tiny/line.svg",
        "figures/01_tiny/more.svg",
        "build/stamps/01_tiny",
    ],
)
def test_changed_input_or_output_makes_stale(built, path):
    path = built / path
    write(path, (path.read_text(encoding="utf-8") if path.exists() else "") + "\n# changed")
    assert stamps.is_stale(built, "01_tiny")


@pytest.mark.parametrize("path", TINY_OUTPUTS)
def test_missing_output_makes_stale(built, path):
    (built / path).unlink()
    assert stamps.is_stale(built, "01_tiny")


@pytest.mark.parametrize(
    "line, module",
    [
        ("import lib.used", "used"),
        ("from lib.suite.used import x", "suite.used"),
        ("from lib.suite import used", "suite.used"),
        ("import numpy, lib.used as u", "used"),
        ("from lib import used, other", "used"),
        ("from lib.used import value", "used"),
        ("def f():\n    from lib.used import value", "used"),
        ("import library.used", None),
        ("from library import used", None),
        ("this is not python", None),
    ],
)
def test_imported(tmp_path, line, module):
    write(tmp_path / "file.py", line)
    found = stamps.imported(tmp_path / "file.py")
    assert (module in found) if module else not found


def test_failure_keeps_the_last_good_outputs_and_the_others_complete(built, capsys):
    write(source(built, "02_other"), TINY.replace("01_tiny", "02_other"))
    edit(source(built), 'print("first", flush=True)', 'raise ValueError("no\\nway")')
    before = tree(built)
    assert call(built, "figures", "--jobs", "2") == 1
    printed = capsys.readouterr()
    assert printed.err == (
        "01_tiny failed in cell 4: ValueError: no (see build/failed/01_tiny.ipynb)\n"
    )
    start, line, end = printed.out.split("\n")
    assert start == "2 to run, 2 at a time: 01, 02" and line.startswith("02_other  ") and not end
    after = tree(built)
    assert {path: after[path] for path in TINY_OUTPUTS} == {p: before[p] for p in TINY_OUTPUTS}
    assert "results/02_other.json" in after
    failed = nbformat.read(built / "build" / "failed" / "01_tiny.ipynb", as_version=4)
    assert failed.cells[3].outputs[0].ename == "ValueError"
    assert stamps.is_stale(built, "01_tiny") and not stamps.is_stale(built, "02_other")

    write(source(built), TINY)
    assert not stamps.is_stale(built, "01_tiny"), "the outputs on disk belong to this source again"


def test_dead_kernel_is_a_failure(built, capfd):
    edit(source(built), "time.sleep(wait)", "os.kill(os.getpid(), 9)")
    before = tree(built)
    assert call(built, "figures") == 1
    assert capfd.readouterr().err == (
        "01_tiny failed in cell 4: DeadKernelError: Kernel died (see build/failed/01_tiny.ipynb)\n"
    )
    after = tree(built)
    assert {path: after[path] for path in TINY_OUTPUTS} == {p: before[p] for p in TINY_OUTPUTS}


@pytest.mark.parametrize(
    "old, new, words",
    [
        ('_ = (output / "01_tiny.json")', '_ = (output / "other.json")', "wrote no ledger"),
        ("json.dumps(ledger)", "'{'", "is broken"),
        ("json.dumps(ledger)", "json.dumps([1])", "is broken"),
    ],
)
def test_notebook_without_a_good_ledger_is_a_failure(built, capsys, old, new, words):
    edit(source(built), old, new)
    before = tree(built)
    assert call(built, "figures") == 1
    assert words in capsys.readouterr().err
    assert tree(built).keys() - before.keys() == {"build/failed/01_tiny.ipynb"}


def test_a_ledger_of_another_seed_is_not_kept(built, capsys, tmp_path):
    edit(source(built), '"seed": seed,', '"seed": 5,')
    assert call(built, "run", "01_tiny", "seed=7", "--output", str(tmp_path / "out")) == 1
    assert "failed: its ledger is of seed = 5, not of 7" in capsys.readouterr().err
    assert [*(tmp_path / "out").iterdir()] == []


def test_claim_that_does_not_hold_is_named_and_is_no_failure(built, capsys):
    write(built / "lib" / "deeper.py", "value = 3\n")
    assert call(built, "figures") == 0
    assert capsys.readouterr().out.endswith("0 of 1 claims reproduced; not reproduced: 01.1\n")


def test_interrupted_publishing_leaves_whole_files_and_a_stale_notebook(built, monkeypatch):
    write(built / "lib" / "deeper.py", "value = 1\n")
    before, move = tree(built), build.move

    def interrupted_at_the_ledger(source, target):
        if target == built / "results" / "01_tiny.json":
            raise KeyboardInterrupt
        move(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(build, "move", interrupted_at_the_ledger)
        assert call(built, "figures") == 130
    between = tree(built)
    assert between["figures/01_tiny/line.svg"] == b"<svg>1</svg>"
    assert between["results/01_tiny.json"] == before["results/01_tiny.json"]
    assert stamps.is_stale(built, "01_tiny")
    assert call(built, "figures") == 0
    assert json.loads(tree(built)["results/01_tiny.json"])["claims"][0]["measured"] == 1.0


def test_no_settings_of_a_user_reach_a_published_notebook(project, tmp_path, monkeypatch):
    """IPython's start, a kernel called python3, pandas' and numpy's display, locale, matplotlib's backend."""
    edit(
        source(project),
        'print("first"',
        'import pandas\nimport numpy\nprint(pandas.Series([1 / 3]), numpy.ones(1) / 3)\nprint("first"',
    )
    assert call(project, "figures") == 0
    first = {path: text for path, text in tree(project).items() if path in TINY_OUTPUTS}
    home = tmp_path / "home"
    options = "import numpy, pandas\npandas.options.display.precision = 2\nprint('hello')\n"
    options += "numpy.set_printoptions(precision=2)\n"
    write(home / ".ipython" / "profile_default" / "startup" / "00.py", options)
    kernel = {"argv": ["false"], "display_name": "mine", "language": "python"}
    write(home / "jupyter" / "kernels" / "python3" / "kernel.json", json.dumps(kernel))
    for name, value in {
        "HOME": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "PYTHONSTARTUP": str(home / ".ipython" / "profile_default" / "startup" / "00.py"),
        "MPLBACKEND": "svg",
        "LC_ALL": "de_DE.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    shutil.rmtree(project / "build")
    (project / "notebooks" / "01_tiny.ipynb").unlink()
    assert call(project, "figures") == 0
    assert {path: text for path, text in tree(project).items() if path in TINY_OUTPUTS} == first


# --- Run ----------------------------------------------------------------------


def test_run_writes_to_its_folder_only(built, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    environment = dict(os.environ)
    before = tree(built)
    output = tmp_path / "some {folder}" / "deep"
    pairs = ["seed=7", "--output", str(output), "depths=[4,5]", "wait=0", "scheme=layerwise"]
    assert call(built, "run", "01_tiny", *pairs) == 0
    assert capsys.readouterr().out.endswith(f"1 of 1 claims reproduced; in {output}\n")
    assert tree(built) == before and dict(os.environ) == environment
    made = tree(output)
    assert set(made) == {"01_tiny.ipynb", "01_tiny.json", "figures/line.svg"}
    assert made["figures/line.svg"] == b"<svg>9</svg>"
    parameters = {"seed": 7, "depths": [4, 5], "wait": 0.0, "scheme": "layerwise"}
    assert json.loads(made["01_tiny.json"])["parameters"] == parameters
    assert b"second 2 7 [4, 5] layerwise float" in made["01_tiny.ipynb"]


def test_failed_run_leaves_the_folder_as_it_was(built, capsys, tmp_path):
    write(tmp_path / "out" / "01_tiny.json", "mine")
    edit(source(built), "time.sleep(wait)", "1 / 0")
    assert call(built, "run", "01_tiny", "seed=7", "--output", str(tmp_path / "out")) == 1
    # The cell of the given parameters comes before it: 4 becomes 5.
    assert capsys.readouterr().err.startswith("01_tiny failed in cell 5: ZeroDivisionError: ")
    assert tree(tmp_path / "out") == {"01_tiny.json": b"mine"}
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "01_tiny.json"]


# --- Processes ----------------------------------------------------------------


@pytest.mark.parametrize(
    "command, send",
    [
        (["run", "01_tiny"], "to the group"),
        (["figures", "--jobs", "2"], "to the group"),
        (["figures", "--jobs", "2"], "to the parent"),
    ],
)
def test_ctrl_c_stops_kernels_and_keeps_outputs(built, command, send):
    slow = TINY.replace("wait = 0.0", "wait = 60.0").replace(
        "time.sleep(wait)", 'Path("../pid").write_text(str(os.getpid()))\ntime.sleep(wait)'
    )
    write(source(built), slow)
    write(source(built, "02_other"), slow.replace("../pid", "../pid2"))
    before = tree(built)
    process = start(built, *command)
    pids = [built / "pid"] + [built / "pid2"] * (command[0] == "figures")
    try:
        wait_until(lambda: all(path.exists() and path.read_text() for path in pids))
        if send == "to the group":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        printed, error = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    said = "2 to run, 2 at a time: 01, 02\n" if command[0] == "figures" else ""
    assert (process.returncode, printed, error) == (130, said, "interrupted\n")
    for path in pids:
        wait_until(lambda path=path: not alive(int(path.read_text())), seconds=60)
        path.unlink()
    after = {path: text for path, text in tree(built).items() if not path.startswith("build/")}
    assert after == {path: text for path, text in before.items() if not path.startswith("build/")}


def alive(pid):
    """Whether a process runs (one that is over but not yet collected by its parent does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_reader_who_leaves_is_no_failure(project):
    for number in range(2, 99):
        write(source(project, f"{number:02d}_other"), f"# # {'A long title. ' * 500}\n")
    process = start(project, "list")
    process.stdout.readline()
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 141)
    process.stderr.close()


def test_second_build_waits_for_the_first(built):
    with (built / "build" / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        process = start(built, "figures")
        assert process.stderr.readline() == "another run is going on; waiting\n"
        assert process.poll() is None
    printed, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, "")
    assert printed == "nothing to do: 1 notebook up to date\n"


def test_no_op_loads_nothing_heavy(built):
    code = (
        "import sys; from lib.suite.cli import main; main(sys.argv[1:]); "
        "print([m for m in ('papermill', 'jupytext', 'joblib', 'torch') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, "--root", str(built), "figures"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "nothing to do: 1 notebook up to date\n[]\n"


# --- The same on any machine --------------------------------------------------


def test_outputs_that_agree_within_a_last_digit_stay_as_stored(built, capsys):
    """Another processor prints another last digit: nothing that is tracked changes."""
    edit(source(built), "first", "mean 0.417")
    assert call(built, "figures") == 0
    edit(built / "notebooks" / "01_tiny.ipynb", "mean 0.417\\n", "mean 0.418\\n")
    before = tree(built)
    capsys.readouterr()
    assert call(built, "figures") == 0
    assert capsys.readouterr().out.endswith("claims reproduced; as stored\n")
    after = tree(built)
    assert {p: after[p] for p in TINY_OUTPUTS} == {p: before[p] for p in TINY_OUTPUTS}
    assert not stamps.is_stale(built, "01_tiny")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("notebooks/01_tiny.ipynb", "first", "other"),
        ("results/01_tiny.json", "two is two", "two is three"),
        ("figures/01_tiny/line.svg", "<svg>2", "<svg>3"),
    ],
)
def test_stored_outputs_that_disagree_are_published_anew(built, capsys, path, old, new):
    before = tree(built)
    edit(built / path, old, new)
    assert call(built, "figures") == 0
    assert "as stored" not in capsys.readouterr().out
    assert tree(built)[path] == before[path]
