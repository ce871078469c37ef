"""A file is seen whole: the old one or the new, whatever stops the writing."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.strict import ROOT
from tasks.run.whole_file import DRAFTS, whole_file, write_whole

# A link, a version on its way out, a copy in the work folder: none of them is a file that is written.
OTHERS = {"tasks/outbox/snapshot.py", "tasks/reading/encodings.py"}
KILLED = """
import os, signal, sys
from pathlib import Path
from tasks.run.whole_file import whole_file

with whole_file(Path(sys.argv[1])) as draft:
    draft.write_text("half of the ne")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_file_is_the_old_one_until_all_of_the_new_is_written(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    write_whole(path, "old")
    with whole_file(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "report.csv", "old")

    def fail(draft: Path) -> None:
        draft.write_text("half of the ne")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"), whole_file(path) as draft:
        fail(draft)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]


def test_a_kill_leaves_the_old_file_and_a_draft_that_is_found_by_its_pattern(
    tmp_path: Path,
) -> None:
    path = write_whole(tmp_path / "report.csv", "old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    [draft] = tmp_path.glob(DRAFTS)
    assert draft.name.startswith("."), "what nobody may see is never shown to others"
    write_whole(path, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]


def test_it_is_on_the_disk_before_it_has_its_name_and_so_is_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced, fsync = tmp_path / "report.csv", [], os.fsync

    def noting(handle: int) -> None:
        synced.append((Path(f"/proc/self/fd/{handle}").readlink().name, path.exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    write_whole(path, "new")
    assert synced == [(".report.csv.new", False), (tmp_path.name, True)]


def names_a_file(call: ast.Call) -> bool:
    """Return whether a call may be the renaming or the syncing of a file; text is replaced by two arguments."""
    if not isinstance(call.func, ast.Attribute):
        return False
    is_path = len(call.args) == 1 and not call.keywords
    return call.func.attr in ("fsync", "rename") or (call.func.attr == "replace" and is_path)


def test_nothing_else_gives_a_written_file_its_name() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("flows", "tasks")
        for path in (ROOT / folder).rglob("*.py")
        if "demo" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and names_a_file(node)
    }
    # The log of arrivals is appended to, and synced; the handbook is a folder that a command writes again.
    expected = {"tasks/run/whole_file.py", "tasks/archive/raw.py", "tasks/handbook/render.py"}
    assert found - OTHERS == expected
