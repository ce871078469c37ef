"""`backroom new-export <platform> <report> sample.csv`: the skeleton of an export, and what comes next."""

import re
from pathlib import Path

from config.bucket import load_buckets
from config.contract import Contract, load_contracts
from config.errors import UsageError
from config.export import exports_root, load_exports
from config.strict import named
from config.words import load_words
from tasks.reading.guess import Sketch, sketch
from tasks.reading.peek import Refused, RefusedAs
from tasks.reading.recognise import Unknown, recognise
from tasks.reading.sample import read_sample
from tasks.reading.skeleton import due, skeleton
from tasks.run.whole_file import write_whole
from tasks.run.wording import nearest

NAME = re.compile(r"[a-z][a-z0-9_]*")
TOGETHER = {"orders": ("orders", "order_lines"), "payouts": ("payouts", "payout_lines")}


def new_export(
    platform: str, report: str, path: Path, loads: str | None = None, *, overwrite: bool = False
) -> int:
    """Write the skeleton of an export from the sample at `path` and say what is left to do.

    `loads` names the canonical tables that it fills, else the report's name gives them.

    Raises:
        UsageError: a name is no name, a table is unknown, the file is there already, the sample
            cannot be read, is of a kind that is declared, or is like nothing of these tables.
    """
    for name in (platform, report):
        if not NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is not a valid name: lower-case letters, digits and _ only."
            )
    tables = _tables(report, loads)
    file = exports_root() / platform / f"{report}.yaml"
    is_there = file.exists()
    if is_there and not overwrite:
        raise UsageError(
            f"{named(file)} exists already and was not changed. To replace it: --overwrite."
        )
    others = [e for e in load_exports().values() if e.name != f"{platform}.{report}"]
    sample = read_sample(path)
    try:
        kind = recognise(path, others, "usd")
    except RefusedAs as refused:  # a person decides whether it is that one, in another layout
        print(f"note: it resembles {refused.export.title} ({refused.export.file}).")
    except Refused:
        pass  # of no kind that is declared
    else:
        if not isinstance(kind, Unknown):
            raise UsageError(
                f"{path.name} can be read already: it is {kind.export.title}"
                f" ({kind.export.file}). A platform of your own needs a channel that names it."
            )
    draft = sketch(sample, tables, others)
    if draft is None:
        raise UsageError(
            f"No header of {path.name} resembles a column of"
            f" {', '.join(table.table for table in tables)}. Name the tables that it fills: --loads."
        )
    text = skeleton(draft, platform, report)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)
    print(f"{named(file)} {'was replaced' if is_there else 'is written'}: {_summary(draft)}")
    for number, step in enumerate(_next(draft, file, path.suffix.lower()), start=1):
        print(f"  {number}. {step}")
    return 0


def _tables(report: str, loads: str | None) -> list[Contract]:
    known = load_contracts()
    wanted = loads.split(",") if loads else TOGETHER.get(report, (report,))
    names = [name.strip() for name in wanted if name.strip()]
    unknown = [name for name in names if name not in known]
    if not names or (unknown and not loads):
        raise UsageError(
            f"Which tables does {report} fill? Name them, such as --loads orders,order_lines."
            f" There are: {', '.join(known)}."
        )
    if unknown:
        raise UsageError(
            f"There is no table {', '.join(unknown)}.{nearest(unknown[0], known)}"
            f" There are: {', '.join(known)}."
        )
    return [known[name] for name in dict.fromkeys(names)]


def _summary(draft: Sketch) -> str:
    sure = sum(guess.is_certain for guess in draft.guesses)
    torn = f" {draft.sample.damaged} of its rows cannot be read." if draft.sample.damaged else ""
    lacks = due(draft)
    return (
        f"{len(draft.guesses)} of {sum(map(bool, draft.sample.header))} columns are matched to ours,"
        f" {sure} by a name that others use, {len(draft.guesses) - sure} by likeness.{torn}\n"
        + (
            f"Missing, though almost every such export fills it: {', '.join(lacks)}."
            if lacks
            else ""
        )
    ).rstrip()


def _next(draft: Sketch, file: Path, suffix: str) -> list[str]:
    platform, report = file.parent.name, file.stem
    place = f"tests/exports/{platform}/{report}{suffix}"
    nearest = f" {draft.nearest.file} is nearest to it." if draft.nearest else ""
    steps = [
        f"Read {named(file)} line by line, fill in what is missing, take its notes out.{nearest}"
    ]
    if "orders" in draft.tables and platform not in load_words():
        steps.append(
            f"Say in config/words/{platform}.yaml what its words for payment and fulfilment mean"
            " (config/words.py has the meanings): an unknown word leaves its order waiting."
        )
    if "payout_lines" in draft.tables and platform not in load_buckets():
        steps.append(
            f"Say in config/buckets/{platform}.yaml which bucket each kind of amount falls into"
            " (config/bucket.py has the buckets)."
        )
    return [
        *steps,
        f"Put a small sample with its real header and invented people and orders at {place}.",
        f"See what becomes of it: python -m tests.exports.golden {place}. Once it is right, write it"
        f" next to the sample: the same command with --write. Then: python -m pytest tests/exports -k {platform}",
        f"Add a channel with `platform: {platform}` to the shop file (config/shops/<shop>.yaml).",
    ]
