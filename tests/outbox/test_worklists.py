"""A file for each person: what comes first on top, no formula, and none for who has nothing to do."""

import csv
from pathlib import Path

import duckdb

from tasks.outbox.worklists import write_worklists

ROWS = """
    create schema marts; create schema settings;
    create table settings.run as select 'America/New_York' as timezone;
    create table marts.worklist as
    select *, 'case' as kind, 'orders' as station, 'high' as severity, false as is_late, 10.5 as amount_at_stake,
        'USD' as currency, 'x' as evidence, 'Call.' as next_step, null as message,
        null as note, 'resolve_exception' as flow,
        '{"exception": "a"}' as parameters
    from (values
        ('ben@shop.example', 2, 'b', timestamptz '2026-01-10 12:00:00+00', '=1+1'),
        ('ben@shop.example', 1, 'a', null, 'first'),
        (null, 1, 'c', null, 'whose?')
    ) as things(person, rank, id, due_at, title)
"""


def test_each_person_has_a_file(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").write_text("of last night")
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(ROWS)
        ben, nobody = write_worklists(con, tmp_path)
        before = ben.read_bytes()
        assert write_worklists(con, tmp_path) == (ben, nobody)
    assert ben.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ben_shop_example.csv",
        "nobody.csv",
    ]
    with ben.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [row["due"] for row in rows] == ["", "2026-01-10 07:00"]
    assert rows[1]["title"] == "'=1+1"
