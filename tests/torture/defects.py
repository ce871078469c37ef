"""Planted bugs: each is put into a copy of the tree, and the test named for it has to fail there.

`tests/torture/defects.yaml` holds them: what is wrong, in which file, the text, what replaces it,
and the test. A test that is green with the bug in place watches nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from config.strict import ROOT

TABLE = Path(__file__).parent / "defects.yaml"
COPIED = ("config", "flows", "sql", "tasks", "tests", "pyproject.toml")
FAILED = 1  # pytest's exit code where tests ran and failed; others mean that none could


@dataclass(frozen=True)
class Defect:
    """One deliberate bug, and the test that has to notice it."""

    name: str
    file: str
    old: str
    new: str
    test: str
    only: str = ""  # of a test with many cases: those with this in their name

    def applied(self, root: Path = ROOT) -> str:
        """Return the text of its file with the bug in it.

        Raises:
            ValueError: the text that it replaces is not there once.
        """
        text = (root / self.file).read_text("utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} has its text {text.count(self.old)} times")
        return text.replace(self.old, self.new)


def read_defects() -> list[Defect]:
    """Return every planted bug."""
    return [Defect(**row) for row in yaml.safe_load(TABLE.read_text("utf-8"))]


@contextmanager
def copied_tree() -> Iterator[Path]:
    """Give a copy of the tree whose files are links to ours: a planted one is a file of its own."""
    with tempfile.TemporaryDirectory(prefix="defects-", dir=ROOT.parent) as room:
        copy = Path(room) / "tree"
        copy.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                unwanted = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(
                    ROOT / name, copy / name, copy_function=os.link, ignore=unwanted, symlinks=True
                )
            else:
                shutil.copy(ROOT / name, copy / name)
        yield copy


@contextmanager
def planted(defect: Defect, copy: Path) -> Iterator[None]:
    """Put the bug into the copy while the block runs."""
    text, place, ours = defect.applied(), copy / defect.file, ROOT / defect.file
    place.unlink()  # a link to our own file, which stays as it is
    place.write_text(text, "utf-8")
    try:
        yield
    finally:
        place.unlink()
        os.link(ours, place)


def is_caught(defect: Defect, copy: Path) -> bool:
    """Return whether its test fails with the bug in place."""
    command = [
        sys.executable, "-B", "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider",
        "--no-header", "-k", defect.only, defect.test,
    ]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(copy), "PREFECT_LOGGING_LEVEL": "CRITICAL"}
    with planted(defect, copy):
        done = subprocess.run(
            command, cwd=copy, env=env, capture_output=True, text=True, check=False
        )
    if done.returncode not in (0, FAILED):
        raise RuntimeError(f"{defect.name}: {defect.test} did not run:\n{done.stdout[-2000:]}")
    return done.returncode == FAILED


def plant(defects: Sequence[Defect]) -> list[Defect]:
    """Try each bug, print what became of it, and return those that no test noticed."""
    missed = []
    with copied_tree() as copy:
        for defect in defects:
            began = time.perf_counter()
            caught = is_caught(defect, copy)
            missed += [] if caught else [defect]
            word = "caught" if caught else "MISSED"
            print(f"{word}  {time.perf_counter() - began:5.1f} s  {defect.name}", flush=True)
    return missed
