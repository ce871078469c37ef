"""What goods and advertising cost: the cost sheet, the advertising sheet, and the truth about both."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple
from zlib import crc32

from tasks.demo import catalog, clock, figures, returns
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.mistakes import NAMELESS_ORDERS
from tasks.demo.orders import Order

COSTS = names("sku,from_date,unit_cost,freight,duty,other,currency")
ADS = names(
    "platform,channel,date,campaign_id,campaign,sku,impressions,clicks,orders,spend,sales,currency"
)


class Cost(NamedTuple):
    """What a unit costs from a day on; cents, blank parts are not known."""

    sku: str
    since: date
    goods: int
    freight: int | None = None
    duty: int | None = None

    @property
    def landed(self) -> int:
        """All that is known of it."""
        return self.goods + (self.freight or 0) + (self.duty or 0)


# Goods that are imported, of which the shop knows freight and duty. The soap has become so dear that it earns nothing.
SHEET = (
    Cost("FP-THR-01", date(2026, 1, 1), 2800, 120, 80),
    Cost("FP-THR-01", date(2026, 10, 1), 3150, 140, 95),
    Cost("FP-MUG-01", date(2026, 1, 1), 560, 45),
    Cost("FP-SOP-01", date(2026, 1, 1), 310, 30, 15),
    Cost("FP-SOP-01", date(2026, 9, 15), 730, 45, 40),
)
BELOW_FLOOR = "FP-SOP-01"


def _unit_cost(sku: str, day: date) -> int:
    """Return the cents a unit costs on a day: by the sheet, else what its maker always took."""
    known = [cost for cost in SHEET if cost.sku == sku and cost.since <= day]
    return known[-1].landed if known else catalog.BY_SKU[sku].cost


def _write_costs(delivery: Delivery) -> None:
    """Write the cost sheet: a row per change."""
    with delivery.sheet(f"suppliers/unit_costs_{delivery.today}.csv", COSTS) as sheet:
        for cost in SHEET:
            parts = ["" if part is None else cents(part) for part in (cost.freight, cost.duty)]
            sheet.row([cost.sku, cost.since, cents(cost.goods), *parts, "", catalog.CURRENCY])


class Ad(NamedTuple):
    """A day of a campaign; cents."""

    day: date
    platform: str
    channel: str
    campaign_id: str
    campaign: str
    sku: str
    spend: int


def _ads(first: date, today: date) -> list[Ad]:
    """Return each closed day's campaigns: one of the whole shop, one of the wool throw."""
    found = []
    for offset in range((today - first).days):
        day = first + timedelta(days=offset)
        mark = crc32(f"ads|{day}".encode())
        found.append(Ad(day, "google", "", "7001", "Fern & Pine brand", "", 600 + mark % 400))
        if day.weekday() < 5:
            found.append(
                Ad(day, "meta", "shopify", "120331", "Throws", "FP-THR-01", 250 + mark % 90)
            )
    return found


def _write_ads(delivery: Delivery) -> None:
    """Write the advertising sheet; the search campaign says no channel."""
    with delivery.sheet(f"marketing/ad_spend_{delivery.today}.csv", ADS) as sheet:
        for ad in _ads(delivery.first_day, delivery.today):
            sheet.row([
                ad.platform, ad.channel, ad.day, ad.campaign_id, ad.campaign, ad.sku,
                ad.spend * 3, ad.spend // 30, "", cents(ad.spend), "", catalog.CURRENCY,
            ])  # fmt: skip


def write(delivery: Delivery, sales: Iterable[Order]) -> dict[str, Any]:
    """Write both sheets; return the truth about them."""
    _write_costs(delivery)
    _write_ads(delivery)
    return _truth(delivery, sales)


def _truth(delivery: Delivery, sales: Iterable[Order]) -> dict[str, Any]:
    """Return the cost of the goods sold and the spend by channel and month, and what to find."""
    sales = list(sales)
    goods: dict[str, int] = defaultdict(int)
    unpriced: set[str] = set()
    for order in sales:
        day = figures.business_day(order)
        for line in order.sold(delivery.now):
            if order.kind in NAMELESS_ORDERS or order.is_closed(delivery.now):
                continue
            if line.sku == catalog.GIFT_CARD:
                unpriced.add(line.sku)
                continue
            goods[f"{order.channel}|{day:%Y-%m}"] += _cost(line.sku, line.units, day)
    spent: dict[str, int] = defaultdict(int)
    for ad in _ads(delivery.first_day, delivery.today):
        spent[f"{ad.day:%Y-%m}|{ad.sku}"] += ad.spend
    return {
        "restocked": {
            key: cents(amount) for key, amount in sorted(_restocked(delivery, sales).items())
        },
        "cogs": {key: cents(amount) for key, amount in sorted(goods.items())},
        "ad_spend": {key: cents(amount) for key, amount in sorted(spent.items())},
        "without_cost": sorted(unpriced),
        "below_floor": [BELOW_FLOOR],
        "raised_fees": ["amazon|fulfilment_fee"],
    }


def _restocked(delivery: Delivery, sales: Iterable[Order]) -> dict[str, int]:
    """Return the cost of what is in stock again, by channel and month in which it came back."""
    back: dict[str, int] = defaultdict(int)
    for each in returns.returns(sales, delivery.now):
        sku = each.order.lines[0].sku
        if each.where == "restocked" and sku != catalog.GIFT_CARD:
            key = f"{each.order.channel}|{clock.wall(each.at):%Y-%m}"
            back[key] += _cost(sku, each.units, figures.business_day(each.order))
    return back


def _cost(sku: str, units: int, day: date) -> int:
    return sum(_unit_cost(part, day) * count for part, count in catalog.parts(sku, units))
