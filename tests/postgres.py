"""A real PostgreSQL for the tests that need one: started once, on its own socket, then gone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

INSTALLED = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest installed, or None."""
    versions = sorted(INSTALLED.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if versions:
        return versions[-1]
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Server:
    """PostgreSQL's programs, on the data in one folder; lent to `nobody` where we are root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.as_root = os.geteuid() == 0
        if self.as_root:
            shutil.chown(folder, "nobody")

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command,
            cwd=self.folder,
            user="nobody" if self.as_root else None,
            extra_groups=[] if self.as_root else None,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run PostgreSQL out of `folder`; yield the URL of its first database."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed here: no initdb to start one with")
    server = Server(found, folder)
    # No port but a socket in our own folder: nothing to collide with, nobody else to connect.
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    server.run("initdb", "-U", "ledger", "-A", "trust", "-N", "-E", "UTF8")
    server.run("pg_ctl", "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://ledger@/postgres?host={folder}"
    finally:
        server.run("pg_ctl", "-m", "fast", "-w", "stop")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL; skips where none is installed."""
    # A short path: a socket's name may have 107 bytes, and pytest's own folders are too long.
    with tempfile.TemporaryDirectory(prefix="pg") as folder, running(Path(folder)) as url:
        yield url


def new_database(url: str, name: str, template: str = "template1") -> str:
    """Make the database `name` from scratch at `url`, or as a copy of another; return its URL."""
    engine = create_engine(
        url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}" with (force)'))
        connection.execute(text(f'create database "{name}" template "{template}"'))
    engine.dispose()
    return url.replace("/postgres?", f"/{name}?")
