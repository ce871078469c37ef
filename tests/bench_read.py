"""One side of the reading benchmark, in a process of its own: `python -m tests.bench_read SIDE FILE FOLDER`.

`ours` reads and checks the file as a night does: recognise, audit, take personal data out, type,
judge by Great Expectations, stage. `floor` is DuckDB's own typed `read_csv` into a table of a
database file; it checks nothing but the types. `imports` is what `ours` loads before it begins.
"""

import json
import os
import resource
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from config.expectation import Expectation
from config.strict import ROOT

TYPED = {
    **dict.fromkeys(
        ["Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Lineitem price"],
        "DECIMAL(18,2)",
    ),
    **dict.fromkeys(["Refunded Amount", "Lineitem discount", "amount", "total-amount"], "DECIMAL(18,2)"),
    **dict.fromkeys(["Lineitem quantity", "quantity-purchased", "Id"], "BIGINT"),
    **dict.fromkeys(
        ["settlement-start-date", "settlement-end-date", "deposit-date", "posted-date-time"],
        "TIMESTAMP",
    ),
}  # fmt: skip
RULES = [
    ("units is not null", "units is null"),
    ("units between 1 and 1000000", "units not between 1 and 1000000"),
    ("price at least 0", "price < 0"),
    ("currency known", "currency not in ('USD', 'EUR')"),
    ("sku shaped", "not regexp_matches(sku, '^SKU-[0-9]+$')"),
]


def floor(file: Path, folder: Path) -> None:
    """Read the file with DuckDB alone."""
    delimiter = "\t" if file.suffix == ".txt" else ","
    quote = "" if delimiter == "\t" else '"'
    with file.open(encoding="utf-8") as opened:
        header = opened.readline().rstrip("\n").split(delimiter)
    columns = {name: TYPED.get(name, "VARCHAR") for name in header}
    with duckdb.connect(str(folder / "floor.duckdb")) as con:
        con.execute(
            f"create table floor as select * from read_csv(?, columns = {columns}, header = true,"
            " auto_detect = false, delim = ?, quote = ?, escape = ?,"
            " timestampformat = '%Y-%m-%d %H:%M:%S UTC')",
            [str(file), delimiter, quote, quote],
        )


def ours(file: Path, folder: Path) -> None:
    """Read and check the file as a night does."""
    os.environ["BACKROOM_SHOPS"] = str(folder / "shops")
    os.environ["BACKROOM_DATA"] = str(folder / "data")
    (folder / "shops").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "exports" / "shop.yaml", folder / "shops" / "sample.yaml")
    from config.export import load_exports
    from config.shop import load_shop
    from tasks.archive.raw import Raw
    from tasks.intake.normalize import normalize
    from tasks.intake.pull import pull
    from tasks.run.night import Night
    from tasks.warehouse.connection import open_to_read_files

    imports()
    shop = load_shop("sample")
    shop.folder.inbox.mkdir(parents=True)
    os.link(file, shop.folder.inbox / file.name)
    an_hour_ago = datetime.now(UTC).timestamp() - 3600  # else it may still be being written
    os.utime(file, (an_hour_ago, an_hour_ago))
    pull(shop, datetime.now(UTC))
    [arrival] = Raw(shop.folder.raw).arrivals()
    with open_to_read_files(shop.folder) as con:
        night = Night(shop, datetime.now(UTC), "bench")
        [landed] = normalize(con, night, load_exports()[arrival.report], [arrival])
    if landed.status != "accepted":
        raise SystemExit(landed.reason)


def imports() -> None:
    """Load what a night has loaded before it reads the first file."""
    import great_expectations  # noqa: F401, the heaviest

    import tasks.intake.normalize  # noqa: F401


def judging(rows: int) -> dict[str, tuple[float, float]]:
    """Return wall and CPU seconds of Great Expectations and of one hand-written pass over `rows`.

    Both in this process, over the same table, after a look at a small one: imports are no part.
    One row in a hundred fails.
    """
    from tasks.checks.gate import judge

    rules = [
        Expectation(reason=f"rule_{n}", fails_where=fails, why=why, fix="Fix it.")
        for n, (why, fails) in enumerate(RULES)
    ]
    counts = ", ".join(f"count(*) filter (where {fails})" for _, fails in RULES)
    masks = " + ".join(f"case when {f} then {1 << n} else 0 end" for n, (_, f) in enumerate(RULES))
    statement = f"select count(*), {counts} from bench"
    found: dict[str, tuple[float, float]] = {}
    for size in (1_000, rows):
        con = duckdb.connect()
        con.execute(
            "create table bench as select i as row_no, 'SKU-' || (i % 900) as sku, i % 100 as units,"
            " cast(1 + (i % 9000) / 100 as decimal(18, 2)) as price, case when i % 7 = 0 then 'EUR'"
            f" else 'USD' end as currency from range({size}) as rows(i)"
        )
        began = used()
        judge(con, "bench", "bench", rules)
        judged = used()
        con.execute(statement).fetchall()
        con.execute(
            f"create temp table faults as select row_no, {masks} as m from bench where m > 0"
        )
        ended = used()
        found = {
            "gx": (judged[0] - began[0], judged[1] - began[1]),
            "pass": (ended[0] - judged[0], ended[1] - judged[1]),
        }
    return found


