"""Cycle counts of the main warehouse: some shelves every working morning, every shelf in four weeks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tasks.demo import catalog, clock
from tasks.demo.delivery import Delivery, names
from tasks.demo.stock import Place

COUNTS = names("location,sku,book_units,counted_units,counted_at,count_id")

_HOUR = 8  # before the first delivery, while nothing moves
_ROUND = 20  # working days in which every shelf is counted
_WEEKS = 28  # days, so that a phase is always the same weekday
_WRONG = 3  # the phase, a Wednesday, of a record that is wrong and not counted again
_TWICE = 17  # the phase, a Wednesday, of one that a second count finds wrong again
_SHELVES = [
    product.sku
    for product in catalog.PRODUCTS
    if catalog.MAIN in product.locations and not product.is_dead
]
FORGOTTEN = max(
    (product for product in catalog.PRODUCTS if product.sku in _SHELVES and not product.is_staged),
    key=lambda product: product.weight,
).sku  # the best seller, which nobody ever reaches


@dataclass(frozen=True)
class Count:
    """One line of a count sheet; `planted` names a mistake that is in it."""

    day: date
    sku: str
    book: int
    counted: int | None
    planted: str = ""

    @property
    def count_id(self) -> str:
        """The sheet it is on."""
        return f"CC-{self.day:%Y%m%d}"


def moments(days: Iterable[date]) -> dict[date, int]:
    """Return the instant at which the shelves are counted on each working day of `days`."""
    return {day: clock.moment(day, _HOUR) for day in days if clock.is_working_day(day)}


def counts(books: Mapping[date, Mapping[Place, int]]) -> Iterator[Count]:
    """Yield what was counted on each day whose books are given, oldest first."""
    again: str | None = None
    for day, book in sorted(books.items()):
        if again is not None:
            units = book[again, catalog.MAIN]
            yield Count(day, again, units, _short(units), "count_wrong_twice")
            again = None
        phase = day.toordinal() % _WEEKS
        for position, sku in enumerate(_on_sheet(day)):
            units = book[sku, catalog.MAIN]
            if position == 0 and phase in (_WRONG, _TWICE):
                kind = "count_wrong" if phase == _WRONG else "count_wrong_twice"
                again = sku if phase == _TWICE else None
                yield Count(day, sku, units, _short(units), kind)
            else:
                yield Count(day, sku, units, units)
        if phase == _WRONG:  # nobody reached the top shelf
            yield Count(day, FORGOTTEN, book[FORGOTTEN, catalog.MAIN], None, "count_overdue")


def _on_sheet(day: date) -> list[str]:
    """Return the SKUs whose turn it is: the weekday's place in a round of four weeks decides."""
    monday = day.toordinal() - day.weekday()
    turn = monday // 7 % (_ROUND // 5) * 5 + day.weekday()
    return [sku for sku in _SHELVES[turn::_ROUND] if sku != FORGOTTEN]


def _short(book: int) -> int:
    """Return a count that is beyond the tolerance of any class."""
    return book - max(2, book // 4) if book > 1 else book + 2


def write_counts(delivery: Delivery, found: Iterable[Count]) -> None:
    """Write the count sheets that came back, all on one."""
    with delivery.sheet(f"stock/stock_counts_{delivery.today}.csv", COUNTS) as sheet:
        for count in found:
            counted = "" if count.counted is None else str(count.counted)
            line = sheet.row(
                [catalog.MAIN, count.sku, count.book, counted, f"{count.day} 0{_HOUR}:00:00", count.count_id]
            )  # fmt: skip
            if count.planted:
                sheet.remark(line, count.planted, key=count.sku)


def truth(found: Iterable[Count], today: date) -> dict[str, object]:
    """Return what a careful reader must find in the counts: see `figures.DEFINITIONS`."""
    made = [count for count in found if count.counted is not None]
    newest = {count.sku: count for count in made}
    wrong = [count for count in made if count.counted != count.book]
    twice = {
        (count.sku, count.day)
        for count in wrong
        for before in wrong
        if before.sku == count.sku and timedelta(0) < count.day - before.day <= timedelta(days=7)
    }
    open_ = [count for count in wrong if newest[count.sku] is count]
    return {
        "records": len(made),
        "wrong": len(wrong),
        "count_again": sorted(c.sku for c in open_ if (c.sku, c.day) not in twice),
        "adjust": {c.sku: (c.counted or 0) - c.book for c in open_ if (c.sku, c.day) in twice},
        "never_counted": FORGOTTEN,
        "as_of": str(today),
    }
