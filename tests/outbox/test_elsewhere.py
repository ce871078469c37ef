"""A snapshot in a bucket of a real S3 server: readers find the old one or the new one, and a week of nights."""

import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
import requests
from moto.server import ThreadedMotoServer

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import ObjectStore
from config.strict import SettingsError
from tasks.outbox.elsewhere import put_elsewhere
from tasks.outbox.snapshot import publish
from tests.small_marts import SHOP

SECRET = "hidden-p@ss/word"
DAY = date(2026, 11, 23)


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
    given = {"key": "AKIAHIDDEN", "secret": SECRET, "endpoint_url": s3_url}
    monkeypatch.setenv("MARTS_S3", json.dumps(given))
    client: Any = boto3.client(
        "s3", endpoint_url=s3_url, aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1",  # noqa: S106
    )  # fmt: skip
    client.create_bucket(Bucket="marts")
    return client


def shop_at(tmp_path: Path, name: str = "corner", path: str = "s3://marts/of/shops") -> Shop:
    (tmp_path / f"{name}.yaml").write_text(SHOP, "utf-8")
    shop = Shop.read(tmp_path / f"{name}.yaml", name=name)
    place = ObjectStore(path=path, options_env="MARTS_S3")
    return shop.model_copy(update={"published_to": place})


