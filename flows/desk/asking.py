"""The commands that ask: the published marts, the ready questions, the pages that people work by."""

import argparse
import sys
from typing import Any

from config.errors import Exit, FatalError, UsageError
from config.shop import load_shop
from flows.desk.grammar import add_command, add_shop

WIDTH = 160  # characters of a table on a terminal, where its ids fit


def add_questions(commands: Any) -> None:
    """Add `query`, `questions` and `sops` to the commands."""
    query = add_command(commands, "query", 'ask the published marts: backroom query "select …"')
    query.add_argument("sql", nargs="?", help="one select over the marts; it sees nothing else")
    query.add_argument("--question", help="a ready question, as `backroom questions` lists them")
    query.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the ready question leaves open, such as days=7; may be given several times",
    )
    add_shop(query)
    query.add_argument("--csv", action="store_true", help="as CSV instead of a table")
    query.set_defaults(run=_query)
    listed = add_command(
        commands, "questions", "list the ready questions, with what may be set in each"
    )
    listed.set_defaults(run=_questions)
    sops = add_command(
        commands,
        "sops",
        "list the pages that people work by: whose each is, when it is reviewed, what it lacks",
    )
    add_shop(sops)
    sops.set_defaults(run=_sops)


def _query(options: argparse.Namespace) -> int:
    from tasks.warehouse.ask import asked, shown, write_csv
    from tasks.warehouse.questions import question

    if (options.sql is None) == (options.question is None):
        raise UsageError("give either one select or --question with the name of a ready question.")
    if options.question is None and options.set:
        raise UsageError("--set is for a ready question; write the value into your own select.")
    given = dict(_assignment(each) for each in options.set)
    ready = None if options.question is None else question(options.question)
    sql, variables = (ready.sql, ready.variables(given)) if ready else (options.sql, ())
    marts = _published(options.shop)
    with asked(marts, sql, variables) as answer:
        if options.csv:
            write_csv(answer, sys.stdout)
        else:
            print(shown(answer, WIDTH))
    return Exit.DONE


def _assignment(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise UsageError(f"--set takes NAME=VALUE, such as days=7; it says {text!r}.")
    return name, value


def _questions(_: argparse.Namespace) -> int:
    from tasks.warehouse.questions import load_questions

    for each in load_questions().values():
        print(f"{each.name}\n  {each.title}\n  {each.answers}")
        for setting in each.settings:
            default = "" if setting.default is None else f" (default: {setting.default})"
            print(f"  --set {setting.name}=…  {setting.about}{default}")
    return Exit.DONE


def _sops(options: argparse.Namespace) -> int:
    from tasks.warehouse.ask import aligned, asked

    marts = _published(options.shop)
    with asked(
        marts,
        "select sop, owner, status, next_review_date, link, reason from sop_register"
        " order by status = 'ok', next_review_date, sop",
    ) as pages:
        rows = pages.fetchall()
    titles = ("page", "owner", "status", "next review", "file")
    cells = [["nobody" if cell is None else str(cell) for cell in row[:-1]] for row in rows]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    print(aligned(titles, widths))
    for page, (*_, reason) in zip(cells, rows, strict=True):
        print(aligned(page, widths))
        if page[2] != "ok":
            print(f"    {reason}")
    with asked(marts, "select station, reason from stations order by station_no") as stations:
        parts = stations.fetchall()
    lacking = [(station, reason) for station, reason in parts if reason is not None]
    for station, reason in lacking:
        print(f"{station} lacks: {reason}")
    print(
        f"{len(parts) - len(lacking)} of {len(parts)} stations have a page, an owner, a deputy and a"
        " number whose reports come"
    )
    return Exit.DONE


def _published(name: str) -> Any:
    shop = load_shop(name)
    if not shop.folder.marts.exists():
        raise FatalError(
            f"{shop.name} has no published marts yet. Run: backroom nightly --shop {shop.name}"
        )
    return shop.folder.marts
