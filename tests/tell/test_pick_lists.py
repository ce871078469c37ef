"""The table of pick lists counts each order once, and what the shelf cannot fill apart."""

import duckdb

from tasks.tell.pick_lists import pick_list_table

ROWS = """
    create schema marts;
    create table marts.pick_list as from (values
        ('Main', 'web', '1', 1, 2, true, 'pick'), ('Main', 'web', '1', 1, 1, true, 'pick'),
        ('Main', 'web', '2', 2, 1, false, 'pick_part'), ('Main', 'fair', '2', null, 0, false, 'hold'),
        ('', 'web', '3', 1, 4, false, 'pick')
    ) as given (location, channel, order_id, wave, pick_units, is_overdue, instruction)
"""


def test_a_location_is_a_row_with_its_orders_units_and_waves() -> None:
    with duckdb.connect() as con:
        con.execute(ROWS)
        nowhere, main = sorted(
            pick_list_table(con), key=lambda row: str(row["location"]), reverse=True
        )
    assert (nowhere["location"], nowhere["orders"]) == ("no location", 1)
    assert main == {
        "location": "Main", "orders": 2, "units": 4, "waves": 2, "overdue": 1, "not there": 1, "in part": 1,
    }  # fmt: skip
