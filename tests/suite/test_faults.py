"""What a disk and a hard stop can do: committed outputs stay whole, and the message says what to do."""

import os
import shutil
import signal
import subprocess

import pytest
from tiny import TINY_OUTPUTS, call, edit, source, start, tree, wait_until


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own: mounted(size in kB) -> folder. Skipped where mounting is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mounted(size):
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a disk of its own needs the right to mount")
        return folder

    yield mounted
    subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def published(root):
    """The committed outputs of the tiny notebook."""
    return {path: (root / path).read_bytes() for path in TINY_OUTPUTS}


def test_full_disk_keeps_the_last_good_outputs_and_says_so(project, disk, capsys):
    assert call(project, "figures") == 0
    small = disk(400) / "project"
    shutil.copytree(project, small)
    before = published(small)
    edit(source(small), 'print("first"', 'print("changed"')
    capsys.readouterr()
    # Fill what is left: the run cannot even store its draft.
    with (small / "build" / "filler").open("wb", buffering=0) as filler:
        with pytest.raises(OSError, match="No space"):
            while True:
                filler.write(b"0" * 1024)
    assert call(small, "figures") != 0
    assert "No space left" in capsys.readouterr().err
    assert published(small) == before
    (small / "build" / "filler").unlink()
    assert call(small, "figures") == 0
    assert published(small) != before


def test_read_only_checkout_is_one_clear_line(project, disk, capsys):
    folder = disk(4000)
    shutil.copytree(project, folder / "project")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    before = tree(folder)
    for command in (["figures"], ["run", "01_tiny"], ["sweep", "--seeds", "1"]):
        assert call(folder / "project", *command) in (1, 2)
        message = capsys.readouterr().err
        assert message.count("\n") == 1 and "Read-only" in message
    assert tree(folder) == before


def test_killed_half_way_keeps_the_last_good_outputs_and_the_next_run_ends_it(project):
    assert call(project, "figures") == 0
    before = published(project)
    edit(source(project), "wait = 0.0", "wait = 5.0")
    process = start(project, "figures")
    wait_until(lambda: list((project / "build" / "figures").glob("*/.01_tiny-*/ipython")))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert published(project) == before
    edit(source(project), "wait = 5.0", "wait = 0.5")
    assert call(project, "figures") == 0
    assert not list((project / "build" / "figures").rglob(".01_tiny-*"))


def test_corrupted_notebook_is_made_again(project):
    assert call(project, "figures") == 0
    before = published(project)
    (project / TINY_OUTPUTS[0]).write_bytes(b'{"cells": [')
    assert call(project, "figures") == 0
    assert published(project) == before


def test_two_builds_at_once_do_the_work_once(project):
    both = [start(project, "figures") for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    words = "".join(out + err for out, err in said)
    assert words.count("claims reproduced") == 1
