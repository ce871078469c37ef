"""The command line: `backroom <flow> --shop … --as-of …`, and what a person needs around it."""

import argparse
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from config.check import notices
from config.errors import Exit, FatalError, RetryableError, exit_of
from config.folders import data_root, handbook_page
from config.shop import Shop, load_shop, shop_names, shops_root
from flows.desk.asking import add_questions
from flows.desk.backups import add_backups
from flows.desk.nightly_all import add_nightly_all
from flows.desk.signature import Parameter, Signature, signatures
from tasks.decide.people import acting
from tasks.run.night import on_clock

# Flows that always check files or KPIs; any other loads what checks them when it first needs it.
JUDGING = frozenset(
    {"build_marts", "ingest", "nightly", "pick_list", "replay", "resolve_exceptions"}
)
DEMO_HOUR = 6  # UTC; the demo shop's owner downloads the exports then, before the night of New York


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (`config.errors.Exit`)."""
    options = parser()[0].parse_args(arguments)
    try:
        return int(options.run(options))
    except (FatalError, RetryableError) as error:
        print(f"\n{error}", file=sys.stderr)
        return exit_of(error)
    except KeyboardInterrupt:
        print("\nStopped. Run it again: nothing is lost or doubled.", file=sys.stderr)
        return Exit.STOPPED


def command() -> None:
    """Run the command line of this process and end it.

    Ends at once: what is done is written and synced, and DuckDB's binding would tell the terminal
    of every object still alive while Python takes itself apart.
    """
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def parser() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of the command line, and that of each command by its name."""
    backroom = argparse.ArgumentParser(
        prog="backroom",
        description="The back office of a multi-channel shop, run every night without its owner.",
        epilog="exit codes:\n" + "\n".join(f"  {each:<5} {each.meaning}" for each in Exit),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = backroom.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for signature in signatures().values():
        command = commands.add_parser(
            signature.name, help=signature.title, description=signature.about
        )
        for parameter in signature.parameters:
            _add(command, parameter)
        command.set_defaults(run=_run_flow, flow=signature)
    demo = commands.add_parser("demo", help="write the demo shop's exports, mistakes and truth")
    demo.add_argument(
        "--seed", type=int, default=7, help="another seed is another shop (default: 7)"
    )
    demo.add_argument(
        "--as-of", type=_moment, help="moment of the download (default: the last 06:00 UTC)"
    )
    demo.add_argument(
        "--orders-per-day", type=float, default=25, help="how busy the shop is (default: 25)"
    )
    demo.add_argument(
        "--days", type=int, default=150, help="how far back the exports go (default: 150)"
    )
    demo.add_argument("--into", type=Path, help="folder to fill (default: the demo shop's own)")
    demo.set_defaults(run=_demo)
    add_nightly_all(commands)
    add_questions(commands)
    add_backups(commands)
    shops = commands.add_parser("shops", help="check every shop file and list them")
    shops.set_defaults(run=_shops)
    about = "write the skeleton of config/exports/PLATFORM/REPORT.yaml from a sample file"
    new = commands.add_parser("new-export", help=about, description=about)
    new.add_argument("platform", help="the folder of its exports, such as etsy")
    new.add_argument("report", help="the name of its file there, such as orders")
    new.add_argument("sample", type=Path, help="a file of the kind: text, workbook or JSON")
    new.add_argument(
        "--loads", help="tables that it fills, such as orders,order_lines (default: by REPORT)"
    )
    new.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    new.set_defaults(run=_new_export)
    key = commands.add_parser(
        "customer-key", help="ask for an address and print the customer's key, to forget them by"
    )
    key.add_argument("--shop", default="demo")
    key.set_defaults(run=_customer_key)
    docs = commands.add_parser(
        "docs", help="write the handbook: every table, export, code, KPI, setting and command"
    )
    docs.add_argument(
        "--out", type=Path, help="folder to write (default: handbook in the data folder)"
    )
    docs.set_defaults(run=_docs)
    doctor = commands.add_parser(
        "doctor", help="check the machine and the shops, and say what to fix"
    )
    doctor.add_argument("--shop", action="append", default=[], help="a shop (default: every one)")
    doctor.add_argument("--watch", action="store_true", help="for cron: alert of a night missed")
    doctor.set_defaults(run=_doctor)
    up = commands.add_parser(
        "up", help="Prefect server and UI, every flow of every shop on its schedule"
    )
    up.add_argument("--port", type=int, default=4200)
    up.add_argument(
        "--pool",
        help="let workers of this pool, of the server of PREFECT_API_URL, run them, and end",
    )
    up.set_defaults(run=_up)
    return backroom, dict(commands.choices)


def _add(command: argparse.ArgumentParser, parameter: Parameter) -> None:
    """Let the command ask for a parameter of its flow; for a form, for its fields."""
    if parameter.kind is bool:
        command.add_argument(_flag(parameter.name), action="store_true", help=parameter.about)
        return
    if parameter.form is None:
        about = parameter.about
        command.add_argument(
            _flag(parameter.name),
            required=parameter.default is None,
            default=parameter.default,
            help=about if parameter.default is None else f"{about} (default: %(default)s)",
            **_grammar(parameter.kind),
        )
        return
    for name, field in parameter.form.model_fields.items():
        if field.annotation is bool:
            command.add_argument(_flag(name), action="store_true", help=field.description)
        else:
            command.add_argument(
                _flag(name), type=_moment, metavar="2026-11-24T02:00-05:00", help=field.description
            )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _grammar(kind: Any) -> dict[str, Any]:
    """Return what argparse holds an argument to: a choice of words, or what pydantic says of the text."""
    if get_origin(kind) is Literal:
        return {"choices": get_args(kind)}
    return {"type": _held_to(kind)}


def _held_to(kind: Any) -> Callable[[str], Any]:
    """Return the check of an argument, made before anything of it is kept; its error quotes none of it."""

    def check(text: str) -> Any:
        try:
            return TypeAdapter(kind).validate_python(text)
        except ValidationError as error:
            faults = [fault["msg"].removeprefix("Value error, ") for fault in error.errors()]
            raise argparse.ArgumentTypeError("; ".join(faults)) from None

    return check


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date and time; write it as 2026-11-24T02:00-05:00"
        ) from error


