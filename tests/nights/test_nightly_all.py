"""`backroom nightly-all` on real shops: each night is its shop's alone, and a broken shop file stops no other."""

import re
from pathlib import Path

import duckdb

from config.errors import Exit
from tests import first_shop
from tests.nights.night import backroom

CANARIES = {"apple": "CANARY-OF-APPLE", "birch": "CANARY-OF-BIRCH"}


def test_two_shops_and_a_broken_one(tmp_path: Path) -> None:
    shops, data = tmp_path / "shops", tmp_path / "data"
    shops.mkdir()
    now = first_shop.lately()
    for name, canary in CANARIES.items():
        shop = first_shop.SHOP.replace("PLATFORM", "shopify").replace("First steps", canary)
        (shops / f"{name}.yaml").write_text(shop, "utf-8")
        rows = [{**row, "Lineitem sku": canary} for row in first_shop.orders(now)]
        first_shop.write(data / name / "inbox" / "orders.csv", rows, now)
    (shops / "aaa.yaml").write_text("title: broken\n", "utf-8")
    done = backroom("nightly-all", data=data, shops=shops, check=False)
    assert done.returncode == Exit.SETTINGS, f"{done.stdout}\n{done.stderr}"
    assert re.findall(r"^(\w+) +failed ", done.stdout, re.MULTILINE) == ["aaa"], done.stdout
    page = (data / "overview.html").read_text("utf-8")
    for name, canary in CANARIES.items():
        assert canary in page
        with duckdb.connect(
            str(data / name / "published/current/marts.duckdb"), read_only=True
        ) as con:
            assert con.execute("select distinct sku from order_lines").fetchall() == [(canary,)]
        other = next(each for each in CANARIES.values() if each != canary)
        written = [path for path in (data / name).rglob("*") if path.is_file()]
        assert not [path for path in written if other.encode() in path.read_bytes()], name
