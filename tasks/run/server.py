"""A private Prefect server for as long as one command runs, with its UI.

Prefect's own ephemeral server has no UI, gives up on a slow start and is stopped while task runs
and events still wait in its queues. This one is waited for, drained, and never outlives us. It asks
everybody for a secret (a file that only its owner reads) and answers to no other page's requests.
"""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from config.errors import FatalError, RetryableError
from tasks.run.drain import close_left_runs, drain
from tasks.run.guard import guarded, sign_in_address
from tasks.run.imports import for_good
from tasks.run.refusals import say_refusals
from tasks.run.rights import OTHERS, close_folder

HOST = "127.0.0.1"
STOP_SECONDS = 10  # a server that has not stopped by then is killed
HEARTBEAT_SECONDS = 30  # Prefect's least; by its default of 180 a silent run is found late
SECRET_FILE = "server.secret"  # noqa: S105 - the name of a file

SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # The second version of the UI asks an analytics host on every page, the first one does not.
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_API_HOST": HOST,
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "30",
    # Recording one by one keeps up with 20 to 40 task runs a second, by the batch with 400.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    # By default the runs of years stay; so they are deleted after 90 days. Decisions are in the ledger.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # A server away for a minute must not fail work that is done.
    "PREFECT_CLIENT_MAX_RETRIES": "30",
}

# What serves schedules, pauses and automations; one command run by hand has none of them.
SCHEDULE_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "DB_VACUUM",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)


@contextmanager
def local_server(
    home: Path,
    *,
    port: int | None = None,
    schedules: bool = False,
    database: str | None = None,
    is_shared: bool = False,
    while_starting: Callable[[], object] = lambda: None,
    start_timeout: float = 180,
    drain_timeout: float = 20,
) -> Iterator[str]:
    """Yield the address of the Prefect API to use; ours lives in `home` and stops with the block.

    A server named by PREFECT_API_URL is used as it is. Otherwise one starts on `port` of this
    machine, any free one by default, and the environment points to it, with the secret it asks for,
    until the block ends. The secret is PREFECT_SERVER_API_AUTH_STRING where that is set; else one is
    made and kept in `home`, for all starts with `schedules` the same, so that browsers stay signed in.
    `schedules` starts what served deployments need in addition to flows. `database` is where its records are,
    instead of a SQLite file in `home`: a PostgreSQL, which several workers need; where it `is_shared`, other
    servers have runs in it too, and none is taken for left behind. `while_starting` is called during
    the seconds a start takes: the place for slow imports. Runs and events of earlier blocks in the
    same home are kept, and runs whose process was killed there are marked as crashed.

    Raises:
        FatalError: the port is taken, or the server died or was not ready in time.
        RetryableError: another command runs a server in this home.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given:
        while_starting()
        yield given
        return
    home = home.absolute()
    close_folder(home)
    port = _checked(port) if port else free_port()
    url = f"http://{HOST}:{port}/api"
    records = database or f"sqlite+aiosqlite:///{home / 'prefect.db'}"
    with (
        _only_one(home, url),
        _environment(
            {
                **_settings(home, port, schedules=schedules),
                "PREFECT_SERVER_DATABASE_CONNECTION_URL": records,
                **_credentials(home, keep=schedules),
                "PREFECT_API_URL": url,
            }
        ),
        _running(home, port) as server,
    ):
        with for_good():
            import prefect.main  # noqa: F401 - slow, and so is the server's start

        while_starting()
        _wait_until_healthy(server, url, home / "server.log", start_timeout)
        if not is_shared:
            close_left_runs()
        with nullcontext() if schedules else _without_heartbeats():
            started = datetime.now(UTC)
            try:
                yield url
            finally:
                if server.poll() is None:
                    if not is_shared:
                        close_left_runs()
                    drain(records, started, drain_timeout)


def _settings(home: Path, port: int, *, schedules: bool) -> dict[str, str]:
    origin = f"http://{HOST}:{port}"
    settings = {
        **SETTINGS,
        "PREFECT_HOME": str(home),
        # `--port` alone would leave the UI asking at 4200.
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_UI_URL": origin,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin,
    }
    if schedules:
        settings["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = str(HEARTBEAT_SECONDS)
    else:
        for service in SCHEDULE_SERVICES:
            settings[f"PREFECT_SERVER_SERVICES_{service}_ENABLED"] = "false"
    return settings


def _credentials(home: Path, *, keep: bool) -> dict[str, str]:
    given = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
    secret = given or _secret(home / SECRET_FILE, keep=keep)
    return {"PREFECT_SERVER_API_AUTH_STRING": secret, "PREFECT_API_AUTH_STRING": secret}


def _secret(file: Path, *, keep: bool) -> str:
    """Return a secret that `file` holds; a new one unless it is to be kept and nobody else read it."""
    if keep and file.is_file() and not file.stat().st_mode & 0o077:
        kept = file.read_text(encoding="ascii").strip()
        if kept:
            return kept
    secret = f"backroom:{secrets.token_urlsafe(36)}"
    file.unlink(missing_ok=True)  # whoever has the old one open must not read the new one
    with open(file, "x", encoding="ascii", opener=_for_owner) as made:
        made.write(secret)
    return secret


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sign_in(url: str, home: Path) -> str:
    """Return the address at which a person opens the UI of the server whose API is at `url`.

    It signs the browser in where the server asks for the secret of `home`; elsewhere the UI asks.
    """
    origin, file = url.removesuffix("/api"), home / SECRET_FILE
    secret = os.environ.get("PREFECT_API_AUTH_STRING")
    is_ours = secret is not None and file.is_file() and file.read_text(encoding="ascii") == secret
    return sign_in_address(origin, secret) if secret and is_ours else origin


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _checked(port: int) -> int:
    """Return `port`, known to be free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise FatalError(
                f"Port {port} of {HOST} is taken, so no Prefect server can start there. Is Backroom"
                " already up? Stop what listens there, or set PREFECT_API_URL to use that server."
            ) from error
    return port


