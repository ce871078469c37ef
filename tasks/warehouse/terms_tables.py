"""What channels and payment providers charge, and until when they can be asked: tables `settings.*`."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import duckdb

from config.channel import Channel
from config.shop import Shop
from config.terms import Claim, ContractFee, Fee, Terms, load_terms
from tasks.warehouse.registry_tables import pattern
from tasks.warehouse.tables import settings_table

Dated = TypeVar("Dated", Fee | ContractFee, Claim)
STANDARD = "standard"
PROVIDERS = ("paypal", "stripe")  # who else than the channel may hold a payment of its buyers


def write_terms(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Write who may owe a channel's money, what each charges by day, and the days of a claim or a payment."""
    terms = load_terms()
    fees, payers, claims, methods, limits = [], [], [], [], []
    for name, channel in shop.channels.items():
        for payer in ("channel", *PROVIDERS):
            its = terms.get(channel.platform if payer == "channel" else payer)
            charged = _charged(its, channel, payer)
            known = bool(charged) or (its is not None and not its.fees)
            remits = its is not None and channel.currency in its.remits_tax_of
            payers.append((name, payer, known, remits))
            fees += [(name, payer, *row) for row in _fee_rows(charged)]
            methods += [
                (name, payer, pattern(word), category)
                for word, category in (its.methods if its else {}).items()
            ]
        # Whoever pays an invoice to the shop's own bank takes no share of it.
        payers.append((name, "buyer", True, False))
        its = terms.get(channel.platform)
        claims += [(name, *row) for row in _claim_rows(its.claims if its else ())]
        if its and its.payment:
            limits.append((name, its.payment.days))
    settings_table(
        con,
        "payers",
        "channel varchar, payer varchar, has_known_fees boolean, is_tax_remitted boolean",
        payers,
    )
    settings_table(
        con,
        "fees",
        "channel varchar, payer varchar, fee varchar, category varchar, bucket varchar, basis varchar,"
        " fee_rate decimal(9, 6), fixed_amount decimal(18, 2), minimum_amount decimal(18, 2),"
        " cap_amount decimal(18, 2), is_per_item boolean, currency varchar, valid_from_date date,"
        " valid_to_date date, is_contract boolean, source varchar",
        fees,
    )
    settings_table(
        con,
        "fee_methods",
        "channel varchar, payer varchar, method varchar, category varchar",
        methods,
    )
    settings_table(con, "claims", "channel varchar, kind varchar, claim_days bigint, valid_from_date date,"
           " valid_to_date date, source varchar", claims)  # fmt: skip
    settings_table(con, "payment_limits", "channel varchar, payment_days bigint", limits)


def _charged(terms: Terms | None, channel: Channel, payer: str) -> list[Fee | ContractFee]:
    """Return the fees in the channel's currency: the agreed ones, and published ones of other kinds."""
    agreed = [fee for fee in channel.fees if payer == "channel"]
    kinds = {fee.fee for fee in agreed}
    published = terms.fees if terms else ()
    return [
        *(fee for fee in published if fee.currency == channel.currency and fee.fee not in kinds),
        *agreed,
    ]


def _fee_rows(fees: Sequence[Fee | ContractFee]) -> Iterator[tuple[Any, ...]]:
    for fee, last in _until_next(fees, lambda one: (one.fee, one.category)):
        yield (
            fee.fee, fee.category or STANDARD, fee.bucket, fee.of, fee.percent / 100, fee.fixed_amount,
            fee.minimum_amount, fee.cap_amount, fee.per == "item", fee.currency, fee.valid_from,
            last, isinstance(fee, ContractFee), fee.source,
        )  # fmt: skip


def _claim_rows(claims: Sequence[Claim]) -> Iterator[tuple[Any, ...]]:
    for claim, last in _until_next(claims, lambda one: one.kind):
        yield claim.kind, claim.days, claim.valid_from, last, claim.source


def _until_next(
    dated: Sequence[Dated], key: Callable[[Dated], Hashable]
) -> Iterator[tuple[Dated, date | None]]:
    """Yield each entry with its last day: the one before the next of its kind begins."""
    groups: dict[Hashable, list[Dated]] = defaultdict(list)
    for entry in dated:
        groups[key(entry)].append(entry)
    for entries in groups.values():
        entries.sort(key=lambda entry: entry.valid_from)
        lasts: list[date | None] = [each.valid_from - timedelta(days=1) for each in entries[1:]]
        yield from zip(entries, [*lasts, None], strict=True)
