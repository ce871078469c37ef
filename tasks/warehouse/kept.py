"""What a table may not lose of its inputs: read from its header, counted after each build.

    -- keeps:  valid.orders by channel, order_id; money total_amount;
    --   leaves no_channel where channel is null
    -- keeps:  core.order_lines by channel, business_date; sum gross_amount, quantity_units = units;
    --   leaves not_counted where not is_counted; leaves cancelled where is_cancelled

Every row of the input must be found in the table by its keys (`theirs = ours` where the names
differ), or leave for a named reason: a condition over the input's row, the first that holds.

- `sum` holds the sums of the rows that do not leave to the table's, key by key, exactly; a key that
  no row of the input has must be in the table with nothing but zeros.
- `same` holds the value of a key that is kept to that of one of the input's rows: where several
  files report one thing, the table takes one of them and invents nothing.
- `money` and `units` only say what is counted of the rows besides their number.

What is neither found nor named counts as `unexplained`. Of what a report's rows become on their way
into `valid.*`, `tasks/warehouse/load.py` keeps the account: `of_no_table` are those that its export leads to none.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

KEPT, REPEATED, UNEXPLAINED = "kept", "repeated", "unexplained"
TABLE = "meta.kept"
META = f"""
    create schema if not exists meta;
    create table if not exists {TABLE} (
        name varchar, source varchar, reason varchar, currency varchar,
        rows bigint, units decimal(38, 4), amount decimal(38, 4)
    );
