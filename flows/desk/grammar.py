"""What the command line holds an argument to."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError


def flag(name: str) -> str:
    """Return the option of a parameter."""
    return f"--{name.replace('_', '-')}"


def grammar(kind: Any) -> dict[str, Any]:
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


def at_least(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the check of an argument that is a whole number from `least` to `most`."""

    def check(text: str) -> int:
        ends = f"from {least} to {most}" if most else f"of at least {least}"
        if not (text.isdecimal() and least <= int(text) <= (most or int(text))):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number {ends}")
        return int(text)

    return check


def add_command(commands: Any, name: str, about: str) -> argparse.ArgumentParser:
    """Add a command that says what it does in the list of commands and in its own help."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    return command


def add_shop(command: argparse.ArgumentParser) -> None:
    """Let a command ask for the shop."""
    command.add_argument(
        "--shop", default="demo", help="name of the shop file, without .yaml (default: %(default)s)"
    )


def moment(text: str) -> datetime:
    """Return the date and time that an argument writes."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date and time; write it as 2026-11-24T02:00-05:00"
        ) from error
