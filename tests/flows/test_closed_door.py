"""A server that is up answers to its owner, and to no other page or person of the machine."""

import json
import re
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from tests.flows.conftest import Server

ANYTHING = {"type": "filter", "filter": {"occurred": {"since": "2026-01-01T00:00:00Z"}}}


def status(server: Server, path: str, secret: str = "", method: str = "GET", **headers: str) -> int:
    """Return the status of a request with these headers, with the secret's credentials if there is one."""
    if secret:
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    data = None if method == "GET" else b"{}"
    headers["Content-Type"] = "application/json"
    request = urllib.request.Request(f"{server.address}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def socket(server: Server, path: str, **options: str) -> Connection:
    address = f"{server.address.replace('http', 'ws')}/api{path}"
    return connect(address, subprotocols=[Subprotocol("prefect")], open_timeout=30, **options)  # type: ignore[arg-type]


def greeted(open_socket: Connection, secret: str) -> str:
    open_socket.send(json.dumps({"type": "auth", "token": secret}))
    return str(json.loads(open_socket.recv(timeout=30))["type"])


# What says no more than that a server is there.
OPEN = {("/health", "get"), ("/ready", "get")}


def answered(server: Server, path: str) -> Any:
    """Return what the server answers to its owner."""
    secret = b64encode(server.secret.encode()).decode()
    request = urllib.request.Request(
        f"{server.address}{path}", headers={"Authorization": f"Basic {secret}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def csrf_token(server: Server) -> str:
    """Return what a page of the server's sends with each change: nothing but the secret is missing then."""
    return str(answered(server, "/api/csrf-token?client=probe")["token"])


@pytest.fixture(scope="module")
def endpoints(up: Server) -> list[tuple[str, str]]:
    """Every path and method that the server itself lists, ids filled in with one that nothing has."""
    paths = answered(up, "/api/openapi.json")["paths"]
    return [
        (re.sub(r"{[^}]*}", str(UUID(int=0)), path), method)
        for path, methods in paths.items()
        for method in methods
    ]


def test_every_endpoint_asks_for_the_secret_and_its_own_name(
    up: Server, endpoints: list[tuple[str, str]]
) -> None:
    assert len(endpoints) > 150
    port = up.address.rpartition(":")[2]
    token = {"Prefect-Csrf-Token": csrf_token(up), "Prefect-Csrf-Client": "probe"}
    let_in: dict[tuple[str, str], list[int]] = {}
    for path, method in endpoints:
        found = [
            status(up, f"/api{path}", secret, method.upper(), **token, **host)
            for secret, host in (
                ("", {}),
                ("backroom:guessed", {}),
                (up.secret, {"Host": f"rebound.example:{port}"}),
            )
        ]
        if found != [401, 401, 403]:
            let_in[path, method] = found
    assert let_in == {endpoint: [200, 200, 403] for endpoint in OPEN}


def test_with_the_secret_every_endpoint_that_reads_answers_and_none_that_writes_without_a_token(
    up: Server, endpoints: list[tuple[str, str]]
) -> None:
    for path, method in endpoints:
        answer = status(up, f"/api{path}", up.secret, method.upper())
        if method == "get":
            assert answer in (200, 404, 422), f"{path}: no such id, or a question is missing"
        else:  # a page that has a browser's credentials has no token of the server's
            assert answer == 403, f"{method} {path}"


def test_the_api_asks_for_the_secret(up: Server) -> None:
    assert status(up, "/api/flows/count") == 401
    assert status(up, "/api/admin/settings") == 401
    assert status(up, "/api/admin/version", "backroom:guessed") == 401
    assert status(up, "/api/admin/version", up.secret) == 200


def test_a_name_that_was_pointed_at_this_machine_is_refused(up: Server) -> None:
    port = up.address.rpartition(":")[2]
    for path in ("/", "/api/health", "/api/admin/version"):
        assert status(up, path, up.secret, Host=f"rebound.example:{port}") == 403


def test_another_page_is_refused_even_with_the_secret(up: Server) -> None:
    assert status(up, "/api/admin/version", up.secret, Origin="https://shop.example") == 403
    assert status(up, "/api/admin/version", up.secret, Origin=up.address) == 200


@pytest.mark.parametrize("path", ["/events/in", "/events/out", "/logs/out"])
def test_another_page_opens_no_websocket(up: Server, path: str) -> None:
    for origin in ("https://shop.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            socket(up, path, origin=origin)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/events/in", "/events/out"])
def test_without_the_secret_no_event_is_read_or_forged(up: Server, path: str) -> None:
    with socket(up, path) as stranger, pytest.raises(ConnectionClosed):
        greeted(stranger, "backroom:guessed")
    with socket(up, path) as stranger:
        stranger.send(json.dumps(ANYTHING))
        with pytest.raises(ConnectionClosed):
            stranger.recv(timeout=30)


def test_with_the_secret_events_are_read(up: Server) -> None:
    with socket(up, "/events/out", origin=up.address) as owner:
        assert greeted(owner, up.secret) == "auth_success"
        owner.send(json.dumps(ANYTHING))
        assert json.loads(owner.recv(timeout=60))["type"] == "event"


def test_the_secret_is_in_a_file_that_its_owner_alone_reads(up: Server) -> None:
    file = up.home / "server.secret"
    assert file.read_text() == up.secret
    assert file.stat().st_mode & 0o777 == 0o600
    assert up.secret not in (up.home / "server.log").read_text()
    assert len(up.secret) > 40


def test_what_the_server_keeps_is_its_owners_alone(up: Server) -> None:
    assert up.home.stat().st_mode & 0o777 == 0o700
    assert (up.home / "prefect.db").stat().st_mode & 0o077 == 0


def test_the_printed_link_opens_the_ui(up: Server) -> None:
    assert up.sign_in.startswith(f"{up.address}/sign-in#")
    assert status(up, "/sign-in") == 200
    assert status(up, "/") == 200
