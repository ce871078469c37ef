"""What a source holds: a file, where it is, and a way to have it here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.shop import Shop
from tasks.run.night import last_night_by

GONE = "it went away before it was read"


class LeaveIt(Exception):  # noqa: N818, no error: there is nothing to take
    """A file that went away, a report without data; the message says which."""


@dataclass(frozen=True)
class Found:
    """One file at its source; `open` gives it as a local path of its own name.

    A file of a folder differs from its next version in size or time. What is made on demand has
    neither before it is made: its address is fetched once a night (`nightly`), or once for ever.
    """

    address: str
    name: str
    modified_at: datetime
    open: Callable[[], AbstractContextManager[Path]]
    bytes: int | None = None
    nightly: bool = False

    @property
    def is_made_on_demand(self) -> bool:
        """Whether it is a result and not a file of a folder."""
        return self.bytes is None


@dataclass(frozen=True)
class PullTime:
    """When a pull looks, and when the shop's night that it is part of began."""

    night_start: datetime
    now: datetime


def pull_time(shop: Shop, now: datetime) -> PullTime:
    """Return both moments in UTC."""
    return PullTime(last_night_by(now, shop.zone), now.astimezone(UTC))


@contextmanager
def fetched(shop: Shop, name: str, fetch: Callable[[Path], None]) -> Iterator[Path]:
    """Give the local path that `fetch` has written, and remove it afterwards."""
    folder = shop.folder.work / "pulled"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    try:
        fetch(path)
        yield path
    finally:
        path.unlink(missing_ok=True)


def text_or_file(setting: str, ending: str, folder: Path) -> str:
    """Return the text of a setting, or of the file that it names.

    Raises:
        OSError: there is no such file.
    """
    if setting.strip().endswith(ending) and "\n" not in setting.strip():
        return (folder / setting.strip()).read_text(encoding="utf-8")
    return setting
