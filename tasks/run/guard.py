"""Who may ask the local server: nobody but its own pages and programs of this machine.

Prefect asks for credentials, but it checks neither the Host nor the Origin of a request. Any web
page that is open in a browser of this machine could reach it: under a name of its own that it
points at 127.0.0.1 (DNS rebinding), or through a WebSocket, which no CORS rule covers.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any
from urllib.parse import quote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
Headers = Iterable[tuple[bytes, bytes]]

SIGN_IN = "/sign-in"
# The secret is behind the `#`, which a browser never sends: it reaches no log. The key is the one
# under which Prefect's UI keeps what a person types into its login form.
SIGN_IN_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>Backroom: signing in</title>
<script>
  localStorage.setItem("prefect-password", btoa(decodeURIComponent(location.hash.slice(1))));
  location.replace("/");
</script>
"""
REFUSED_CODE = 1008  # RFC 6455, 7.4.1: a message that violates the policy of the endpoint
# No other page shows ours in a frame, to catch a click that was meant for something else; and ours ask nobody
# but this server, though Prefect's second UI has an analytics host built in.
ADDED_HEADERS = (
    (
        b"content-security-policy",
        b"frame-ancestors 'none'; default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:",
    ),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)


def sign_in_address(origin: str, secret: str) -> str:
    """Return the address that opens the UI of the server at `origin`, signed in."""
    return f"{origin}{SIGN_IN}#{quote(secret, safe=':')}"


def guarded(app: App, host: str, port: int) -> App:
    """Return `app`, asked only under the server's own address and only by its own pages.

    A request without an Origin comes from a program, or from a page's own address line: it is let
    through to Prefect, which asks for the credentials. `localhost` is the same machine under a
    name that no page can point elsewhere; its pages move to the one address that we know them by.
    """
    origin = f"http://{host}:{port}"

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        asked = _values(scope["headers"], b"host")
        named_by = _values(scope["headers"], b"origin")
        if scope["type"] == "websocket":
            if asked != [f"{host}:{port}"] or set(named_by) - {origin}:
                await send({"type": "websocket.close", "code": REFUSED_CODE})
            else:
                await app(scope, receive, send)
        elif asked == [f"localhost:{port}"] and _is_page(scope):
            await _answer(send, 307, "", location=f"{origin}{_target(scope)}")
        elif asked != [f"{host}:{port}"] or set(named_by) - {origin}:
            await _answer(send, 403, f"This server answers at {origin} and only to its own pages.")
        elif scope["path"] == SIGN_IN and scope["method"] == "GET":
            await _answer(send, 200, SIGN_IN_PAGE, kind="text/html")
        else:
            await app(scope, receive, _with_headers(send))

    return guard


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in headers if key.lower() == name]


def _is_page(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and not scope["path"].startswith("/api")


def _target(scope: Scope) -> str:
    """Return path and query as they were asked for: one leading slash, or it names a host."""
    path = "/" + quote(scope["path"].lstrip("/\\"))
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *ADDED_HEADERS]
        await send(message)

    return sending


async def _answer(
    send: Send, status: int, text: str, *, kind: str = "text/plain", location: str = ""
) -> None:
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"cache-control", b"no-store"),
        *ADDED_HEADERS,
    ]
    if location:
        headers.append((b"location", location.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
