"""`python -m tests.exports.golden <sample>`: the expected tables of a sample, as it is read today.

For a person to read: what is wrong in it is a fault of the export's file. `--write` writes it next to
the sample; files that it needs (`given shopify/orders.csv`) are named with `--given`, or are
those of the tables that are there already.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from config.export import Export, load_exports
from tasks.intake.landing import Landed
from tests.exports.door import Door
from tests.exports.test_exports import GIVEN, HERE, NOT_SHOWN, name_of

FILE = (
    "status", "code", "completeness", "controls", "reading", "warnings", "rows_read", "rows_non_data",
    "rows_quarantined",
)  # fmt: skip
FAULTS = ("line_no", "reason", "column_name")


def golden(sample: Path, given: Sequence[str] = ()) -> str:
    """Return the expected tables of one sample, `given` files landing before it."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        door = Door(Path(folder), patch)
        for partner in given:
            door.drop(partner, HERE / partner)
        address = f"{sample.parent.name}/{sample.name}"
        door.drop(address, sample)
        files = [file for file in door.night() if file.arrival.address.endswith(f"/{address}")]
        mine = [file for file in files if file.arrival.report in (name_of(sample), "")]
        head = f"# {name_of(sample)}: what `{sample.name}` becomes\n\n"
        head += "".join(f"given {partner}\n\n" for partner in given)
        with door.warehouse() as con:
            return head + "\n".join(_tables(con, file) for file in mine)


def _tables(con: duckdb.DuckDBPyConnection, file: Landed) -> str:
    export: Export | None = load_exports().get(file.arrival.report)
    wanted: list[tuple[str, Sequence[str] | None]] = [("landing.files", FILE)]
    wanted += [(f"valid.{table}", None) for table in (export.loads_into if export else ())]
    wanted += [("landing.quarantine", FAULTS), ("landing.unreferenced", FAULTS)]
    found = ((t, _rows(con, t, columns, file.arrival.file_id)) for t, columns in wanted)
    return "\n".join(f"then {table}\n\n{_markdown(rows)}" for table, rows in found if len(rows) > 1)


def _rows(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str] | None, file_id: str
) -> list[list[str]]:
    """Return the header and the rows that the file gave, without columns that are all blank."""
    if columns is None:
        described = con.execute(f"describe {table}").fetchall()
        columns = [str(name) for name, *_ in described if name not in NOT_SHOWN]
    selected = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in columns)
    order = "name" if table == "landing.files" else "line_no"
    rows = con.execute(
        f"select {selected} from {table} where file_id = ? order by {order}",
        [file_id],
    ).fetchall()
    filled = [
        place
        for place in range(len(columns))
        # What a table of text cannot hold is left out.
        if any(row[place] for row in rows) and not any(set("|\n\r") & {*row[place]} for row in rows)
    ]
    return [[columns[place] for place in filled], *([row[p] for p in filled] for row in rows)]


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |\n"
        for row in rows
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of a sample, or write them."""
    parser = argparse.ArgumentParser(prog="python -m tests.exports.golden", description=__doc__)
    parser.add_argument("sample", type=Path)
    parser.add_argument("--given", nargs="*", help="files of tests/exports that land before it")
    parser.add_argument(
        "--write", action="store_true", help="next to the sample, instead of showing it"
    )
    asked = parser.parse_args(arguments)
    partner = asked.sample.with_suffix(".md")
    before = partner.read_text("utf-8") if partner.exists() else ""
    if name_of(asked.sample) not in load_exports():
        sys.exit(
            f"{name_of(asked.sample)} is no declared export: the folder and the name say which one."
        )
    given = GIVEN.findall(before) if asked.given is None else asked.given
    text = golden(asked.sample, given)
    if not asked.write:
        print(text, end="")
    elif before:
        sys.exit(f"{partner} is there already: correct it by hand, or remove it first.")
    else:
        partner.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
