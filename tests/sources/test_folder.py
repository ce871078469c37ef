"""Folders on real servers: SFTP and S3, started here; and what is said when they do not answer."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import FolderSource
from tasks.archive.raw import Raw
from tasks.intake.pull import Pulled, pull
from tests.exports.door import AS_OF, EVENING, Door
from tests.sources.conftest import PLAN

PASSWORD = "hidden-p@ss/word"
LATER = EVENING + timedelta(hours=1)


class Sftp:
    """An SFTP server over one folder, in a thread with a loop of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(20)

    async def _start(self) -> asyncssh.SSHAcceptor:
        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("shop", PASSWORD)

        root = self.root

        class Jail(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                super().__init__(chan, chroot=str(root).encode())

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Door, sftp_factory=Jail,
            server_host_keys=[self.key],
        )  # fmt: skip

    @property
    def address(self) -> str:
        return f"sftp://shop@127.0.0.1:{self.server.get_port()}/exports"

    @property
    def host_key(self) -> str:
        return self.key.export_public_key().decode().strip()

    @property
    def source(self) -> FolderSource:
        return FolderSource(path=self.address, options_env="SFTP_OPTIONS", host_key=self.host_key)

    def drop(self, name: str, content: str, at: Any = EVENING) -> None:
        path = self.root / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def close(self) -> None:
        async def stop() -> None:
            self.server.close()
            await self.server.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sftp]:
    (tmp_path / "remote").mkdir()
    server = Sftp(tmp_path / "remote")
    options = {"password": PASSWORD, "look_for_keys": False, "allow_agent": False}
    monkeypatch.setenv("SFTP_OPTIONS", json.dumps(options))
    yield server
    server.close()


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    requests.post(f"{s3_url}/moto-api/reset", timeout=10)
    options = {"key": "AKIAHIDDEN", "secret": PASSWORD, "endpoint_url": s3_url}
    monkeypatch.setenv("S3_OPTIONS", json.dumps(options))
    client: Any = boto3.client(
        "s3", endpoint_url=s3_url, aws_access_key_id="x", aws_secret_access_key="y",  # noqa: S106
        region_name="us-east-1",
    )  # fmt: skip
    client.create_bucket(Bucket="fern")
    return client


def shop_of(door: Door, *sources: FolderSource) -> Shop:
    return door.shop.model_copy(update={"sources": sources})


def failure(pulled: Pulled, caplog: pytest.LogCaptureFixture) -> str:
    [error] = pulled.failures
    assert PASSWORD not in str(error) + caplog.text
    return f"{type(error).__name__}: {error}"


