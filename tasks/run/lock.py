"""One run at a time per shop: a lock of the operating system, which no kill can leave behind."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from config.errors import RetryableError
from config.shop import Shop
from tasks.run.progress import say
from tasks.run.rights import private_files

PATIENCE = timedelta(minutes=30)  # a night of a large shop; after it, waiting is a fault
_held: dict[str, int] = {}


@contextmanager
def shop_lock(shop: Shop, patience: timedelta = PATIENCE) -> Iterator[None]:
    """Hold the shop for this process; a flow inside a flow that holds it passes freely.

    What is written meanwhile is its owner's alone, but for what is made for others.

    Raises:
        RetryableError: another run held it for longer than `patience`.
    """
    if _held.get(shop.name):
        _held[shop.name] += 1
        try:
            yield
        finally:
            _held[shop.name] -= 1
        return
    with private_files(shop.folder), shop.folder.lock.open("w") as file:
        _wait(file.fileno(), shop, patience)
        _held[shop.name] = 1
        try:
            yield
        finally:
            _held[shop.name] = 0


def _wait(descriptor: int, shop: Shop, patience: timedelta) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    is_said = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise RetryableError(
                    f"{shop.name}: another run has been active for {patience}. If none is"
                    f" visible in the UI, look for the process that holds {shop.folder.lock}."
                ) from error
            if not is_said:
                say(f"waiting for another run of {shop.name}, such as its night, to end")
                is_said = True
            time.sleep(0.2)
        else:
            return
