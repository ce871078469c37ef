"""Raw: every file that came, under the hash of its content, never edited, never replaced.

`raw/arrivals.jsonl` is the log of arrivals, one line each, appended and synced before anything else
is done with a file; the bytes are in `raw/<first two>/<sha256>`. Both survive any kill: bytes are
written under another name and renamed, and a line that a kill cut short is ignored and written again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tasks.run.whole_file import DRAFTS, make_folder, put, sync

BLOCK = 1 << 20


@dataclass(frozen=True)
class Arrival:
    """One file as it came; the same bytes under another name are another arrival.

    A member of an archive is a file of its own, and so is each table of a workbook; `address`, size
    and time are those of what is at the source.
    """

    file_id: str
    sha256: str
    report: str  # the export it was recognised as; empty where it was refused before that
    name: str
    address: str
    bytes: int
    modified_at: datetime
    received_at: datetime
    part: str = ""  # which table of the file: a sheet, a transaction set; empty where it has one

    @property
    def seen_as(self) -> tuple[str, int, str]:
        """What shows that a source still holds the same file."""
        return self.address, self.bytes, self.modified_at.isoformat()

    @property
    def came_at(self) -> datetime:
        """When the file came: its own time, or when we saw it, where its clock was ahead of ours."""
        return min(self.modified_at, self.received_at)


class Raw:
    """The raw folder of one shop."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "arrivals.jsonl"
        make_folder(root, 0o700)

    def landings(self, by: datetime | None = None) -> list[Arrival]:
        """Return every line of the log in the order of landing; with `by`, what had come by then.

        A night that is run late, or for the first time, knows what lay there at its moment.
        """
        if not self.log.exists():
            return []
        landings = []
        for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):  # else a kill cut it short: the file lands again
                values = json.loads(line)
                for moment in ("modified_at", "received_at"):
                    values[moment] = datetime.fromisoformat(values[moment])
                arrival = Arrival(**values)
                if by is None or arrival.came_at <= by:
                    landings.append(arrival)
        return landings

    def arrivals(self, by: datetime | None = None) -> list[Arrival]:
        """Return each file once, by id; with `by`, as they were known at that moment.

        A file that came again unchanged says that it still held at the later moment: it keeps its
        first landing and takes the newest time, so that the order of landing changes nothing.
        """
        found: dict[str, Arrival] = {}
        for again in self.landings(by):
            first = found.setdefault(again.file_id, again)
            newest = max(first.modified_at, again.modified_at)
            found[again.file_id] = replace(first, modified_at=newest, report=again.report)
        return sorted(found.values(), key=lambda arrival: arrival.file_id)

    def path(self, sha256: str) -> Path:
        """Return where bytes of that hash are."""
        return self.root / sha256[:2] / sha256

    def keep(self, source: BinaryIO) -> tuple[str, int]:
        """Copy `source` under its hash; return hash and size. Bytes already kept stay as they are."""
        hashed, size = hashlib.sha256(), 0
        new = self.root / f".new-{os.getpid()}"
        with new.open("wb") as target:
            while block := source.read(BLOCK):
                hashed.update(block)
                size += len(block)
                target.write(block)
        sha256 = hashed.hexdigest()
        final = self.path(sha256)
        if final.exists():
            new.unlink()
        else:
            make_folder(final.parent)
            new.chmod(0o400)
            put(new, final)
        return sha256, size

    def forget(self, sha256: str) -> None:
        """Drop bytes that turned out to be of no declared kind: the source still has them."""
        self.path(sha256).unlink(missing_ok=True)

    def clear_leftovers(self) -> None:
        """Remove what a killed run left in plain: half a copy, bytes that were never logged.

        Where bytes were kept and not logged, the source still has them.
        """
        known = {arrival.sha256 for arrival in self.landings()}
        left = [*self.root.glob(".new-*"), *(self.root / "readings").glob(DRAFTS)]
        left += [path for path in self.root.glob("??/*") if path.name not in known]
        for path in left:
            path.unlink(missing_ok=True)

    def record(self, arrivals: Iterable[Arrival]) -> None:
        """Append `arrivals` to the log and sync it."""
        lines = "".join(
            json.dumps(asdict(a), default=lambda moment: moment.isoformat()) + "\n"
            for a in arrivals
        )
        if not lines:
            return
        is_new = not self.log.exists()
        if not is_new:
            whole = self.log.read_bytes().rfind(b"\n") + 1
            os.truncate(self.log, whole)  # the line that a kill cut short
        with self.log.open("a", encoding="utf-8") as log:
            log.write(lines)
            log.flush()
            os.fsync(log.fileno())
        if is_new:
            sync(self.root)


def file_id(sha256: str, name: str) -> str:
    """Return the id of an arrival: what it holds and what it was called, wherever it came from."""
    return hashlib.sha256(f"{sha256}/{name}".encode()).hexdigest()[:16]


def clear(folder: Path) -> None:
    """Empty a work folder that a killed run may have left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
