"""The door of the handbook."""

from collections.abc import Sequence
from pathlib import Path

from config.errors import Exit
from tasks.handbook import render
from tasks.handbook.book import Book, Command, read_tables
from tasks.handbook.empty import empty_warehouse


def read_book(commands: Sequence[Command]) -> Book:
    """Return what there is to describe."""
    with empty_warehouse() as con:
        tables = read_tables(con)
    return Book(tables, tuple(commands), {int(each): each.meaning for each in Exit})


def write_handbook(folder: Path, commands: Sequence[Command]) -> Path:
    """Write the handbook into `folder`; return its first page.

    Raises:
        UsageError: the folder holds something else.
    """
    return render.write(read_book(commands), folder)