def test_a_file_on_an_sftp_server_is_taken_once(
    door: Door, sftp: Sftp, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of(door, sftp.source)
    sftp.drop("2026/plan.csv", PLAN)
    sftp.drop(".plan.csv.part", PLAN)
    [arrival] = pull(shop, AS_OF).new
    assert (arrival.name, arrival.modified_at) == ("plan.csv", EVENING)
    assert arrival.address == f"{sftp.address}/2026/plan.csv"
    assert Raw(door.folder.raw).path(arrival.sha256).read_text() == PLAN
    again = pull(shop, AS_OF)
    assert (again.new, again.known) == ((), 1)
    sftp.drop("2026/plan.csv", PLAN.replace("1\n", "2\n"), LATER)
    assert len(pull(shop, AS_OF).new) == 1
    assert PASSWORD not in caplog.text
    assert not [one for one in threading.enumerate() if getattr(one, "active", False)]


def test_a_wrong_password_is_for_a_person_and_is_not_shown(
    door: Door, sftp: Sftp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"password": PASSWORD + "x", "look_for_keys": False, "allow_agent": False}
    monkeypatch.setenv("SFTP_OPTIONS", json.dumps(options))
    shop = shop_of(door, sftp.source)
    message = failure(pull(shop, AS_OF), caplog)
    assert message.startswith("FatalError: sample: sftp://shop@127.0.0.1")
    assert "SFTP_OPTIONS" in message


def test_a_server_whose_key_is_not_known_is_sent_no_password(
    door: Door, sftp: Sftp, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(door.folder.root))
    stranger = sftp.source.model_copy(update={"host_key": None})
    message = failure(pull(shop_of(door, stranger), AS_OF), caplog)
    assert message.startswith("FatalError")
    assert f"`{sftp.host_key}`" in message
    known = door.folder.root / ".ssh" / "known_hosts"
    known.parent.mkdir()
    known.write_text(f"[127.0.0.1]:{sftp.server.get_port()} {sftp.host_key}\n")
    sftp.drop("plan.csv", PLAN)
    assert len(pull(shop_of(door, stranger), AS_OF).new) == 1


def test_a_folder_missing_on_the_server_may_come_back(
    door: Door, sftp: Sftp, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of(door, sftp.source)
    assert "RetryableError" in failure(pull(shop, AS_OF), caplog)


def test_a_source_out_of_reach_stops_only_itself(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFTP_OPTIONS", json.dumps({"password": PASSWORD, "timeout": 5}))
    away = FolderSource(path="sftp://shop@127.0.0.1:1/exports", options_env="SFTP_OPTIONS")
    door.drop("plan.csv", PLAN)
    pulled = pull(shop_of(door, away, FolderSource(path="inbox")), AS_OF)
    assert [arrival.name for arrival in pulled.new] == ["plan.csv"]
    assert "RetryableError: sample: sftp://shop@127.0.0.1:1/exports" in failure(pulled, caplog)
    with pytest.raises(RetryableError, match=r"127\.0\.0\.1:1"):
        pulled.require_all()


def test_a_server_waits_for_a_person_only_where_no_waiting_helps(door: Door) -> None:
    fatal, retryable = FatalError("one"), RetryableError("two")
    with pytest.raises(FatalError, match="one"):
        Pulled((), 0, (), (fatal,)).require_all()
    with pytest.raises(RetryableError, match="one\ntwo"):
        Pulled((), 0, (), (fatal, retryable)).require_all()
    Pulled((), 0, ()).require_all()


def test_a_file_in_a_bucket_is_taken_once(
    door: Door, s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    s3.put_object(Bucket="fern", Key="exports/plan.csv", Body=PLAN.encode())
    s3.put_object(Bucket="fern", Key="other/plan.csv", Body=b"not ours")
    shop = shop_of(
        door, FolderSource(path="s3://fern/exports", options_env="S3_OPTIONS", settle_seconds=0)
    )
    [arrival] = pull(shop, AS_OF).new
    assert arrival.address == "s3://fern/exports/plan.csv"
    again = pull(shop, AS_OF)
    assert (again.new, again.known) == ((), 1)
    s3.put_object(Bucket="fern", Key="exports/plan 2.csv", Body=PLAN.replace("1\n", "2\n").encode())
    assert [one.name for one in pull(shop, AS_OF).new] == ["plan 2.csv"]
    assert PASSWORD not in caplog.text


def test_a_wrong_key_to_a_bucket_is_for_a_person(
    door: Door, s3: Any, s3_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    s3.put_object(Bucket="fern", Key="exports/plan.csv", Body=PLAN.encode())
    requests.post(f"{s3_url}/moto-api/reset-auth", data="0", timeout=10)
    try:
        shop = shop_of(door, FolderSource(path="s3://fern/exports", options_env="S3_OPTIONS"))
        message = failure(pull(shop, AS_OF), caplog)
    finally:
        requests.post(f"{s3_url}/moto-api/reset-auth", data="inf", timeout=10)
    assert message.startswith("FatalError")
    assert "S3_OPTIONS" in message
    assert "AKIAHIDDEN" not in message


def test_a_bucket_that_is_missing_is_named(
    door: Door, s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of(door, FolderSource(path="s3://none/exports", options_env="S3_OPTIONS"))
    assert "s3://none/exports" in failure(pull(shop, AS_OF), caplog)


@pytest.mark.parametrize("options", [None, "no json", "[1]"])
def test_options_that_are_missing_or_no_json_are_never_repeated(
    door: Door, monkeypatch: pytest.MonkeyPatch, options: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    if options is not None:
        monkeypatch.setenv("S3_OPTIONS", options + PASSWORD)
    shop = shop_of(door, FolderSource(path="s3://fern/exports", options_env="S3_OPTIONS"))
    message = failure(pull(shop, AS_OF), caplog)
    assert message.startswith("FatalError")
    assert "S3_OPTIONS" in message


def test_an_address_that_nobody_knows_is_for_a_person(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    message = failure(pull(shop_of(door, FolderSource(path="sfpt://host/x")), AS_OF), caplog)
    assert message.startswith("FatalError")


def test_a_file_written_a_moment_ago_waits_by_the_real_clock(door: Door) -> None:
    from datetime import UTC, datetime

    now = datetime.fromtimestamp(time.time(), UTC)
    shop = shop_of(door, FolderSource(path="inbox"))
    door.drop("plan.csv", PLAN, at=now - timedelta(seconds=5))
    waiting = pull(shop, now)
    assert [left.name for left in waiting.left] == ["plan.csv"]
    assert len(pull(shop, now + timedelta(seconds=15)).new) == 1


def test_a_file_from_the_future_is_not_waited_for_for_ever(door: Door) -> None:
    door.drop("plan.csv", PLAN, at=AS_OF + timedelta(days=400))
    assert len(pull(shop_of(door, FolderSource(path="inbox")), AS_OF).new) == 1
