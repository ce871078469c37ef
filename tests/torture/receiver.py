"""A receiver of alerts on this machine: it notes the key of each that it is sent."""

import base64
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.torture.shop import SECRET, URL


@contextmanager
def receiving() -> Iterator[Counter[str]]:
    """Give how often each alert came, while the shop's webhook is here."""
    came = Counter[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            came.update(alert["alert_key"] for alert in body["alerts"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ[URL] = f"http://127.0.0.1:{server.server_port}/"
    os.environ[SECRET] = "whsec_" + base64.b64encode(b"sixteen bytes or more").decode()
    try:
        yield came
    finally:
        server.shutdown()
        server.server_close()
        del os.environ[URL], os.environ[SECRET]
