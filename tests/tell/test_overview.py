"""Several shops on one page: the worst first, each by its own marts, and one failed night is one shop's."""

from pathlib import Path

import duckdb
import pytest

from config.errors import Exit
from flows.desk.cli import main
from flows.desk.nightly_all import nights
from tests import small_marts
from tests.small_marts import SHOP


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three shops: one with a red number, one without, and one that never had a night."""
    shops = tmp_path / "shops"
    shops.mkdir()
    for name in ("apple", "birch", "cedar"):
        title = f"title: {name} canary\n"
        (shops / f"{name}.yaml").write_text(SHOP.replace("title: Corner\n", title), "utf-8")
    monkeypatch.setenv("BACKROOM_SHOPS", str(shops))
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path / "data"))
    for name, status in (("apple", "ok"), ("birch", "critical")):
        folder = tmp_path / "data" / name / "published" / "current"
        folder.mkdir(parents=True)
        with duckdb.connect() as con:
            small_marts.create(con)
            con.execute(f"attach '{folder / 'marts.duckdb'}' as file")
            for table in ("kpi_daily", "kpi_dictionary", "worklist"):
                con.execute(f"create table file.{table} as from marts.{table}")
            con.execute(
                "create table file.published as select date '2026-11-24' as as_of;"
                "insert into file.kpi_dictionary (kpi) values ('cancel_rate');"
                "insert into file.kpi_daily (kpi, business_date, channel, station, title, judged_value, unit, status,"
                f" owner) values ('cancel_rate', date '2026-11-23', 'all', 'orders', 'cancelled {name}-secret',"
                f" 0.07, 'rate', '{status}', 'olive@{name}.example'),"
                " ('cancel_rate', date '2026-11-22', 'all', 'orders', 'yesterday', 0.9, 'rate', 'critical', null);"
                "insert into file.worklist (kind, id, is_late) values ('case', '1', true), ('case', '2', false)"
            )
    return tmp_path / "data"


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
    assert shown[:6] == [
        "cedar  failed   as of never  0 cases, 0 late",
        "    exit code 3, a settings file is wrong: the message names the file and the key",
        "birch  1 red    as of 2026-11-24  2 cases, 1 late",
        "    cancelled birch-secret: 7.0 % (olive@birch.example)",
        "apple  ok       as of 2026-11-24  2 cases, 1 late",
        f"The same as a page: {data / 'overview.html'}",
    ]
    page = (data / "overview.html").read_text("utf-8")
    places = [page.index(f'id="{name}"') for name in ("cedar", "birch", "apple")]
    assert places == sorted(places)
    birch = page[places[1] : places[2]]
    assert "birch-secret" in birch
    assert "apple" not in birch, "nothing of one shop is in the part of another"
    assert page.count("birch-secret") == 1
    assert "yesterday" not in page


def test_where_every_night_is_done_so_is_the_command(data: Path) -> None:
    assert nights(["apple", "birch"], lambda _: Exit.DONE) == Exit.DONE


def test_a_shop_that_is_none_is_named_before_anything_runs(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["nightly-all", "dogwood"]) == Exit.USAGE
    assert "no shop dogwood; there are apple, birch, cedar" in capsys.readouterr().err