def published(tmp_path: Path, number: int, day: date = DAY, shop: str = "corner") -> Path:
    """Publish two marts that state the same number."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; create schema marts")
        for mart in ("one", "two"):
            con.execute(f"create table marts.{mart} as select {number} as n from range(5000)")
        folder = tmp_path / shop / "published"
        return publish(con, folder, f"{day:%Y%m%d}", shop=shop, as_of=day, business_date=day)


def objects(s3: Any, prefix: str = "") -> list[str]:
    found = s3.list_objects_v2(Bucket="marts", Prefix=prefix).get("Contents", [])
    return sorted(each["Key"] for each in found)


def read(s3: Any, tmp_path: Path, shop: str = "corner") -> tuple[int, dict[str, Any]]:
    """Return what a reader finds: the number that both marts state, and `current`."""
    root = f"of/shops/{shop}"
    current = json.loads(s3.get_object(Bucket="marts", Key=f"{root}/current")["Body"].read())
    file = tmp_path / f"read-{current['version']}.duckdb"
    s3.download_file("marts", f"{root}/{current['file']}", str(file))
    with duckdb.connect(str(file), read_only=True) as con:
        [(least, most)] = con.execute(
            "select min(n), max(n) from (from one union all from two)"
        ).fetchall()
        [(version,)] = con.execute("select version from published").fetchall()
    assert least == most
    assert version == current["version"]
    return int(least), current


def test_a_reader_finds_the_snapshot_that_current_names(s3: Any, tmp_path: Path) -> None:
    shop = shop_at(tmp_path)
    address = put_elsewhere(shop, published(tmp_path, 1))
    assert address == "s3://marts/of/shops/corner/20261123/marts.duckdb"
    assert objects(s3) == ["of/shops/corner/20261123/marts.duckdb", "of/shops/corner/current"]
    number, current = read(s3, tmp_path)
    assert (number, current["shop"], current["business_date"]) == (1, "corner", "2026-11-23")


def test_the_same_snapshot_is_sent_once(s3: Any, tmp_path: Path) -> None:
    shop, snapshot = shop_at(tmp_path), published(tmp_path, 1)
    put_elsewhere(shop, snapshot)
    before = s3.head_object(Bucket="marts", Key="of/shops/corner/current")["LastModified"]
    s3.delete_object(Bucket="marts", Key="of/shops/corner/20261123/marts.duckdb")
    put_elsewhere(shop, snapshot)
    assert objects(s3) == ["of/shops/corner/current"], "nothing was put"
    after = s3.head_object(Bucket="marts", Key="of/shops/corner/current")["LastModified"]
    assert after == before


@pytest.mark.whole
def test_an_upload_killed_before_its_end_leaves_readers_the_old_one_and_is_done_again(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_at(tmp_path)
    put_elsewhere(shop, published(tmp_path, 1))

    class PowerCutError(BaseException):
        pass

    def cut(*_: object, **__: object) -> str:
        raise PowerCutError

    snapshot = published(tmp_path, 2)
    with monkeypatch.context() as patched:
        patched.setattr("tasks.outbox.elsewhere.json.dumps", cut)
        with pytest.raises(PowerCutError):
            put_elsewhere(shop, snapshot)
    assert "of/shops/corner/20261123-2/marts.duckdb" in objects(s3)
    assert read(s3, tmp_path)[0] == 1
    put_elsewhere(shop, published(tmp_path, 3, DAY + timedelta(1)))
    assert read(s3, tmp_path)[0] == 3
    assert objects(s3) == [
        "of/shops/corner/20261123/marts.duckdb",
        "of/shops/corner/20261124/marts.duckdb",
        "of/shops/corner/current",
    ], "what the killed one left is gone"


@pytest.mark.whole
def test_the_last_version_of_each_of_a_weeks_nights_is_kept_and_other_shops_are_left(
    s3: Any, tmp_path: Path
) -> None:
    other = shop_at(tmp_path, "other")
    put_elsewhere(other, published(tmp_path, 7, shop="other"))
    shop = shop_at(tmp_path)
    for back in range(9, -1, -1):
        put_elsewhere(shop, published(tmp_path, back, DAY - timedelta(back)))
    put_elsewhere(shop, published(tmp_path, 100))
    kept = [key.split("/")[3] for key in objects(s3, "of/shops/corner/2")]
    assert kept == [f"{DAY - timedelta(back):%Y%m%d}" for back in range(7, 0, -1)] + ["20261123-2"]
    assert read(s3, tmp_path)[0] == 100
    assert read(s3, tmp_path, "other")[0] == 7


@pytest.mark.whole
def test_readers_during_uploads_see_only_whole_snapshots(s3: Any, tmp_path: Path) -> None:
    shop = shop_at(tmp_path)
    put_elsewhere(shop, published(tmp_path, 0))
    seen, done = [], threading.Event()

    def reader() -> None:
        while not done.is_set():
            seen.append(read(s3, tmp_path)[0])

    thread = threading.Thread(target=reader)
    thread.start()
    for number in range(1, 6):
        put_elsewhere(shop, published(tmp_path, number, DAY + timedelta(number)))
    done.set()
    thread.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


def test_a_store_that_is_away_can_be_tried_again_and_no_secret_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"key": "AKIAHIDDEN", "secret": SECRET, "endpoint_url": "http://127.0.0.1:1"}
    monkeypatch.setenv("MARTS_S3", json.dumps(given))
    with pytest.raises(RetryableError, match="corner: s3://marts/of/shops cannot be publ") as error:
        put_elsewhere(shop_at(tmp_path), published(tmp_path, 1))
    assert SECRET not in str(error.value)


def test_a_wrong_key_is_for_a_person(s3: Any, s3_url: str, tmp_path: Path) -> None:
    requests.post(f"{s3_url}/moto-api/reset-auth", data="0", timeout=10)
    try:
        with pytest.raises(FatalError, match="MARTS_S3") as error:
            put_elsewhere(shop_at(tmp_path), published(tmp_path, 1))
    finally:
        requests.post(f"{s3_url}/moto-api/reset-auth", data="inf", timeout=10)
    assert SECRET not in str(error.value)
    assert "AKIAHIDDEN" not in str(error.value)


@pytest.mark.parametrize(
    "path", ["s3://", "/srv/marts", "sftp://host/marts", "s3://key:secret@marts/x"]
)
def test_only_an_object_store_is_taken(path: str) -> None:
    with pytest.raises((ValueError, SettingsError), match=r"pattern|password"):
        ObjectStore(path=path)


def test_a_shop_that_names_no_store_puts_nothing(tmp_path: Path) -> None:
    (tmp_path / "corner.yaml").write_text(SHOP, "utf-8")
    shop = Shop.read(tmp_path / "corner.yaml", name="corner")
    assert put_elsewhere(shop, published(tmp_path, 1)) is None
