"""The benchmark's tasks run on the code of today, and do what a user's own loop does."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "bench.py"
spec = importlib.util.spec_from_file_location("bench", PATH)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.mark.parametrize("task", bench.tasks(), ids=lambda task: task.name)
def test_a_task_is_that_of_the_loop_it_is_measured_against(task):
    assert bench.agreement(task) <= 1e-10


def test_what_is_timed_beside_the_tasks_runs():
    assert bench.dropping(networks=200) > 0
