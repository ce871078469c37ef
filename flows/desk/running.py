"""Every flow as a command: its parameters as arguments, run on a private server of the shop's own."""

import argparse
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from config.errors import Exit, FatalError, RetryableError, exit_of
from config.shop import Shop, load_shop
from flows.desk.demo import write_if_missing
from flows.desk.grammar import flag, grammar, moment
from flows.desk.signature import Parameter, Signature, signatures
from tasks.decide.people import acting
from tasks.run.imports import for_good
from tasks.run.night import on_clock

# Flows that always check files or KPIs; any other loads what checks them when it first needs it.
JUDGING = frozenset(
    {"build_marts", "ingest", "nightly", "pick_list", "replay", "resolve_exceptions"}
)


def add_flows(commands: Any) -> None:
    """Add a command for each flow."""
    for signature in signatures().values():
        command = commands.add_parser(
            signature.name, help=signature.title, description=signature.about
        )
        for parameter in signature.parameters:
            _add(command, parameter)
        command.set_defaults(run=_run_flow, flow=signature)


def _add(command: argparse.ArgumentParser, parameter: Parameter) -> None:
    """Let the command ask for a parameter of its flow; for a form, for its fields."""
    if parameter.kind is bool:
        command.add_argument(flag(parameter.name), action="store_true", help=parameter.about)
        return
    if parameter.form is None:
        about = parameter.about
        command.add_argument(
            flag(parameter.name),
            required=parameter.default is None,
            default=parameter.default,
            help=about if parameter.default is None else f"{about} (default: %(default)s)",
            **grammar(parameter.kind),
        )
        return
    for name, field in parameter.form.model_fields.items():
        if field.annotation is bool:
            command.add_argument(flag(name), action="store_true", help=field.description)
        else:
            command.add_argument(
                flag(name), type=moment, metavar="2026-11-24T02:00-05:00", help=field.description
            )


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
        write_if_missing(as_of)
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
    with for_good():
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
