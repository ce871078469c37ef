"""A server that is up answers to its owner, and to no other page or person of the machine."""

import json
import urllib.error
import urllib.request
from base64 import b64encode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from tests.flows.conftest import Server

ANYTHING = {"type": "filter", "filter": {"occurred": {"since": "2026-01-01T00:00:00Z"}}}


def status(server: Server, path: str, secret: str = "", **headers: str) -> int:
    """Return the status of a GET with these headers, with the secret's credentials if there is one."""
    if secret:
        headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    request = urllib.request.Request(f"{server.address}{path}", headers=headers)
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
