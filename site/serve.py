"""Serve build/site/html on this machine and print the address: python site/serve.py [PORT]."""

import functools
import gzip
import http.server
import io
import sys
from pathlib import Path

PACKED = {".html", ".css", ".js", ".svg", ".json", ".xml", ".ipynb"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def list_directory(self, path):
        self.send_error(404)

    def send_head(self):
        """Texts go packed where the browser takes that, as they do where sites are published."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if self.path.endswith("/") else path
        takes = "gzip" in self.headers.get("Accept-Encoding", "")
        if not takes or path.suffix not in PACKED or not path.is_file():
            return super().send_head()
        data = gzip.compress(path.read_bytes(), mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return io.BytesIO(data)

    def log_message(self, *given):
        pass


def main(port=0):
    """Any free port where none is named; until Ctrl-C."""
    folder = Path(__file__).resolve().parents[1] / "build" / "site" / "html"
    handler = functools.partial(Quiet, directory=str(folder))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        sys.exit(f"PORT {port} cannot be had: {error.strerror}; without PORT a free one is taken")
    with server:
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else "0"
    if not (given.isdecimal() and int(given) < 65536):
        sys.exit(f"PORT must be a whole number in [0, 65535], got {given}")
    main(int(given))
