"""The environment of the tests is that of the notebooks; Playwright and axe come from the site's own."""

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "build" / "site" / "html"
MODELS = ROOT / "site" / "static" / "play" / "models.js"
sys.path.append(str(ROOT / "site"))
sys.path.extend(str(path) for path in (ROOT / ".venv-site").glob("lib/python*/site-packages"))


def chromium():
    """Path of a Chromium of this system, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="not run: Playwright is not installed")
    if chromium() is None:
        pytest.skip("not run: there is no browser (Debian: apt-get install chromium)")
    with api.sync_playwright() as p:
        opened = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def js(request):
    """js(expression): its value, computed with models.js in node, or in the browser where there is no node."""
    code = "".join(
        path.read_text(encoding="utf-8") for path in (MODELS.with_name("laws.js"), MODELS)
    )
    mark = "(k, v) => typeof v === 'number' && !Number.isFinite(v) ? 'float:' + v : v"

    def back(value):
        if isinstance(value, list):
            return [back(v) for v in value]
        if isinstance(value, str) and value.startswith("float:"):
            return float(value[6:].replace("Infinity", "inf"))
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    node = shutil.which("node")
    if node:

        def run(expression):
            script = f"{code}\nprocess.stdout.write(JSON.stringify((() => {{ const m = globalThis.models; return {expression} }})(), {mark}))"
            done = subprocess.run(
                [node, "-"], input=script, capture_output=True, text=True, check=True
            )
            return back(json.loads(done.stdout))

    else:
        page = request.getfixturevalue("browser").new_page()
        page.add_script_tag(content=code)

        def run(expression):
            return back(
                json.loads(
                    page.evaluate(
                        f"JSON.stringify((() => {{ const m = globalThis.models; return {expression} }})(), {mark})"
                    )
                )
            )

    return run


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *given):
        pass


@pytest.fixture(scope="session", params=["file", "http"])
def base(request):
    """Address of the site: as files, and from a server."""
    if request.param == "file":
        yield HTML.as_uri() + "/"
        return
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
