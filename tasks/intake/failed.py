"""A file that failed amid the transaction of its report, by a fault of ours and not of its own."""

import duckdb

from tasks.archive.readings import GONE
from tasks.reading.peek import UNREADABLE, Refused
from tasks.reading.reading import DISAGREE

LOST = "row_lost"
OURS = frozenset(
    {UNREADABLE, DISAGREE, LOST, GONE}
)  # codes: such a file is tried again every night


class OneFileFailed(Exception):  # noqa: N818, says which
    """Nothing that it left in the transaction can be trusted: the report begins again without it."""

    def __init__(self, file_id: str, refused: Refused) -> None:
        super().__init__(file_id)
        self.file_id, self.refused = file_id, refused


class OneFileLacksMemory(OneFileFailed, duckdb.OutOfMemoryException):
    """It may be read where DuckDB may hold more, or less: its rows did not fit into memory, or onto the disk.

    DuckDB says the same of a full disk and of a file that cannot be read: such a one is tried three times.
    """


def one_file_failed(file_id: str, refused: Refused) -> OneFileFailed:
    """Return what says that the file failed, for which it was refused."""
    lacked = isinstance(refused.__cause__, duckdb.OutOfMemoryException | duckdb.IOException)
    return (OneFileLacksMemory if lacked else OneFileFailed)(file_id, refused)
