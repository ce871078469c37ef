"""What each person has to do, as a page for desk and phone and as tables on the run's page.

Requires of the marts: worklist.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from config.shop import Shop
from tasks.run import wording
from tasks.run.whole_file import write_whole
from tasks.tell.forms import Forms
from tasks.tell.page import environment
from tasks.warehouse.tables import rows_of

NOBODY = "nobody"
SEVERITIES = ("high", "medium", "low", "info")
SHOWN = 12  # things of a person that are open at first; the others fold
LISTED = 300  # things of a person that are listed at all: a page of ten thousand opens on no phone
ROWS = f"""
    select * from "{{m}}".worklist
    qualify row_number() over (partition by person order by rank) <= {LISTED} order by person nulls last, rank
"""
COUNTS = """
    select person, count(*) as things, count(*) filter (where is_late) as late from "{m}".worklist group by person
"""
TYPES = """
    select person, type, count(*) as cases from "{m}".worklist where type is not null
    group by person, type having count(*) > 1 order by cases desc, type
"""


@dataclass(frozen=True)
class Thing:
    """A thing to do as its mart has it, with where to settle it."""

    row: Mapping[str, Any]
    link: str | None
    command: str


@dataclass(frozen=True)
class Many:
    """Several cases of a type that one person has: closed together with one reason."""

    type: str
    cases: int
    link: str | None
    command: str


@dataclass(frozen=True)
class Desk:
    """What one person has to do, what comes first on top: how much, how much of it is late, and the first of it."""

    person: str
    total: int
    late: int
    things: Sequence[Thing]
    many: Sequence[Many]


def desks(con: duckdb.DuckDBPyConnection, forms: Forms, schema: str = "marts") -> list[Desk]:
    """Return what each person has to do; what is nobody's comes last."""
    rows, counts, types = (rows_of(con, sql.format(m=schema)) for sql in (ROWS, COUNTS, TYPES))
    counted = {row["person"]: row for row in counts}
    made = []
    for person, found in groupby(rows, lambda row: row["person"]):
        acting = {"who": person} if person else {}
        made.append(
            Desk(
                person or NOBODY,
                counted[person]["things"],
                counted[person]["late"],
                [_thing(row, forms, acting) for row in found],
                [_many(row, forms, acting) for row in types if row["person"] == person],
            )
        )
    return made


def _thing(row: Mapping[str, Any], forms: Forms, acting: Mapping[str, str]) -> Thing:
    filled = {**json.loads(row["parameters"]), **acting}
    return Thing(row, forms.link(row["flow"], filled), forms.command(row["flow"], filled))


def _many(row: Mapping[str, Any], forms: Forms, acting: Mapping[str, str]) -> Many:
    filled = {"type": row["type"], **acting}
    flow = "resolve_exceptions"
    return Many(row["type"], row["cases"], forms.link(flow, filled), forms.command(flow, filled))


def headline(those: Sequence[Desk], shop: Shop) -> str:
    """Return in one line how much there is to do, what comes first, and whose it is."""
    if not those:
        return "The night is done. Nobody has anything to do."
    firsts = [desk.things[0].row for desk in those]
    first = min(firsts, key=lambda row: (not row["is_late"], SEVERITIES.index(row["severity"])))
    things, late = sum(desk.total for desk in those), sum(desk.late for desk in those)
    due = wording.clock(first["due_at"], shop.zone) if first["due_at"] else "any time"
    step = wording.plain(first["next_step"]).partition(". ")[0].rstrip(".")
    return (
        f"The night is done. {wording.count(things, 'thing')} to do, {late:,} late. First:"
        f" {wording.plain(first['title'])}, due {due}: {step}. Whose: {first['person'] or NOBODY}."
    )


def write_page(con: duckdb.DuckDBPyConnection, shop: Shop, path: Path, forms: Forms) -> Path:
    """Write the page and return its path; whoever has it open sees the old one or the new."""
    [(as_of,)] = con.execute("select as_of from settings.run").fetchall()
    return write_whole(path, render(desks(con, forms), shop, as_of))


def render(those: Sequence[Desk], shop: Shop, as_of: datetime) -> str:
    """Return the page as HTML that needs no network; every text that came from a file is escaped."""
    template = environment().get_template("worklist.html.j2")
    return template.render(
        desks=those,
        title=shop.title,
        zone=shop.zone,
        as_of=as_of,
        today=as_of.astimezone(shop.zone).date(),
        shown=SHOWN,
    )


def table(desk: Desk, shop: Shop, today: datetime) -> list[dict[str, object]]:
    """Return a person's list as the rows of an artifact, as far as it is listed."""
    return [
        {
            "what": wording.plain(each.row["title"]),
            "station": wording.words(each.row["station"]),
            "due": _due(each.row, shop, today),
            "at stake": wording.money(each.row["amount_at_stake"], each.row["currency"])
            if each.row["amount_at_stake"] is not None
            else "",
            "evidence": wording.plain(each.row["evidence"] or ""),
            "next step": wording.plain(each.row["next_step"]),
            "settle it": each.link or each.command,
            "id": each.row["id"],
        }
        for each in desk.things
    ]


def _due(row: Mapping[str, Any], shop: Shop, now: datetime) -> str:
    if row["due_at"] is None:
        return "no deadline"
    due = wording.clock(row["due_at"], shop.zone, now.astimezone(shop.zone).date())
    return f"late: {due}" if row["is_late"] else due
