"""What is red is counted alike on every page."""

import duckdb

from tasks.tell import overview
from tasks.tell.dashboard import read_page
from tests.small_marts import fill


def test_every_page_counts_the_same_reds() -> None:
    with duckdb.connect() as con:
        fill(con)
        con.execute("update marts.kpi_daily set status = 'ok' where kpi = 'return_rate'")
        con.execute(
            "insert into marts.kpi_daily (kpi, business_date, channel, station, title, unit, value, n, status)"
            " values ('return_rate', '2026-11-22', 'web', 'returns', 'Return rate', 'rate', 0.3, 50, 'critical')"
        )
        page = read_page(con, "marts")
        for mart in ("alerts", "kpi_daily", "kpi_dictionary"):
            con.execute(f"create table main.{mart} as from marts.{mart}")
        titles = [kpi.title for kpi in page["red"]]
        assert "Return rate, web" in titles, "a channel beyond its critical limit"
        assert {kpi.status for kpi in page["red"]} == {"critical", "warning"}
        assert sum(part.red for part in page["stations"]) == len(titles)
        assert [red.title for red in overview._reds(con)] == titles
