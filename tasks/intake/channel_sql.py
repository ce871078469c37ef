"""The SQL that says which channel of the shop a row is of."""

from config.export import Export
from config.shop import Shop
from tasks.rules.sql_text import literal, literals


def channel_of(shop: Shop, export: Export) -> str:
    """Return the SQL of a row's channel; NULL where no channel of the shop fits.

    A row that names a marketplace or a currency which no channel has is nobody's: it is never
    booked on another channel, not even on the only one.
    """
    channels = shop.platform(export.platform)
    by = export.channel_by
    if not channels:
        return "cast(null as varchar)"
    only = literal(next(iter(channels))) if len(channels) == 1 else None
    if by is None:
        return only or _by_currency(shop, export, "currency" if export.says_currency else None)
    if by.matches == "currency":
        return _by_currency(shop, export, by.column, only or _otherwise(shop, export))
    if by.matches == "name":
        cases = [f"when {by.column} = {literal(n)} then {literal(n)}" for n in channels]
        return f"case {' '.join(cases)} end"
    cases = [
        f"when lower({by.column}) = {literal(c.sales_channel.lower())} then {literal(n)}"
        for n, c in channels.items()
        if c.sales_channel
    ]
    unsaid = f"coalesce({by.column}, '') not ilike 'amazon.%'"
    if only is None:
        return f"case {' '.join(cases)} when {unsaid} then {_otherwise(shop, export)} end"
    own = _by_currency(shop, export, "currency", only) if export.says_currency else only
    # The only channel of a shop that gives it no marketplace takes all of its currency.
    return f"case {' '.join(cases)} when {unsaid} then {own} end" if cases else own


def undecided(shop: Shop, export: Export) -> str:
    """Return the SQL that is true of a row without a channel that may be of several of the shop's.

    It names no marketplace, and its currency, if it says one, is that of two channels at least.
    """
    names = contenders(shop, export)
    if not names:
        return "false"
    by = export.channel_by
    unsaid = (
        [f"coalesce({by.column}, '') not ilike 'amazon.%'"]
        if by and by.matches == "sales_channel"
        else []
    )
    if column := _currency_column(export):
        unsaid.append(f"upper({column}) in ({literals(sorted(names))})")
    elif len(shop.platform(export.platform)) < 2:
        return "false"
    return " and ".join(["channel is null", *unsaid])


def contenders(shop: Shop, export: Export) -> dict[str, list[str]]:
    """Return the channels that share a currency, by it; where rows say no currency, all under ''."""
    channels = shop.platform(export.platform)
    by_currency: dict[str, list[str]] = {}
    for name, channel in channels.items():
        by_currency.setdefault(channel.currency if _currency_column(export) else "", []).append(
            name
        )
    return {currency: names for currency, names in by_currency.items() if len(names) > 1}


def _currency_column(export: Export) -> str | None:
    by = export.channel_by
    if by and by.matches == "currency":
        return by.column
    return "currency" if export.says_currency else None


def _otherwise(shop: Shop, export: Export) -> str:
    """Return the SQL of the channel of rows that say nothing of it."""
    by = export.channel_by
    if by and by.otherwise == "fba":
        channels = shop.platform(export.platform)
        fba = (name for name, channel in channels.items() if channel.fba_location)
        return next((literal(name) for name in fba), "null")
    if by and by.otherwise == "currency":
        return _by_currency(shop, export, "currency")
    return "null"


def _by_currency(shop: Shop, export: Export, column: str | None, otherwise: str = "null") -> str:
    """Return the SQL of the only channel of the currency in `column`; `otherwise` of a blank."""
    channels = shop.platform(export.platform)
    if column is None:
        return "cast(null as varchar)"
    currencies = [channel.currency for channel in channels.values()]
    cases = "".join(
        f" when {literal(channel.currency)} then {literal(name)}"
        for name, channel in channels.items()
        if currencies.count(channel.currency) == 1
    )
    found = f"case upper({column}){cases} end" if cases else "null"
    return f"case when {column} is null then {otherwise} else {found} end"
