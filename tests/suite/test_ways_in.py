"""A notebook outside our runner: bad values are refused in one line, "Run All" works twice."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from tiny import source

from lib.suite import output
from lib.suite.execution import read_source


@pytest.fixture
def opened(formed, tmp_path, monkeypatch):
    """The notebook as a file, ready to be run in its folder by any tool; results go to tmp_path."""
    path = formed / "notebooks" / "01_tiny.ipynb"
    notebook = read_source(source(formed))
    nbformat.write(notebook, path)
    monkeypatch.setenv("PYTHONPATH", str(formed))
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path / "out"))
    monkeypatch.delenv("CLAIMS_SOURCE", raising=False)
    monkeypatch.chdir(formed / "notebooks")
    return path


def run(*command):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    return done.returncode, done.stderr.strip().split("\n")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            ["-p", "depth", "9"],
            "Fault: parameter depth: 9 is not allowed; it must be an integer in [1, 8]",
        ),
        (["-p", "depht", "3"], "Fault: unknown parameter 'depht'; 01_tiny has: depth"),
    ],
)
def test_papermill_refuses_in_one_line(opened, tmp_path, given, line):
    code, printed = run(
        "papermill", "-k", "python3", str(opened), str(tmp_path / "o.ipynb"), *given
    )
    assert code != 0 and line in printed
    assert not (tmp_path / "out").exists()


def test_papermill_runs_with_a_good_value(opened, tmp_path):
    code, _ = run(
        "papermill", "-k", "python3", str(opened), str(tmp_path / "o.ipynb"), "-p", "depth", "3"
    )
    assert code == 0 and '"depth": 3' in (tmp_path / "out" / "01_tiny.json").read_text()


def test_nbconvert_refuses_in_one_line(opened, tmp_path):
    opened.write_text(opened.read_text().replace("depth = 2", "depth = 0"))
    code, printed = run(
        "nbconvert", "--execute", "--to", "notebook", "--output-dir", str(tmp_path), str(opened)
    )
    assert code != 0
    assert "Fault: parameter depth: 0 is not allowed; it must be an integer in [1, 8]" in printed


def test_run_all_twice_in_one_kernel_works_and_keeps_stray_names_out(
    opened, formed, tmp_path, monkeypatch
):
    monkeypatch.setenv("CLAIMS_SOURCE", str(source(formed)))
    notebook = nbformat.read(opened, as_version=4)
    stray = nbformat.v4.new_code_cell("k, table, other = 3, [1, 2], {'a': 1}")
    again = copy.deepcopy(notebook.cells)
    for number, cell in enumerate(again):
        cell.id = f"again-{number}"
    notebook.cells = [*notebook.cells, stray, *again]
    nbformat.write(notebook, opened)
    code, printed = run(
        "nbconvert", "--execute", "--to", "notebook", "--output-dir", str(tmp_path), str(opened)
    )
    assert code == 0, printed
    assert '"parameters": {\n  "depth": 2\n }' in (tmp_path / "out" / "01_tiny.json").read_text()


def test_scripts_are_python_files(opened, tmp_path):
    assert run("nbconvert", "--to", "script", "--output-dir", str(tmp_path), str(opened))[0] == 0
    assert (tmp_path / "01_tiny.py").is_file()


def test_results_go_where_the_user_is(tmp_path, monkeypatch):
    """$CLAIMS_OUTPUT, else build/lab of the checkout, else (an installed wheel) the current folder."""
    monkeypatch.setattr(output, "_run", ["01_tiny"])
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path / "mine"))
    assert output.output_folder() == tmp_path / "mine"
    monkeypatch.delenv("CLAIMS_OUTPUT")
    assert output.output_folder() == output.checkout() / "build" / "lab" / "01_tiny"
    monkeypatch.setattr(output, "checkout", lambda: None)
    monkeypatch.chdir(tmp_path)
    assert output.output_folder() == Path.cwd() / "01_tiny"


def test_runs_with_other_parameters_have_folders_of_their_own(monkeypatch):
    monkeypatch.setattr(output, "_run", [])
    defaults = {"seed": 0, "depths": [2, 3]}
    named = []
    for changed in ({}, {"seed": 7}, {"depths": [2]}, {"seed": 7, "depths": [2]}):
        output.name_run("01_tiny", defaults | changed, defaults)
        named += output._run
    assert named[:2] == ["01_tiny", "01_tiny-seed-7"] and len({*named}) == 4


def test_two_papermill_runs_at_once_do_not_meet(opened, formed, tmp_path, monkeypatch):
    """And each says which criteria it was judged by, and where its results are."""
    monkeypatch.delenv("CLAIMS_OUTPUT")
    command = [sys.executable, "-m", "papermill", "-k", "python3", str(opened)]
    runs = [
        subprocess.Popen([*command, str(tmp_path / f"{depth}.ipynb"), "-p", "depth", depth])
        for depth in ("2", "3")
    ]
    assert [run.wait() for run in runs] == [0, 0]
    made = sorted((formed / "build" / "lab").glob("*/01_tiny.json"))
    assert [json.loads(path.read_text())["parameters"]["depth"] for path in made] == [2, 3]
    said = nbformat.read(tmp_path / "3.ipynb", as_version=4).cells[-1].outputs[0].data["text/plain"]
    assert said.endswith(f"\ncriteria from {opened}; results in {made[1].parent}")


def test_a_copy_is_judged_by_its_own_table_or_not_at_all(opened, formed, tmp_path):
    """Next to the notebook that it was copied from, an edited copy would be judged by that one."""
    mine = opened.with_name("mine.ipynb")
    mine.write_text(opened.read_text().replace("number(1)", "number(2)"))
    command = ["papermill", "-k", "python3", str(mine), str(tmp_path / "o.ipynb")]
    code, printed = run(*command)
    assert code != 0
    (line,) = [line for line in printed if line.startswith("Fault:")]
    assert f"read from {opened}" in line and "not what ran here" in line
    opened.unlink()
    assert run(*command)[0] == 0
    assert f"criteria from {mine}" in (tmp_path / "o.ipynb").read_text()
