"""A run that ends with a connection still open prints none of its library's complaints."""

import subprocess
import sys

import pytest

# What an interrupted run's frames hold is in cycles that are not collected before the end.
OPEN = """
import duckdb, gc, sys
class Frame: pass
frame = Frame()
frame.frame, frame.connection = frame, duckdb.connect()
gc.disable()
gc.freeze()
sys.stderr.write("last word")
"""


@pytest.mark.parametrize(("first", "is_quiet"), [("import flows", True), ("", False)])
def test_what_is_left_open_is_not_listed(first: str, is_quiet: bool) -> None:
    command = [sys.executable, "-c", first + OPEN]
    words = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True).stderr
    assert (words == "last word") == is_quiet
