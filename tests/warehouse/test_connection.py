"""What a connection to the warehouse brings with it."""

import pytest

from tasks.warehouse.connection import open_to_read_files
from tests.exports.door import Door


@pytest.mark.parametrize(
    ("values", "expected"),
    [("('USD'), ('CAD'), ('CAD')", "CAD"), ("('USD'), ('CAD')", "USD"), ("(null), (null)", None)],
)
def test_the_most_frequent_value_is_the_same_in_every_order(
    door: Door, values: str, expected: str | None
) -> None:
    with open_to_read_files(door.folder) as con:
        for direction in ("asc", "desc"):
            found = con.execute(
                f"select most_frequent(v) from (from (values {values}) as t (v) order by v {direction})"
            ).fetchall()
            assert found == [(expected,)]
