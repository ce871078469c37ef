"""The bars of a bridge hang together: each begins where the one before it ended."""

from decimal import Decimal
from typing import Any

from tasks.tell.bridge import bridges


def step(
    name: str, amount: str | None, *, total: bool = False, channel: str = "web"
) -> dict[str, Any]:
    return {
        "channel": channel, "month": "2026-10", "currency": "GBP", "status": "final", "step": name,
        "amount": None if amount is None else Decimal(amount), "is_total": total,
        "share_of_net_rate": None, "coverage_rate": Decimal(1),
    }  # fmt: skip


def test_a_step_hangs_where_the_one_before_it_ended() -> None:
    [bridge] = bridges(
        [
            step("gross_sales", "100", total=True),
            step("discounts", "0"),
            step("shipping_charged", "25"),
            step("refunds", "-50"),
            step("net", "75", total=True),
            step("goods", "-100"),
            step("contribution", "-25", total=True),
        ]
    )
    # From -25 to 125, each bar of a width of its amount.
    assert [(bar.step, bar.kind, bar.start, bar.end) for bar in bridge.bars] == [
        ("gross_sales", "total", 0.1667, 0.8333),
        ("shipping_charged", "plus", 0.8333, 1.0),
        ("refunds", "minus", 0.6667, 1.0),
        ("net", "total", 0.1667, 0.6667),
        ("goods", "minus", 0.0, 0.6667),
        ("contribution", "total", 0.0, 0.1667),
    ]


def test_what_is_not_known_is_shown_and_has_no_width() -> None:
    found = bridges(
        [
            step("gross_sales", "10", total=True),
            step("net", None, total=True),
            step("goods", None),
            step("gross_sales", "0", total=True, channel="fair"),
        ]
    )
    assert [bridge.channel for bridge in found] == ["web", "fair"]
    assert [(bar.step, bar.amount, bar.end - bar.start) for bar in found[0].bars[1:]] == [
        ("net", None, 0),
        ("goods", None, 0),
    ]
    assert found[1].bars[0].end == 0
