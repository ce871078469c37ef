"""A local HTTP server: a test queues answers by method and path, and reads what was asked."""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server says: a status, a body (JSON unless bytes), headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """Answers each request with the next one queued for it; the last is said again and again."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                split = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, split.path, parse_qs(split.query), headers, body)
                outer.asked.append(asked)
                queue = outer.answers[self.command, split.path]
                if not queue:
                    self.send_error(404)
                    return
                answer = queue.pop(0) if len(queue) > 1 else queue[0]
                content = answer.body
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = handle_one  # noqa: N815, the names http.server looks for

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def says(self, method: str, path: str, *answers: Answer | Any) -> None:
        """Queue answers; what is no `Answer` is a JSON body with status 200."""
        self.answers[method, path] = [
            one if isinstance(one, Answer) else Answer(body=one) for one in answers
        ]

    def count(self, method: str, path: str) -> int:
        return sum((one.method, one.path) == (method, path) for one in self.asked)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
