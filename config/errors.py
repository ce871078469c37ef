"""The kinds of errors, by what to do next, and the exit code of each. A bad row is none: it is data."""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """How a command ended, for the program that started it."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "Exit":
        """Give the code its meaning, which `--help` and the handbook show."""
        this = int.__new__(cls, code)
        this._value_ = code
        this.meaning = meaning
        return this

    DONE = 0, "done; KPIs beyond their limits and quarantined rows are its result, not a failure"
    FAILED = 1, "an error nobody foresaw, in Backroom or on the machine: read its last lines"
    USAGE = 2, "the command line is wrong, or asks for what cannot be: nothing was run"
    SETTINGS = 3, "a settings file is wrong: the message names the file and the key"
    PERSON = 4, "a person has to act first: the message says what, where and how"
    LATER = 5, "something is away or busy, such as a source or another run: run it again later"
    STOPPED = 130, "stopped by Ctrl-C: run it again, nothing is lost or doubled"


class FatalError(Exception):
    """A person has to act first; the message says what, where and how to fix."""

    exit: ClassVar[Exit] = Exit.PERSON


class UsageError(FatalError):
    """What was asked for cannot be; nothing was done."""

    exit = Exit.USAGE


class RetryableError(Exception):
    """Waiting may help: a server away, a file still being written, a lock held."""

    exit: ClassVar[Exit] = Exit.LATER


def exit_of(error: BaseException) -> Exit:
    """Return the exit code of a command that `error` ended."""
    return error.exit if isinstance(error, FatalError | RetryableError) else Exit.FAILED
