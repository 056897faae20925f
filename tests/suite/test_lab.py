"""Reading never writes: JupyterLab works on copies, which follow what is published until a reader writes in them."""

import json
import socket
import urllib.error
import urllib.request

import pytest
from tiny import REPOSITORY, call, edit, source, start, tree, wait_until, write

from lib.suite import lab


@pytest.fixture
def published(formed):
    """The project with its notebook published, and its folder of copies."""
    assert call(formed, "figures") == 0
    return formed, formed / "build" / "lab" / "notebooks" / "01_tiny.ipynb"


def test_copies_follow_what_is_published_until_somebody_writes_in_them(published):
    root, copy = published
    notebook = root / "notebooks" / "01_tiny.ipynb"
    assert lab.prepare(root) == [] and copy.read_bytes() == notebook.read_bytes()
    assert (root / "build" / "lab" / "figures" / "01_tiny" / "verdict.svg").is_file()

    saved = json.loads(copy.read_text())  # what Lab's autosave changes
    saved["metadata"]["language_info"]["version"] = "3.13"
    saved["cells"][1]["outputs"], saved["cells"][1]["metadata"] = [], {}
    write(copy, json.dumps(saved))
    edit(notebook, "# Tiny", "# Tiny again")
    assert lab.prepare(root) == [] and "Tiny again" in copy.read_text()

    edit(copy, "Tiny again", "mine")
    edit(notebook, "Tiny again", "Tiny once more")
    assert lab.prepare(root) == [copy] and "mine" in copy.read_text()
    copy.unlink()
    assert lab.prepare(root) == [] and "Tiny once more" in copy.read_text()

    write(copy, "{")
    assert lab.prepare(root) == [copy] and copy.read_text() == "{"


def test_a_notebook_opened_changed_and_saved_in_jupyterlab_changes_nothing_published(published):
    """Through the interface that Lab itself uses, jupytext's pairing included."""
    root, copy = published
    write(root / "pyproject.toml", (REPOSITORY / "pyproject.toml").read_text())
    before = {path: text for path, text in tree(root).items() if not path.startswith("build/")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    options += ["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    server = start(root, "lab", "--", *options)

    def ask(path, method="GET", body=None):
        data = body and json.dumps(body).encode()
        address = f"http://127.0.0.1:{port}/api/{path}"
        request = urllib.request.Request(address, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def answers():
        assert server.poll() is None, server.stderr.read()
        try:
            return ask("status")
        except (urllib.error.URLError, ConnectionError):
            return False

    try:
        wait_until(answers)
        opened = ask("contents/notebooks/01_tiny.ipynb")
        for cell in opened["content"]["cells"]:
            cell["source"] = cell["source"].replace("depth = 2", "depth = 7")
            cell["metadata"]["trusted"] = True
        saved = ask("contents/notebooks/01_tiny.ipynb", "PUT", opened)
        assert saved["type"] == "notebook" and "depth = 7" in copy.read_text()
        assert [*lab.lab_folder(root).rglob("*.py")] == []
    finally:
        server.terminate()
        server.communicate(timeout=60)
    after = {path: text for path, text in tree(root).items() if not path.startswith("build/")}
    assert after == before and "depth = 2" in source(root).read_text()
