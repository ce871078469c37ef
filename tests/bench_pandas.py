"""What a seller's own pandas script does with the same exports: the peer of `make bench --only nights`.

It reads the orders of four channels and what they paid out, keeps the newest line of each order,
sums sales by day, computes the velocity of each SKU over 90 days, and adds each payout's lines up to its
total. It checks nothing: no type, no missing column, no copy, no unknown word; it keeps personal
data, knows no stock, no returns, no bank, and starts from the files every time.

`python -m tests.bench_pandas INBOX OUTPUT` writes three tables to OUTPUT.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

LINE = ["order_id", "line_id"]


def read(paths: Iterable[Path], **options: Any) -> pd.DataFrame:
    """Return the rows of all files as text, each with its file's name: the last in order is the newest."""
    files = [pd.read_csv(p, dtype=str, **options).assign(file=p.name) for p in sorted(paths)]
    rows: pd.DataFrame = pd.concat(files, ignore_index=True)
    return rows


def number(column: pd.Series) -> pd.Series:
    """Return what is a number; what is none is passed over in silence."""
    return pd.to_numeric(column, errors="coerce").fillna(0)


def amount(column: pd.Series) -> pd.Series:
    """Return cents: floats would not add up."""
    return (number(column) * 100).round().astype("int64")


def day(column: pd.Series, zone: str, **options: Any) -> pd.Series:
    """Return the date of a moment on the channel's clock."""
    return pd.to_datetime(column, utc=True, errors="coerce", **options).dt.tz_convert(zone).dt.date


def newest(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the file that last reports their order."""
    last = lines.groupby("order_id")["file"].transform("max")
    return lines[lines["file"] == last].drop_duplicates(LINE)


def shopify_lines(inbox: Path) -> pd.DataFrame:
    """Return the lines of Shopify's orders exports."""
    rows = read(inbox.glob("shopify/orders_export*.csv"))
    head = ["Financial Status", "Created at", "Cancelled at", "Source"]
    rows[head] = rows.groupby(["file", "Name"])[head].ffill()
    rows = rows[rows["Cancelled at"].isna() & rows["Source"].eq("web")]
    return newest(
        pd.DataFrame(
            {
                "channel": "shopify",
                "file": rows["file"],
                "order_id": rows["Name"],
                "line_id": rows.groupby(["file", "Name"]).cumcount().astype(str),
                "sku": rows["Lineitem sku"],
                "date": day(rows["Created at"], "America/New_York"),
                "units": number(rows["Lineitem quantity"]),
                "cents": amount(rows["Lineitem price"]) * number(rows["Lineitem quantity"]),
            }
        )
    )


def amazon_lines(inbox: Path) -> pd.DataFrame:
    """Return the lines of Amazon's all-orders reports."""
    rows = read(inbox.glob("amazon/all-orders*.txt"), sep="\t", encoding="cp1252")
    rows = rows[rows["item-status"] != "Cancelled"]
    return newest(
        pd.DataFrame(
            {
                "channel": "amazon",
                "file": rows["file"],
                "order_id": rows["amazon-order-id"],
                "line_id": rows["order-item-id"],
                "sku": rows["sku"],
                "date": day(rows["purchase-date"], "America/Los_Angeles"),
                "units": number(rows["quantity"]),
                "cents": amount(rows["item-price"]),
            }
        )
    )


def tiktok_lines(inbox: Path) -> pd.DataFrame:
    """Return the lines of TikTok's orders export; its second line describes the columns."""
    whole = [path for path in inbox.glob("tiktok/All order*.csv") if "(1)" not in path.name]
    rows = read(whole, encoding="utf-8-sig", skiprows=[1])
    rows = rows[rows["Order Status"] != "Canceled"]
    return newest(
        pd.DataFrame(
            {
                "channel": "tiktok",
                "file": rows["file"],
                "order_id": rows["Order ID"].str.strip(),
                "line_id": rows["SKU ID"].str.strip(),
                "sku": rows["Seller SKU"].str.strip(),
                "date": pd.to_datetime(
                    rows["Created Time"].str.strip(), format="%m/%d/%Y %I:%M:%S %p", errors="coerce"
                ).dt.date,
                "units": number(rows["Quantity"]),
                "cents": amount(rows["SKU Subtotal Before Discount"]),
            }
        )
    )


def payouts(inbox: Path) -> pd.DataFrame:
    """Return each payout of Amazon and Shopify: what it says it is, and what its lines add up to."""
    lines = read(inbox.glob("amazon/2*.txt"), sep="\t")
    lines = lines[lines["file"].str.fullmatch(r"\d+\.txt")]
    amazon = lines.groupby("settlement-id").agg(
        stated=("total-amount", lambda stated: amount(stated).sum()),
        found=("amount", lambda paid: amount(paid).sum()),
    )
    paid = read(inbox.glob("shopify/payouts_export*.csv"))
    paid = paid.drop_duplicates("Bank Reference", keep="last").set_index("Bank Reference")
    parts = read(inbox.glob("shopify/payment_transactions*.csv"))
    found = amount(parts["Net"]).groupby("SHPFY" + parts["Payout ID"].fillna("")).sum()
    shopify = pd.DataFrame({"stated": amount(paid["Total"])}).join(found.rename("found"))
    return pd.concat({"amazon": amazon, "shopify": shopify}, names=["channel", "payout_id"])


def main(inbox: Path, output: Path) -> None:
    """Write daily sales, velocities and payouts."""
    lines = pd.concat([shopify_lines(inbox), amazon_lines(inbox), tiktok_lines(inbox)])
    names = pd.read_csv(next(inbox.glob("catalog/sku_map*.csv")), dtype=str)
    lines = lines.merge(
        names, how="left", left_on=["channel", "sku"], right_on=["channel", "channel_sku"]
    )
    lines["sku"] = lines["sku_y"].fillna(lines["sku_x"])
    output.mkdir(parents=True, exist_ok=True)
    sales = lines.groupby(["date", "channel", "sku"], dropna=False)[["units", "cents"]].sum()
    sales.to_csv(output / "sales_daily.csv")
    recent = lines[lines["date"] > lines["date"].max() - pd.Timedelta(days=90)]
    (recent.groupby("sku")["units"].sum() / 90).to_csv(output / "velocity.csv")
    payouts(inbox).to_csv(output / "payouts.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
