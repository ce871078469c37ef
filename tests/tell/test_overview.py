"""Several shops on one page: the worst first, each by its own marts, and one failed night is one shop's."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from config.errors import Exit
from config.shop import load_shop
from flows.desk.cli import main
from flows.desk.nightly_all import nights
from tasks.decide.watchdog import due_by
from tasks.ledger import ledger_of
from tests import small_marts
from tests.small_marts import SHOP


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three shops: one with a red number, one without, and one that never had a night."""
    shops = tmp_path / "shops"
    shops.mkdir()
    for name in ("apple", "birch", "cedar"):
        title = f"title: {name} canary ({name})\n"
        (shops / f"{name}.yaml").write_text(
            SHOP.replace("title: Corner\n", title) + "  support: {owner: ben@corner.example}\n",
            "utf-8",
        )
    monkeypatch.setenv("BACKROOM_SHOPS", str(shops))
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path / "data"))
    for name, status in (("apple", "ok"), ("birch", "critical")):
        folder = tmp_path / "data" / name / "published" / "current"
        folder.mkdir(parents=True)
        with duckdb.connect() as con:
            small_marts.create(con)
            con.execute(f"attach '{folder / 'marts.duckdb'}' as file")
            for table in ("alerts", "kpi_daily", "kpi_dictionary", "worklist"):
                con.execute(f"create table file.{table} as from marts.{table}")
            con.execute(
                "create table file.published as select date '2026-11-24' as as_of;"
                "insert into file.kpi_dictionary (kpi) values ('cancel_rate');"
                "insert into file.kpi_daily (kpi, business_date, channel, station, title, judged_value, unit, status,"
                f" owner) values ('cancel_rate', date '2026-11-23', 'all', 'orders', 'cancelled {name}-secret',"
                f" 0.07, 'rate', '{status}', 'olive@{name}.example'),"
                " ('cancel_rate', date '2026-11-22', 'all', 'orders', 'yesterday', 0.9, 'rate', 'critical', null);"
                "insert into file.alerts (about, business_date, recovered_at) values"
                " ('expectation/cancel_rate', date '2026-11-21', null),"
                " ('expectation/cancel_rate', date '2026-11-23', null),"
                " ('expectation/cancel_rate', date '2026-10-01', timestamptz '2026-10-02 00:00:00Z');"
                "insert into file.worklist (kind, id, is_late) values ('case', '1', true), ('case', '2', false)"
            )
        for page in ("dashboard.html", "worklist.html"):
            (folder.parents[1] / page).write_text(f"{name}-page", "utf-8")
        had_a_night(name)
    return tmp_path / "data"


def had_a_night(name: str, ago: timedelta = timedelta(0)) -> datetime:
    """Record that a shop had a whole night when its last one was due, or so long before."""
    shop = load_shop(name)
    due = due_by(shop, datetime.now(UTC))
    assert due is not None
    as_of = due - ago
    with ledger_of(shop) as ledger:
        ledger.begin_night(as_of, as_of.date(), flow="nightly")
        ledger.end_night(as_of, "completed", at=as_of)
    return as_of


def test_all_nights_run_whatever_becomes_of_one_and_the_worst_is_first(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run: list[str] = []

    def night(name: str) -> int:
        run.append(name)
        return Exit.SETTINGS if name == "cedar" else Exit.DONE

    assert nights(["cedar", "apple", "birch"], night) == Exit.SETTINGS
    assert run == ["cedar", "apple", "birch"]
    shown = capsys.readouterr().out.partition("worst first\n")[2].splitlines()
    ages = [line.partition("last whole night ")[2].partition("  ")[0] for line in shown]
    assert [age.partition(" ")[2] for age in ages if age not in ("", "never")] == ["h old", "h old"]
    assert [
        line.replace(age, "AGE") if age else line for line, age in zip(shown, ages, strict=True)
    ] == [
        "cedar  failed   last whole night AGE  0 cases, 0 late",
        "    exit code 3, a settings file is wrong: the message names the file and the key",
        "birch  1 red    last whole night AGE  2 cases, 1 late",
        "    cancelled birch-secret: 7.0 %, since 21 Nov (olive@birch.example)",
        "apple  ok       last whole night AGE  2 cases, 1 late",
        f"The same as a page: {data / 'overview.html'}",
    ]
    page = (data / "overview.html").read_text("utf-8")
    places = [page.index(f'id="{name}"') for name in ("cedar", "birch", "apple")]
    assert places == sorted(places)
    birch = page[places[1] : places[2]]
    assert "<h2>birch canary (birch): 1 red</h2>" in birch
    assert "birch-secret" in birch
    assert 'href="birch/dashboard.html"' in birch
    assert 'href="birch/worklist.html"' in birch
    assert "apple" not in birch, "nothing of one shop is in the part of another"
    assert page.count("birch-secret") == 1
    assert "yesterday" not in page


def test_the_page_needs_no_night_and_names_the_shops_whose_night_is_missing(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ledger_of(load_shop("birch")) as ledger, ledger.engine.begin() as change:
        change.exec_driver_sql("delete from runs")
    had_a_night("birch", timedelta(days=3))
    (data.parent / "shops" / "dogwood.yaml").write_text("title: no shop\n", "utf-8")
    assert main(["overview"]) == Exit.DONE
    shown = capsys.readouterr().out
    words = dict(line.split()[:2] for line in shown.splitlines() if "last whole night" in line)
    assert words == {"birch": "missing", "cedar": "missing", "dogwood": "failed", "apple": "ok"}
    assert "did not happen" in shown
    assert "it never had a night" in shown
    # The night is as of the 02:00 before, so by now up to a day older.
    assert re.search("birch +missing +last whole night [34] d old", shown)
    page = (data / "overview.html").read_text("utf-8")
    assert "4 shops, 3 without a whole night; 1 with something red." in page
    assert "dogwood.yaml" in page
    assert not (data / "cedar").exists(), "a look makes nothing"


def test_a_damaged_snapshot_is_one_shops_trouble(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "apple" / "published" / "current" / "marts.duckdb").write_bytes(b"no database" * 999)
    assert main(["overview"]) == Exit.DONE
    shown = capsys.readouterr().out
    assert "apple  failed" in shown
    assert "cannot be read" in shown
    assert "birch  1 red" in shown


def test_nights_wait_for_no_worker_that_nobody_has(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert main(["nightly-all", "--workers", "0"]) == Exit.USAGE
    assert "PREFECT_API_URL" in capsys.readouterr().err


def test_where_every_night_is_done_so_is_the_command(data: Path) -> None:
    assert nights(["apple", "birch"], lambda _: Exit.DONE) == Exit.DONE


def test_a_shop_that_is_none_is_named_before_anything_runs(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["nightly-all", "dogwood"]) == Exit.USAGE
    assert "no shop dogwood; there are apple, birch, cedar" in capsys.readouterr().err
