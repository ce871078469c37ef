"""Who may ask the local server: no page but its own, under no name but its own."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tasks.run.guard import ADDED_HEADERS, Message, Receive, Scope, Send, guarded, sign_in_address

OURS = "http://127.0.0.1:4200"


def asked(
    kind: str = "http",
    path: str = "/api/flows",
    method: str = "GET",
    query: str = "",
    **headers: str,
) -> list[Message]:
    """Return what the guard of an app that answers 200 (or accepts) sends back."""
    return answers(kind, path, method, query, list(headers.items()))


def answers(
    kind: str, path: str, method: str, query: str, headers: Sequence[tuple[str, str]]
) -> list[Message]:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        else:
            await send({"type": f"{scope['type']}.accept"})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "method": method,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    with ThreadPoolExecutor(1) as thread:  # a browser test leaves a loop running in this one
        thread.submit(asyncio.run, guarded(app, "127.0.0.1", 4200)(scope, receive, send)).result()
    return sent


def test_a_program_and_a_page_of_ours_are_let_through() -> None:
    assert asked(host="127.0.0.1:4200")[0]["status"] == 200
    assert asked(host="127.0.0.1:4200", origin=OURS)[0]["status"] == 200
    assert asked("websocket", host="127.0.0.1:4200")[0]["type"] == "websocket.accept"
    assert asked("websocket", host="127.0.0.1:4200", origin=OURS)[0]["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "host", ["rebound.example:4200", "127.0.0.1", "127.0.0.1:4201", "127.0.0.1:4200.example", ""]
)
def test_another_name_is_refused(host: str) -> None:
    assert asked(host=host)[0]["status"] == 403
    assert asked("websocket", host=host) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "origin",
    ["https://shop.example", "null", "http://127.0.0.1:9999", "http://127.0.0.1:42000", ""],
)
def test_another_page_is_refused(origin: str) -> None:
    assert asked(host="127.0.0.1:4200", origin=origin)[0]["status"] == 403
    assert asked("websocket", host="127.0.0.1:4200", origin=origin)[0]["code"] == 1008


def test_no_host_or_two_is_refused() -> None:
    ours = ("host", "127.0.0.1:4200")
    for headers in ([], [ours, ours], [ours, ("host", "rebound.example:4200")]):
        assert answers("http", "/", "GET", "", headers)[0]["status"] == 403
        assert answers("websocket", "/", "GET", "", headers)[0]["code"] == 1008


def test_two_origins_are_refused_if_one_is_not_ours() -> None:
    headers = [("host", "127.0.0.1:4200"), ("origin", OURS), ("origin", "https://shop.example")]
    assert answers("http", "/", "GET", "", headers)[0]["status"] == 403


def test_a_page_asked_for_at_localhost_moves_to_the_one_address() -> None:
    start = asked(path="/runs/flow-run/1", query="tab=Logs", host="localhost:4200")[0]
    assert start["status"] == 307
    assert (b"location", f"{OURS}/runs/flow-run/1?tab=Logs".encode()) in start["headers"]
    start = asked(path="//shop.example/x", host="localhost:4200")[0]
    assert (b"location", f"{OURS}/shop.example/x".encode()) in start["headers"]
    assert asked(path="/api/flows", host="localhost:4200")[0]["status"] == 403


def test_no_other_page_shows_ours_in_a_frame() -> None:
    for path in ("/dashboard", "/sign-in"):
        assert set(ADDED_HEADERS) <= set(asked(path=path, host="127.0.0.1:4200")[0]["headers"])


def test_the_sign_in_link_carries_the_secret_where_no_server_sees_it() -> None:
    link = sign_in_address(OURS, "backroom:a b#c")
    assert link == "http://127.0.0.1:4200/sign-in#backroom:a%20b%23c"
    start, body = asked(path="/sign-in", host="127.0.0.1:4200")
    assert (b"cache-control", b"no-store") in start["headers"]
    assert b"prefect-password" in body["body"]


def test_what_is_no_request_is_left_to_the_app() -> None:
    assert asked("lifespan") == [{"type": "lifespan.accept"}]
