"""What one maker answers and announces by EDI X12: acknowledgements (855) and a ship notice (856)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from tasks.demo import catalog
from tasks.demo.delivery import Delivery, cents
from tasks.demo.stock import Purchase, received_through

MAKER = catalog.SUPPLIERS[4]  # answers every order, the others none
_ANSWER_DAYS = 2
_ROAD_DAYS = 7


def write(delivery: Delivery, purchases: Sequence[Purchase]) -> dict[str, Any]:
    """Write the answers to the maker's open orders and the notice of what left; return what they say.

    Of the first line it promises half, the rest at a later day; all others it accepts as they are.
    """
    last = received_through(delivery.now)
    orders: dict[str, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        is_open = purchase.received(last) < purchase.quantity
        if purchase.supplier is MAKER and is_open and _answered(purchase) < delivery.today:
            orders[purchase.po_number].append(purchase)
    if not orders:
        return {}
    changed = next(iter(orders))
    answers: list[str] = []
    for number, (po, lines) in enumerate(orders.items(), start=1):
        answers += _answer(number, po, lines, cuts_first=po == changed)
    _drop(delivery, "855", "PR", answers, len(orders))
    left = [
        line
        for lines in orders.values()
        for line in lines
        if line.po_number != changed
        and line.deliveries[0][0] - timedelta(days=_ROAD_DAYS) < delivery.today
    ]
    if left:
        _drop(delivery, "856", "SH", _notice(left), 1)
    return {
        "answered": {po: [line.product.sku for line in lines] for po, lines in orders.items()},
        "changed": changed,
        "announced": {line.po_number: line.promised.isoformat() for line in left},
    }


def _answered(purchase: Purchase) -> date:
    return purchase.ordered + timedelta(days=_ANSWER_DAYS)


def _answer(number: int, po: str, lines: Sequence[Purchase], *, cuts_first: bool) -> list[str]:
    first = lines[0]
    found = [
        f"ST*855*{number:04d}",
        f"BAK*00*AD*{po}*{first.ordered:%Y%m%d}**{number:04d}***{_answered(first):%Y%m%d}",
        f"CUR*SE*{catalog.CURRENCY}",
        f"N1*SU*{MAKER.name}*92*{MAKER.supplier_id}",
    ]
    for place, line in enumerate(lines, start=1):
        sku, cost = line.product.sku, cents(line.product.cost)
        found.append(f"PO1*{place}*{line.quantity}*EA*{cost}**BP*{sku}")
        day = f"{line.promised:%Y%m%d}"
        half = line.quantity // 2
        if cuts_first and place == 1:
            later = f"{line.promised + timedelta(days=28):%Y%m%d}"
            found.append(f"ACK*IQ*{line.quantity - half}*EA*068*{day}")
            found.append(f"ACK*IB*{half}*EA*068*{later}")
        else:
            found.append(f"ACK*IA*{line.quantity}*EA*068*{day}")
    return [*found, f"CTT*{len(lines)}", f"SE*{len(found) + 2}*{number:04d}"]


def _notice(lines: Sequence[Purchase]) -> list[str]:
    left = max(line.deliveries[0][0] for line in lines) - timedelta(days=_ROAD_DAYS)
    found = [
        "ST*856*0001",
        f"BSN*00*ASN-{lines[0].po_number}*{left:%Y%m%d}*0900*0001",
        "HL*1**S",
        f"DTM*011*{left:%Y%m%d}",
        f"DTM*017*{max(line.promised for line in lines):%Y%m%d}",
        f"N1*SU*{MAKER.name}*92*{MAKER.supplier_id}",
    ]
    level, units = 1, 0
    for line in lines:
        found += [
            f"HL*{level + 1}*1*O",
            f"PRF*{line.po_number}***{line.ordered:%Y%m%d}",
            f"HL*{level + 2}*{level + 1}*I",
            f"LIN**BP*{line.product.sku}",
            f"SN1**{line.quantity}*EA",
        ]
        level, units = level + 2, units + line.quantity
    return [*found, f"CTT*{level}*{units}", f"SE*{len(found) + 2}*0001"]


def _drop(
    delivery: Delivery, kind: str, group: str, segments: Sequence[str], documents: int
) -> None:
    now = delivery.today
    envelope = [
        f"ISA*00*          *00*          *ZZ*{MAKER.supplier_id:<15}*ZZ*{'FERNANDPINE':<15}"
        f"*{now:%y%m%d}*0900*U*00401*000000001*0*T*>",
        f"GS*{group}*{MAKER.supplier_id}*FERNANDPINE*{now:%Y%m%d}*0900*1*X*004010",
        *segments,
        f"GE*{documents}*1",
        "IEA*1*000000001",
    ]
    content = "".join(f"{segment}~\n" for segment in envelope)
    rows = sum(segment.startswith(("ACK", "SN1")) for segment in segments)
    delivery.text(f"suppliers/edi_{kind}_{now}.edi", content, rows)
