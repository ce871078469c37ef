"""How a process ends: with our last word, not with the library's account of its own objects."""

import atexit
import os


def end_quietly() -> None:
    """Have nothing printed once Python takes itself apart, after everything that ends in order has ended.

    DuckDB's binding would list every object still alive then as leaked: what a Ctrl-C interrupts keeps
    connections in its frames. Tracebacks and logs are out by then. Call it before the slow imports: what
    is registered first is called last.
    """
    atexit.register(_close_terminal)


def _close_terminal() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
