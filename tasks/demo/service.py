"""What buyers ask the help desk, how Amazon sees the account, and what a crawl of the shop finds."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zlib import crc32

from tasks.demo import clock, people
from tasks.demo.delivery import Delivery, names
from tasks.demo.orders import Order

TICKETS = names(
    "Ticket id,Tags,Initial channel,Priority,Created by an agent,Subject,Creation date,Closed date,Survey score,"
    "Assignee email,Customer email,First response time (s),Resolution time (s),Number of agent messages"
)
LINKS = names("url,found_on,http_status,anchor,found_at")

_ONE_IN = 8  # orders of the web shop whose buyer writes
_SUBJECTS = {
    "where-is-my-order": "Where is my order?",
    "return": "I want to send it back",
    "product-question": "Is this dishwasher safe?",
}
_SLOW = 4 * clock.DAY  # until the first question of every other day is answered
_MARKETPLACE = "ATVPDKIKX0DER"
DEFECT_RATE, DEFECT_LIMIT = 0.0113, 0.01
_SHOP = "https://fernandpine.example"
_BROKEN = (  # path, answer, linked from, days since a crawl first found it, days since one last did
    ("/products/walnut-tray-xl", "404", "/collections/kitchen", 1, 0),
    ("/pages/spring-sale", "410", "/", 1, 0),
    ("/products/linen-apron-old", "404", "/blogs/news/aprons", 1, 1),
)


class Ticket(NamedTuple):
    """One question of a buyer; seconds are None where nobody answered or closed it."""

    ticket_id: int
    tag: str
    order: Order
    created: int
    replied_after: int | None
    closed_after: int | None

    @property
    def tags(self) -> str:
        """Its tags as the help desk writes them; two of three answers are a template's."""
        return f"{self.tag}, macro" if self.ticket_id % 3 else self.tag

    @property
    def score(self) -> str:
        """What the buyer gives the answer, of five stars; every fourth answers once it is closed."""
        if self.closed_after is None or self.ticket_id % 4:
            return ""
        return "2" if self.ticket_id % 5 == 0 else "5"

    @property
    def is_where_is_my_order(self) -> bool:
        """It asks where an order is."""
        return self.tag == "where-is-my-order"


def tickets(orders: Iterable[Order], now: int) -> list[Ticket]:
    """Return what buyers of the web shop have asked until `now`; one every other day waits for days."""
    asked: list[Ticket] = []
    slow_days = set()
    for order in orders:
        mark = crc32(f"ticket {order.number}".encode())
        if order.channel != "shopify" or mark % _ONE_IN:
            continue
        created = order.created + clock.DAY + mark // 100 % (2 * clock.DAY)
        if created > now:
            continue
        tag = list(_SUBJECTS)[mark // 7 % 5 % 3]
        replied = 600 + mark // 11 % (5 * clock.HOUR)
        day = clock.local_day(created)
        if day.toordinal() % 2 == 0 and day not in slow_days:
            slow_days.add(day)
            replied = _SLOW
        closed = replied + mark // 13 % clock.DAY
        asked.append(
            Ticket(
                80_000 + order.number, tag, order, created,
                replied if created + replied <= now else None,
                closed if created + closed <= now else None,
            )
        )  # fmt: skip
    return asked


def write_tickets(delivery: Delivery, asked: Sequence[Ticket]) -> None:
    """Write the help desk's export of all tickets."""
    with delivery.sheet(f"gorgias/tickets_{delivery.today}.csv", TICKETS) as sheet:
        for ticket in asked:
            closed = None if ticket.closed_after is None else ticket.created + ticket.closed_after
            answered = ticket.replied_after is not None
            line = sheet.row(
                [ticket.ticket_id, ticket.tags, "email", "normal", "false", _SUBJECTS[ticket.tag],
                 _utc(ticket.created), "" if closed is None else _utc(closed), ticket.score, "sam@example.com",
                 people.person(ticket.order.buyer).email,
                 ticket.replied_after if answered else "",
                 ticket.closed_after if closed is not None else "", int(answered)]
            )  # fmt: skip
            if not answered and ticket.created < delivery.now - clock.DAY:
                sheet.remark(line, "ticket_unanswered", key=str(ticket.ticket_id))


def write_account(delivery: Delivery) -> None:
    """Write Amazon's report on the account: one figure is beyond its limit."""
    good = {"status": "GOOD", "targetCondition": "LESS_THAN"}
    report: dict[str, Any] = {
        "accountStatuses": [{"marketplaceId": _MARKETPLACE, "status": "NORMAL"}],
        "performanceMetrics": [
            {
                "marketplaceId": _MARKETPLACE,
                "accountHealthRating": {"ahrStatus": "GOOD", "ahrScore": 812},
                "lateShipmentRate": {"rate": 0.031, "targetValue": 0.04, **good},
                "orderDefectRate": {
                    "afn": {"rate": 0.001, "targetValue": 0.01, **good},
                    "mfn": {
                        "rate": DEFECT_RATE,
                        "targetValue": DEFECT_LIMIT,
                        **good,
                        "status": "BAD",
                    },
                },
            }
        ],
    }
    name = f"amazon/account_health_{delivery.today}.json"
    delivery.document(name, report, 1)
    delivery.anomaly(
        "account_limit_reached", name, key="order_defect_rate_mfn", note="1.13 % of 1 %"
    )


def write_links(delivery: Delivery) -> None:
    """Write the crawls of yesterday and today: one link was fixed between them."""
    for back in (1, 0):
        at = delivery.now - back * clock.DAY
        day = clock.local_day(at)
        found = [each for each in _BROKEN if each[3] >= back >= each[4]]
        name = f"storefront/broken_links_{day}.csv"
        with delivery.sheet(name, LINKS, downloaded=at) as sheet:
            for path, answer, page, _, _ in found:
                line = sheet.row(
                    [f"{_SHOP}{path}", f"{_SHOP}{page}", answer, "", f"{day} 03:00:00"]
                )
                if back == 0:
                    sheet.remark(line, "broken_link", key=f"{_SHOP}{path}")


def truth(asked: Sequence[Ticket], now: int) -> dict[str, Any]:
    """Return what a careful reader must find: see `figures.DEFINITIONS`."""
    return {
        "tickets": len(asked),
        "answered": sum(ticket.replied_after is not None for ticket in asked),
        "where_is_my_order": sum(ticket.is_where_is_my_order for ticket in asked),
        "scored": sum(ticket.score != "" for ticket in asked),
        "satisfied": sum(ticket.score == "5" for ticket in asked),
        "unanswered": sorted(
            str(ticket.ticket_id)
            for ticket in asked
            if ticket.replied_after is None and ticket.created < now - clock.DAY
        ),
        "broken_links": sorted(f"{_SHOP}{path}" for path, *_, last in _BROKEN if last == 0),
        "fixed_links": sorted(f"{_SHOP}{path}" for path, *_, last in _BROKEN if last > 0),
        "account_limits_reached": ["amazon/order_defect_rate_mfn"],
    }


def _utc(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S")
