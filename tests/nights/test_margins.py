"""What each SKU leaves agrees with the truth, and adds up to orders and payouts, over a whole night."""

from decimal import Decimal

from tests.nights.night import Night


def test_goods_and_advertising_cost_what_they_cost_on_their_day(demo_night: Night) -> None:
    margins = demo_night.truth["margins"]
    goods = dict(
        demo_night.rows(
            "select channel || '|' || month, sum(cogs_amount + restocked_cost_amount) as sold from sku_margin"
            " group by all having sold != 0"
        )
    )
    assert goods == {key: Decimal(amount) for key, amount in margins["cogs"].items()}
    restocked = dict(
        demo_night.rows(
            "select channel || '|' || month, sum(restocked_cost_amount) as back from sku_margin"
            " group by all having back != 0"
        )
    )
    assert restocked == {key: Decimal(amount) for key, amount in margins["restocked"].items()}
    spent = dict(
        demo_night.rows(
            "select month, sum(amount) from margin_costs where kind = 'ad_spend' group by all"
        )
    )
    wanted: dict[str, Decimal] = {}
    for key, amount in margins["ad_spend"].items():
        month = key.partition("|")[0]
        wanted[month] = wanted.get(month, Decimal(0)) + Decimal(amount)
    assert spent == wanted


def test_what_earns_too_little_has_no_cost_or_costs_more_is_found(demo_night: Night) -> None:
    margins = demo_night.truth["margins"]
    uncosted = {
        sku for (sku,) in demo_night.rows("select sku from sku_margin where not cost_known and sku is not null")
    }  # fmt: skip
    assert uncosted == set(margins["without_cost"])
    assert not demo_night.rows("from sku_margin where not cost_known and margin_amount is not null")
    cases = {
        (kind, subject.rpartition("/")[0])
        for kind, subject in demo_night.rows(
            "select type, subject_id from exceptions where type in ('margin_below_floor', 'fee_share_changed')"
        )
    }
    assert {subject.partition("/")[2] for kind, subject in cases if kind == "margin_below_floor"} == set(
        margins["below_floor"]
    )  # fmt: skip
    assert {subject.replace("/", "|") for kind, subject in cases if kind == "fee_share_changed"} == set(
        margins["raised_fees"]
    )  # fmt: skip


def test_the_margin_adds_up_to_orders_and_payouts_by_channel_and_month(night: Night) -> None:
    by_orders = night.rows(
        """
        select channel, strftime(business_date, '%Y-%m') as month, currency, sum(net_amount), sum(quantity)
        from order_lines where is_sale group by channel, month, currency order by all
        """
    )
    by_margin = night.rows(
        """
        select channel, month, currency, sum(net_amount), sum(units), count(*) = count(net_amount)
        from sku_margin where gross_amount is not null or units > 0 group by all order by all
        """
    )
    # Where the net of one SKU is not known, its other lines' is in no sum either.
    unknown = {row[:3] for row in by_margin if not row[5]}
    assert [row[:5] for row in by_margin if row[:3] not in unknown] == [
        row for row in by_orders if row[:3] not in unknown
    ]
    assert not night.rows(
        "from conservation where reason = 'unexplained' and table_name in"
        " ('marts.selling_costs', 'marts.margin_costs', 'marts.sku_margin', 'marts.profit_bridge',"
        " 'marts.channel_fees', 'ops.sale_costs')"
    )