def used() -> tuple[float, float]:
    """Return the wall clock and the CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime


def write_orders(path: Path, lines: int) -> None:
    """Write a Shopify orders export of so many lines."""
    header = (
        (ROOT / "tests" / "exports" / "shopify" / "orders.csv").read_text("utf-8").splitlines()[0]
    )
    names = header.split(",")
    order = dict.fromkeys(names, "")
    common = {
        "Created at": "2026-10-07 09:50:26 -0500", "Lineitem name": '"A mug, blue"',
        "Lineitem requires shipping": "true", "Lineitem taxable": "true", "Vendor": "Us",
        "Lineitem fulfillment status": "fulfilled", "Lineitem discount": "0.00",
    }  # fmt: skip
    first = {
        "Financial Status": "paid", "Paid at": "2026-10-07 09:50:26 -0500", "Currency": "USD",
        "Fulfillment Status": "fulfilled", "Fulfilled at": "2026-10-08 09:00:00 -0500",
        "Shipping": "0.00", "Taxes": "0.00", "Discount Amount": "0.00", "Shipping Method": "Standard",
        "Billing Name": "Jo Doe", "Billing Address1": "1 Main Street", "Billing City": "Springfield",
        "Billing Zip": "'01105", "Billing Country": "US", "Shipping Name": "Jo Doe",
        "Shipping Address1": "1 Main Street", "Shipping City": "Springfield", "Source": "web",
        "Shipping Zip": "'01105", "Shipping Country": "US", "Shipping Phone": "+1 555 0100 99",
        "Payment Method": "Shopify Payments", "Refunded Amount": "0.00", "Risk Level": "Low",
    }  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        for line in range(lines):
            number, is_first = line // 2, line % 2 == 0
            units, cents = 1 + number % 3, 500 + number % 9000
            total = f"{units * cents / 100:.2f}"
            row = order | common | (first if is_first else {})
            row |= {
                "Name": f"#{100000 + number}", "Email": f"b{number}@example.com",
                "Lineitem quantity": str(units), "Lineitem price": f"{cents / 100:.2f}",
                "Lineitem sku": f"SKU-{line % 900}",
            }  # fmt: skip
            if is_first:
                row |= {"Id": str(5000000000000 + number), "Subtotal": total, "Total": total}
            file.write(",".join(row[name] for name in names) + "\n")


def write_settlement(path: Path, lines: int) -> None:
    """Write an Amazon settlement (V2) of so many lines that adds up."""
    sample = ROOT / "tests" / "exports" / "amazon" / "settlement_v2.txt"
    header = sample.read_text("utf-8").splitlines()[0].split("\t")
    cents = [n * 7919 % 4900 - 900 for n in range(lines)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(header) + "\n")
        dates = [f"2026-11-{day} 00:00:00 UTC" for day in ("01", "15", "17")]
        file.write(
            "\t".join(["12345678901", *dates, f"{sum(cents) / 100:.2f}", "USD", *[""] * 18]) + "\n"
        )
        for n, amount in enumerate(cents):
            file.write(
                f"12345678901\t\t\t\t\t\tOrder\t123-{n:07}-1234567\t\t\tSh1\tAmazon.com\tItemPrice\t"
                f"Principal\t{amount / 100:.2f}\tAFN\t2026-11-02\t2026-11-02 05:23:19 UTC\t"
                f"{10000000000000 + n}\t\t\tSKU-{n % 900}\t1\t\n"
            )


def main() -> None:
    """Run one side."""
    side, what, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    match side:
        case "floor":
            floor(Path(what), folder)
        case "ours":
            ours(Path(what), folder)
        case "imports":
            imports()
        case _:
            raise SystemExit(json.dumps({"unknown side": side}))
    os._exit(0)


if __name__ == "__main__":
    main()