"""

# Which of several rows counts as the kept one must not depend on the order they are read in.
LARGEST_FIRST = "money desc nulls last, units desc nulls last, judged.currency"

_COMMA = re.compile(r",(?![^()]*\))")  # between parts, not within the parentheses of a call
_EQUALS = re.compile(r"\s=\s")
_LEAVES = re.compile(r"leaves\s+(\w+)\s+where\s+(.+)")
_MEASURES = ("sum", "same", "money", "units")


def counted(con: DuckDBPyConnection) -> set[str]:
    """Return the tables of which something is counted."""
    return {name for (name,) in con.execute(f"select distinct name from {TABLE}").fetchall()}


class KeepsError(ValueError):
    """A `keeps` that cannot be read; says what is wrong with it."""


@dataclass(frozen=True)
class Pair:
    """An expression over the input's row, and the table's column that has the same value."""

    theirs: str
    ours: str


@dataclass(frozen=True)
class Keeps:
    """One promise of a header: which input, by which keys, and why a row may leave."""

    source: str
    keys: tuple[Pair, ...]
    sums: tuple[Pair, ...] = ()
    same: tuple[Pair, ...] = ()
    money: str = ""
    units: str = ""
    leaves: tuple[tuple[str, str], ...] = ()


def read_keeps(text: str) -> Keeps:
    """Return the promise that `text` makes: what comes after `-- keeps:`.

    Raises:
        KeepsError: it is not of the grammar above.
    """
    first, *others = [part.strip() for part in text.split(";") if part.strip()]
    source, by, keys = first.partition(" by ")
    if not by or not re.fullmatch(r"\w+\.\w+", source.strip()):
        raise KeepsError(f"`{first}` should be `schema.table by key, key`")
    measures: dict[str, str] = {}
    leaves: list[tuple[str, str]] = []
    for part in others:
        word, _, rest = part.partition(" ")
        reason = _LEAVES.fullmatch(part)
        if reason and reason[1] not in (KEPT, REPEATED, UNEXPLAINED, *dict(leaves)):
            leaves.append((reason[1], reason[2]))
        elif word in _MEASURES and word not in measures and rest:
            measures[word] = rest
        else:
            raise KeepsError(
                f"`{part}` should be `leaves reason where condition`, each reason once, or one of"
                f" {', '.join(_MEASURES)} with columns, each once"
            )
    return Keeps(
        source.strip(),
        _pairs(keys),
        sums=_pairs(measures.get("sum", "")),
        same=_pairs(measures.get("same", "")),
        money=measures.get("money", ""),
        units=measures.get("units", ""),
        leaves=tuple(leaves),
    )


def _pairs(text: str) -> tuple[Pair, ...]:
    pairs = []
    for part in (part.strip() for part in _COMMA.split(text)):
        if part:
            theirs, *ours = _EQUALS.split(part)
            pairs.append(Pair(theirs.strip(), (ours[0] if ours else theirs).strip()))
    return tuple(pairs)


def count_kept(
    table: str, keeps: Keeps, *, has_currency: bool, table_keys: Collection[str] = ()
) -> str:
    """Return the select of what became of the input's rows: reason, currency, rows, units, amount.

    Args:
        table: The table that promises.
        keeps: What it promises.
        has_currency: Whether the input has a column of that name.
        table_keys: What is known to be unique in the table: nothing that has it all is there twice.
    """
    # Rows are found by one number that stands for all keys: a join by several texts takes twice as long.
    theirs = f"hash({', '.join(pair.theirs for pair in keeps.keys)}) as key"
    ours = f"hash({', '.join(pair.ours for pair in keeps.keys)}) as key"
    match = "judged.key = found.key"
    reasons = " ".join(f"when {where} then '{reason}'" for reason, where in keeps.leaves)
    sums = "".join(f", {pair.theirs} as sum_{n}" for n, pair in enumerate(keeps.sums))
    same = "".join(f", {pair.theirs} as same_{n}" for n, pair in enumerate(keeps.same))
    # Of rows that add up, all that are found are kept; of others, the first of each key.
    nth = (
        "1"
        if keeps.sums
        else f"row_number() over (partition by judged.key order by {LARGEST_FIRST})"
    )
    # Where sums are held, a row that leaves has left even if others of its key are there.
    found = f"found.is_there then case when {nth} = 1 then '{KEPT}' else '{REPEATED}' end"
    left = "judged.reason is not null then judged.reason"
    order = f"when {left} when {found}" if keeps.sums else f"when {found} when {left}"
    is_unique = table_keys and set(table_keys) <= {pair.ours for pair in keeps.keys} | {"shop"}
    return f"""
        with judged as (
            select {theirs}, case {reasons or "when false then ''"} end as reason,
                {"currency" if has_currency else "null :: varchar"} as currency,
                {keeps.money or "null"} as money, {keeps.units or "null"} as units{sums}{same}
            from {keeps.source} as this
        ),
        found as (select {"" if is_unique else "distinct"} {ours}, true as is_there from {table}),
        placed as (
            select case {order} else '{UNEXPLAINED}' end as what, judged.currency, money, units
            from judged left join found on {match}
        )
        select what as reason, coalesce(currency, '') as currency, count(*) as rows,
            cast(sum(units) as decimal(38, 4)) as units, cast(sum(money) as decimal(38, 4)) as amount
        from placed group by all
        {_differing_sums(table, keeps, ours)}
        {_differing_values(table, keeps, ours, match)}
    """


def _differing_sums(table: str, keeps: Keeps, ours: str) -> str:
    """Return the keys whose sums are not the table's; their difference is what went missing."""
    if not keeps.sums:
        return ""
    named = [f"sum_{n}" for n in range(len(keeps.sums))]
    mine = ", ".join(
        f"-({pair.ours}) as {name}" for pair, name in zip(keeps.sums, named, strict=True)
    )
    sums = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in named)
    return f"""
        union all
        select '{UNEXPLAINED}', '', count(*), null, sum(sum_0)
        from (
            select {sums}
            from (
                select key, {", ".join(named)} from judged where reason is null
                union all select {ours}, {mine} from {table}
            )
            group by key
        )
        where {" or ".join(f"{name} <> 0" for name in named)}
        having count(*) > 0
    """


def _differing_values(table: str, keeps: Keeps, ours: str, match: str) -> str:
    """Return the keys whose value in the table is that of none of the input's rows."""
    if not keeps.same:
        return ""
    mine = ", ".join(f"{pair.ours} as same_{n}" for n, pair in enumerate(keeps.same))
    alike = " and ".join(
        f"judged.same_{n} is not distinct from found.same_{n}" for n in range(len(keeps.same))
    )
    return f"""
        union all
        select '{UNEXPLAINED}', '', count(*), null, null
        from (select {ours}, {mine} from {table}) as found
        semi join judged on {match}
        anti join judged on {match} and {alike}
        having count(*) > 0
    """
