"""A backtest for a person: by class and policy, where the protected policy loses, and which SKUs differ."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tasks.rules.backtest import EVERY_CLASS, Policy, Replay, Result
from tasks.run.wording import count, day, money, percent, plain

BAR = 20  # characters of a full bar
SKUS_SHOWN = 50
NOTHING = (
    "Nothing can be replayed: no SKU that sold has both a lead time and orders known for more days"
    " than the plan looks back. Bring an export of older orders, or complete"
    " suppliers.supplier_items."
)


def as_markdown(results: Sequence[Result], currency: str) -> str:
    """Return the table and the bars of a backtest, and in words where `protected` is worse."""
    if not results:
        return NOTHING
    first = results[0]
    lines = [
        f"{day(first.first_date)} to {day(first.last_date)}: {how_judged(results)}",
        "",
        "| class | policy | SKUs | wanted | lost | fill rate | | ran out | days short | average stock"
        " | its cost | orders |",
        "| :-- | :-- | --: | --: | --: | --: | :-- | --: | --: | --: | --: | --: |",
        *(
            f"| {each.abc} | {each.policy} | {each.sku_count:,} | {each.demand_units:,}"
            f" | {each.lost_units:,} | {percent(each.fill_rate)} | {_bar(each.fill_rate)}"
            f" | {each.stockout_count:,} | {each.short_days:,} | {count(each.average_units, 'unit')}"
            f" | {cost(each, currency)} | {each.order_count:,} |"
            for each in _by_class(results)
        ),
        "",
        *(f"- {sentence}" for sentence in comparison(results, currency)),
    ]
    return "\n".join(lines)


def how_judged(results: Sequence[Result]) -> str:
    """Return what the figures count and what they do not, in a sentence or two."""
    every = next(each for each in results if each.abc == EVERY_CLASS)
    parts = [
        f"{count(every.sku_count, 'SKU')} replayed over {count(every.judged_days, 'SKU-day')}."
    ]
    if every.unjudged_days:
        shown = "shows no demand and is" if every.unjudged_days == 1 else "show no demand and are"
        parts.append(
            f"{count(every.unjudged_days, 'SKU-day')} on which the shop itself had no stock {shown}"
            " not judged."
        )
    if every.left_out_sku_count:
        parts.append(
            f"{count(every.left_out_sku_count, 'SKU')} left out: no lead time, or too few days known."
        )
    if every.uncosted_sku_count:
        parts.append(f"The cost of {count(every.uncosted_sku_count, 'SKU')} is unknown.")
    return " ".join(parts)


def comparison(results: Sequence[Result], currency: str) -> Iterator[str]:
    """Yield for each class what `protected` gains and what it loses against `seed90`."""
    by = {(each.policy, each.abc): each for each in results}
    for abc in dict.fromkeys(each.abc for each in results):
        old, new = by.get((Policy.SEED90, abc)), by.get((Policy.PROTECTED, abc))
        if old is None or new is None:
            continue
        saved = old.lost_units - new.lost_units
        worse = "fewer" if saved >= 0 else "more"
        verdict = "" if saved >= 0 else " It loses here."
        yield (
            f"{'All classes' if abc == EVERY_CLASS else f'Class {abc}'}: protected loses"
            f" {count(abs(saved), 'unit')} {worse} than seed90, and holds"
            f" {_difference(old, new, currency)}.{verdict}"
        )


def cost(result: Result, currency: str) -> str:
    """Return what the average stock cost; what is not known of it is said."""
    if result.average_stock_amount is None:
        return "unknown"
    known = money(result.average_stock_amount, currency)
    return f"{known}, without {result.uncosted_sku_count:,}" if result.uncosted_sku_count else known


def sku_table(replays: Sequence[Replay]) -> list[dict[str, str | int | None]]:
    """Return the SKUs of which the policies lose the most unlike numbers of units, widest first."""
    lost: dict[tuple[str, str], dict[Policy, Replay]] = {}
    for each in replays:
        lost.setdefault((each.sku, each.pool), {})[each.policy] = each

    def gap(own: dict[Policy, Replay]) -> int:
        units = [each.lost_units for each in own.values()]
        return max(units) - min(units)

    return [
        dict[str, str | int | None](
            {"SKU": plain(sku), "pool": pool, "class": next(iter(own.values())).abc.value}
        )
        | {f"lost, {policy}": each.lost_units for policy, each in own.items()}
        | {f"average stock, {policy}": round(each.average_units) for policy, each in own.items()}
        for (sku, pool), own in sorted(lost.items(), key=lambda item: (-gap(item[1]), item[0]))[
            :SKUS_SHOWN
        ]
    ]


def _by_class(results: Sequence[Result]) -> list[Result]:
    classes = list(dict.fromkeys(each.abc for each in results))
    return sorted(results, key=lambda each: classes.index(each.abc))


def _bar(share: Decimal | None) -> str:
    return "" if share is None else "█" * round(share * BAR)


def _difference(old: Result, new: Result, currency: str) -> str:
    if new.average_stock_amount is None or old.average_stock_amount is None:
        units = new.average_units - old.average_units
        return f"{count(abs(units), 'unit')} {'more' if units >= 0 else 'less'} on average"
    amount = new.average_stock_amount - old.average_stock_amount
    return f"{money(abs(amount), currency)} {'more' if amount >= 0 else 'less'} of stock on average"
