"""A private PostgreSQL for as long as one command runs: what several workers' server keeps its records in.

It has no port but a socket in a folder of its owner's, so nobody else of the machine can connect.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import FatalError

INSTALLED = Path("/usr/lib/postgresql")  # where Debian puts each version
USER = "backroom"
START_SECONDS = 60
LENT_TO = "nobody"  # PostgreSQL refuses to run as root
# The shell holds its end of the pipe of which we hold the other: that closes even if we are killed.
WATCHED = '"$@" & pid=$!; read -r _; kill -INT $pid; wait $pid'
# A power cut may lose the last records of a run, and never the database.
OPTIONS = {"listen_addresses": "", "synchronous_commit": "off", "max_connections": "100"}


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest installed; None where there is none."""
    versions = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda file: float(file.parts[-3]))
    if versions:
        return versions[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def private_postgres(home: Path) -> Iterator[str]:
    """Run PostgreSQL on the data in `home`, made where there is none; yield the address for Prefect.

    One at a time in a home. What it holds is kept for the next time.

    Raises:
        FatalError: PostgreSQL is not installed here, or does not start.
    """
    found = programs()
    if found is None:
        raise FatalError(
            "Several workers need a PostgreSQL for the Prefect server's records, and none is"
            " installed here. Install it (Debian: apt-get install postgresql), or name a database"
            " in PREFECT_SERVER_DATABASE_CONNECTION_URL (postgresql+asyncpg://user:…@host/prefect)."
        )
    lent = LENT_TO if os.geteuid() == 0 else None
    _folder(home, lent)
    # A short path: a socket's name may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="bk") as place:
        socket = Path(place)
        _folder(socket, lent)
        if not (home / "PG_VERSION").exists():
            made = [str(found / "initdb"), "-D", str(home), "-U", USER, "-A", "trust", "-E", "UTF8"]
            _run(made, home, lent, "cannot be made")
        settings = {**OPTIONS, "unix_socket_directories": socket}
        options = [each for name, value in settings.items() for each in ("-c", f"{name}={value}")]
        with (home / "server.log").open("wb") as log:
            watched = subprocess.Popen(  # noqa: S603, PostgreSQL's own program
                ["/bin/sh", "-c", WATCHED, "sh", str(found / "postgres"), "-D", str(home), *options],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
                user=lent, extra_groups=[] if lent else None, cwd=home,
            )  # fmt: skip
            try:
                _wait(found, socket, home)
                yield f"postgresql+asyncpg://{USER}@/postgres?host={socket}"
            finally:
                watched.communicate()  # closes the pipe, and waits for the end


def _folder(folder: Path, lent: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if lent:
        shutil.chown(folder, lent)


def _run(command: list[str], home: Path, lent: str | None, what: str) -> None:
    done = subprocess.run(  # noqa: S603, PostgreSQL's own programs
        command, cwd="/", user=lent, extra_groups=[] if lent else None,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        why = f" Whoever runs it ({lent}) must reach the folder." if lent else ""
        raise FatalError(f"The PostgreSQL in {home} {what}: {done.stderr.strip()}{why}")


def _wait(found: Path, socket: Path, home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    ready = [str(found / "pg_isready"), "-q", "-h", str(socket)]
    while subprocess.run(ready, check=False).returncode:  # noqa: S603, as above
        if time.monotonic() > deadline:
            last = (home / "server.log").read_text("utf-8", "replace").splitlines()[-10:]
            raise FatalError("\n  ".join([f"The PostgreSQL in {home} does not start:", *last]))
        time.sleep(0.1)