def _run_flow(options: argparse.Namespace) -> int:
    signature: Signature = options.flow
    shop = load_shop(options.shop)
    arguments = {each.name: _argument(each, options) for each in signature.parameters}
    as_of = getattr(options, "as_of", None)
    if who := getattr(options, "who", None):
        acting(shop, who)  # a server keeps what a run is given: refuse a stranger before
    quiet()
    past = _as_of_the_past(shop, as_of)
    if options.shop == "demo" and hasattr(options, "as_of") and not past:
        _demo_if_missing(as_of)
    from tasks.run.server import local_server, sign_in

    print(
        f"{signature.name} for {shop.title}: starting a private Prefect server …",
        file=sys.stderr,
        flush=True,
    )
    home = shop.folder.prefect
    with local_server(home, while_starting=lambda: _load(signature.name)) as url:
        print(f"  watch it while it runs: {sign_in(url, home)}", file=sys.stderr, flush=True)
        fault = _fault(getattr(_load(signature.name), signature.name), arguments)
    seen = past or shop
    if signature.name in ("nightly", "replay", "build_marts") and seen.folder.marts.exists():
        _print_summary(seen)
    if past:
        print(
            f"This is a replay: {shop.name} has had a later night. Nothing was sent, suggested or"
            f" published; the report alone is in {past.folder.place}"
        )
    if fault is None:
        return Exit.DONE
    is_foreseen = isinstance(fault, FatalError | RetryableError)
    kind = "" if is_foreseen else f"{type(fault).__name__}: "
    print(f"\n{signature.name} failed: {kind}{fault}", file=sys.stderr)
    return exit_of(fault)


def _fault(flow: Callable[..., object], arguments: Mapping[str, Any]) -> Exception | None:
    """Run a flow; return what made it fail, raised by itself: a state need not keep it."""
    try:
        flow(**arguments)
    except Exception as error:  # noqa: BLE001, the run's page has its traceback
        return error
    return None


def _argument(parameter: Parameter, options: argparse.Namespace) -> Any:
    """Return what the command line says of a parameter: a value, or a form filled in."""
    if parameter.form is None:
        return getattr(options, parameter.name)
    return parameter.form(**{name: getattr(options, name) for name in parameter.form.model_fields})


def _load(flow: str):  # type: ignore[no-untyped-def]
    module = importlib.import_module(f"flows.{flow}")
    if flow in JUDGING:
        import great_expectations  # noqa: F401, slow, and so is the server's start

    return module


