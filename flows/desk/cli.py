"""The command line: `backroom <flow> --shop … --as-of …`, and what a person needs around it."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config.check import notices, notices_of
from config.errors import Exit, FatalError, RetryableError, UsageError, exit_of
from config.folders import handbook_page
from config.shop import load_shop, shop_names, shops_root
from flows.desk.asking import add_questions
from flows.desk.backups import add_backups
from flows.desk.demo import add_demo, write_if_missing
from flows.desk.grammar import add_command, add_shop, at_least
from flows.desk.nightly_all import add_nightly_all
from flows.desk.running import add_flows
from tasks.run.wording import count, nearest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (`config.errors.Exit`)."""
    options = _parsed(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(options.run(options))
    except (FatalError, RetryableError) as error:
        print(f"\n{error}", file=sys.stderr)
        return exit_of(error)
    except OSError as error:
        if not any(
            _is_at(error, each) for each in vars(options).values() if isinstance(each, Path)
        ):
            raise
        print(
            f"\n{error.filename}: {error.strerror}. Fix the path or its permissions.",
            file=sys.stderr,
        )
        return Exit.PERSON
    except KeyboardInterrupt:
        print("\nStopped. Run it again: nothing is lost or doubled.", file=sys.stderr)
        return Exit.STOPPED


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what was asked for; of a word that is not known, the nearest is named, not every one."""
    backroom, commands = parser()
    name = next((word for word in arguments if not word.startswith("-")), "")
    if name and name not in commands:
        backroom.error(
            f"there is no command {name}.{nearest(name, commands)} `backroom --help` lists them."
        )
    options, unknown = backroom.parse_known_args(arguments)
    if unknown:
        flags = [flag for flag in unknown if flag.startswith("-")]
        near = nearest(flags[0], commands[name]._option_string_actions) if flags else ""
        commands[name].error(f"it does not take {' '.join(unknown)}.{near}")
    return options


def _is_at(error: OSError, path: Path) -> bool:
    """Return whether the file that failed is the path that somebody named, or is above or below it."""
    if not isinstance(error.filename, str):
        return False
    failed, asked = Path(error.filename).absolute(), path.absolute()
    return failed.is_relative_to(asked) or asked.is_relative_to(failed)


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
    add_flows(commands)
    add_demo(commands)
    add_nightly_all(commands)
    add_questions(commands)
    add_backups(commands)
    shops = add_command(commands, "shops", "check every shop file and list them")
    shops.set_defaults(run=_shops)
    new = add_command(
        commands,
        "new-export",
        "write the skeleton of config/exports/PLATFORM/REPORT.yaml from a sample file",
    )
    new.add_argument("platform", help="the folder of its exports, such as etsy")
    new.add_argument("report", help="the name of its file there, such as orders")
    new.add_argument("sample", type=Path, help="a file of the kind: text, workbook or JSON")
    new.add_argument(
        "--loads", help="tables that it fills, such as orders,order_lines (default: by REPORT)"
    )
    new.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    new.set_defaults(run=_new_export)
    key = add_command(
        commands,
        "customer-key",
        "ask for an address and print the customer's key, to forget them by",
    )
    add_shop(key)
    key.set_defaults(run=_customer_key)
    docs = add_command(
        commands, "docs", "write the handbook: every table, export, code, KPI, setting and command"
    )
    docs.add_argument(
        "--out", type=Path, help="folder to write (default: handbook in the data folder)"
    )
    docs.set_defaults(run=_docs)
    doctor = add_command(commands, "doctor", "check the machine and the shops, and say what to fix")
    doctor.add_argument("--shop", action="append", default=[], help="a shop (default: every one)")
    doctor.add_argument("--watch", action="store_true", help="for cron: alert of a night missed")
    doctor.set_defaults(run=_doctor)
    up = add_command(
        commands, "up", "Prefect server and UI, every flow of every shop on its schedule"
    )
    up.add_argument(
        "--port", type=at_least(1, 65535), default=4200, help="of the server (default: %(default)s)"
    )
    up.add_argument(
        "--pool",
        help="let workers of this pool, of the server of PREFECT_API_URL, run them, and end",
    )
    up.set_defaults(run=_up)
    return backroom, dict(commands.choices)


def _shops(_: argparse.Namespace) -> int:
    for name in shop_names():
        shop = load_shop(name)
        print(
            f"{name}: {shop.title}, {count(len(shop.channels), 'channel')}, {shop.timezone},"
            f" {shop.currency}"
        )
        for notice in notices_of(shop):
            print(f"  note: {notice}")
    for notice in notices():
        print(f"note: {notice}")
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
    asked = getpass("E-mail address or user name: ") if is_typed else sys.stdin.readline()
    if not (address := asked.rstrip("\r\n")).strip():
        raise UsageError("customer-key needs an e-mail address or user name; nothing was typed.")
    print(customer_key(shop, address))
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
        write_if_missing()
    from flows.desk.deployments import serve_all

    serve_all(shops, port=options.port)
    return Exit.DONE


if __name__ == "__main__":
    command()
