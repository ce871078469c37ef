"""What each location picks, as a table of the run's page: a row per location."""

import duckdb

from tasks.tell.summary_tables import Cells, cell
from tasks.warehouse.tables import rows_of

PICKED = """
    select coalesce(nullif(location, ''), 'no location') as location,
        count(distinct (channel, order_id)) filter (where wave is not null) as orders,
        sum(pick_units) as units, max(wave) as waves,
        count(distinct (channel, order_id)) filter (where is_overdue) as overdue,
        count(distinct (channel, order_id)) filter (where wave is null) as "not there",
        count(distinct (channel, order_id)) filter (where instruction = 'pick_part') as "in part"
    from marts.pick_list group by location order by location
"""


def pick_list_table(con: duckdb.DuckDBPyConnection) -> Cells:
    """Return of each location its orders, units and waves, and the orders its shelf cannot fill."""
    return [{name: cell(value) for name, value in row.items()} for row in rows_of(con, PICKED)]