def quiet() -> None:
    """Keep the terminal for progress; Prefect's own log is on the run's page and in server.log."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    os.environ["BACKROOM_PROGRESS"] = "1"
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def _as_of_the_past(shop: Shop, as_of: datetime | None) -> Shop | None:
    """Return the shop as a replay sees it, where the moment asked for is before its last night."""
    if as_of is None or not shop.folder.root.exists():
        return None
    from tasks.archive.replays import past_of
    from tasks.ledger import ledger_of
    from tasks.run.rights import private_files

    with private_files(shop.folder), ledger_of(shop) as ledger:
        return past_of(shop, on_clock(as_of, shop.zone), ledger)


def _print_summary(shop: Shop) -> None:
    import duckdb

    from tasks.tell import summary
    from tasks.tell.steps import places_of

    with duckdb.connect(str(shop.folder.marts), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        night = summary.read_summary(con, schema="main")
    print(summary.as_text(night, places_of(shop), color=sys.stdout.isatty()))


def _demo_if_missing(asked: datetime | None = None) -> None:
    """Write the demo shop's exports of the day asked for, or of today: tomorrow it lives on.

    A night of the past gets what its owner had downloaded by then, and nothing of today.
    """
    shop = load_shop("demo")
    moment = on_clock(asked, shop.zone) if asked else datetime.now(UTC)
    if moment > datetime.now(UTC):
        return  # the flow says what is wrong
    as_of = _demo_moment(moment)
    if _demo_stamp(shop.folder.root, as_of).exists():
        return
    print(f"demo: writing the shop's exports of {as_of:%Y-%m-%d}", file=sys.stderr, flush=True)
    _write_demo(shop.folder.root, as_of)


def _demo_moment(by: datetime | None = None) -> datetime:
    """Return the last download of the demo shop's owner before `by`, or before now."""
    by = (by or datetime.now(UTC)).astimezone(UTC)
    today = by.replace(hour=DEMO_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= by else today - timedelta(days=1)


def _demo_stamp(folder: Path, as_of: datetime) -> Path:
    return folder / "demo" / f"{as_of.astimezone(UTC):%Y-%m-%d}"


def _write_demo(folder: Path, as_of: datetime, **more: object) -> None:
    from tasks.demo.generate import generate

    folder.mkdir(parents=True, exist_ok=True)
    generate(folder, as_of=as_of, **more)  # type: ignore[arg-type]
    stamp = _demo_stamp(folder, as_of)
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()


def _demo(options: argparse.Namespace) -> int:
    folder = options.into or data_root() / "demo"
    as_of = options.as_of or _demo_moment()
    if as_of.tzinfo is None:
        as_of = as_of.replace(tzinfo=UTC)
    _write_demo(
        folder, as_of, seed=options.seed, orders_per_day=options.orders_per_day, days=options.days
    )
    print(
        f"Exports of {as_of:%Y-%m-%d %H:%M} UTC: {folder / 'inbox'}; the truth: {folder / 'truth.json'}"
    )
    return Exit.DONE


def _shops(_: argparse.Namespace) -> int:
    for name in shop_names():
        shop = load_shop(name)
        print(
            f"{name}: {shop.title}, {len(shop.channels)} channels, {shop.timezone}, {shop.currency}"
        )
        for notice in notices():
            print(f"  note: {notice}")
    return Exit.DONE


def _new_export(options: argparse.Namespace) -> int:
    from flows.desk.new_export import new_export

    return new_export(
        options.platform, options.report, options.sample, options.loads, overwrite=options.overwrite
    )


def _customer_key(options: argparse.Namespace) -> int:
    from getpass import getpass

    from tasks.archive.erasure import customer_key

    shop = load_shop(options.shop)
    is_typed = sys.stdin.isatty()
    address = getpass("E-mail address or user name: ") if is_typed else sys.stdin.readline()
    print(customer_key(shop, address.rstrip("\r\n")))
    return Exit.DONE


def _docs(options: argparse.Namespace) -> int:
    from tasks.handbook.book import Command
    from tasks.handbook.steps import write_handbook

    _, commands = parser()
    for each in commands.values():
        vars(each)["color"] = False  # from Python 3.14 on, help has colours on a terminal
    described = [Command(name, each.format_help()) for name, each in commands.items()]
    print(write_handbook(options.out or handbook_page().parent, described))
    return Exit.DONE


def _doctor(options: argparse.Namespace) -> int:
    from flows.desk.doctor import doctor

    return doctor(options.shop, watch=options.watch)


def _up(options: argparse.Namespace) -> int:
    names = shop_names()
    if not names:
        raise FatalError(
            f"There is no shop file in {shops_root()}: copy config/shops/demo.yaml there."
        )
    shops = [load_shop(name) for name in names]
    if options.pool:
        from flows.desk.cluster import put_into_pool

        flows = put_into_pool(shops, options.pool)
        print(f"{flows} flows of {len(shops)} shops are run by the workers of {options.pool}.")
        return Exit.DONE
    if "demo" in names:
        _demo_if_missing()
    from flows.desk.deployments import serve_all

    serve_all(shops, port=options.port)
    return Exit.DONE


if __name__ == "__main__":
    command()