@contextmanager
def _only_one(home: Path, url: str) -> Iterator[None]:
    """Hold the home's lock, with our address in it for whoever finds it locked."""
    with (home / "server.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise RetryableError(
                f"Another command runs a Prefect server in {home}. Wait until it has ended, or join"
                f" it with PREFECT_API_URL={lock.read().strip()} and"
                f' PREFECT_API_AUTH_STRING="$(cat {home / SECRET_FILE})".'
            ) from error
        lock.truncate(0)
        lock.write(url)
        lock.flush()
        yield


@contextmanager
def _running(home: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the server of `home`; stop it at the end, however that comes about.

    It has its own process group, so a Ctrl-C in the terminal leaves it up for the last words of
    the flow. It watches the pipe of which we hold the other end: that closes even if we are killed.
    """
    command = [sys.executable, "-m", "tasks.run.server", str(port)]
    with (home / "server.log").open("ab") as log:
        server = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
            command,
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=OTHERS,
        )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdin:
            server.stdin.close()


def _wait_until_healthy(
    server: "subprocess.Popen[bytes]", url: str, log: Path, timeout: float
) -> None:
    deadline = time.monotonic() + timeout
    while not _is_healthy(url):
        if server.poll() is not None:
            raise FatalError(f"The Prefect server died while starting. {_last_words(log)}")
        if time.monotonic() > deadline:
            raise FatalError(
                f"The Prefect server was not ready after {timeout:g} s. {_last_words(log)}"
            )
        time.sleep(0.05)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False


def _last_words(log: Path, lines: int = 15) -> str:
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return f"{log} ends with:\n" + "\n".join(f"  {line}" for line in last)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set these variables, and put back what was there before."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    reread_environment()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        reread_environment()


def reread_environment() -> None:
    """Let a Prefect that is imported already see the environment; it reads it only once."""
    if "prefect" in sys.modules:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()


@contextmanager
def _without_heartbeats() -> Iterator[None]:
    """Spare each flow the second it waits for them at its end; only code can turn them off."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def _serve(port: int) -> None:
    """Be the server, until the process that started us closes its end of our standard input."""
    threading.Thread(target=stop_when_left, daemon=True).start()
    with for_good():
        import uvicorn
        from prefect.server.api.server import create_app
        from prefect.settings import get_current_settings

    say_refusals()
    server = get_current_settings().server
    uvicorn.run(
        guarded(create_app(final=True), HOST, port),
        host=HOST,
        port=port,
        timeout_keep_alive=server.api.keepalive_timeout,
        ws_ping_interval=server.api.websocket_ping_interval,
        ws_ping_timeout=server.api.websocket_ping_timeout,
        log_level=server.logging_level.lower(),
    )


def stop_when_left() -> None:
    """End this process when the one that holds the other end of its standard input has ended."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
