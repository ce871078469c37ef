"""The ready questions of sql/questions/: what each answers, and what may be set in it.

A question is one select over the published marts that any client runs as it is. What may be set is a variable of
DuckDB, whose default is in the SQL: `set variable days = 7` before it, or `backroom query --question … --set days=7`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.errors import UsageError
from config.strict import ROOT
from tasks.rules.sql_text import literal
from tasks.run.wording import nearest

FOLDER = ROOT / "sql" / "questions"
_PART = re.compile(r"^-- (\w+): +(.+)$", re.MULTILINE)
_SET = re.compile(r"getvariable\('(\w+)'\)(?:, '([^']*)')?")


@dataclass(frozen=True)
class Setting:
    """What may be set in a question; the default is None where the SQL finds one by itself."""

    name: str
    about: str
    default: str | None


@dataclass(frozen=True)
class Question:
    """One file of sql/questions/: a question that people ask again and again, and the select that answers it."""

    name: str
    title: str
    answers: str
    settings: tuple[Setting, ...]
    sql: str

    def variables(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """Return the statements that set what was given.

        Raises:
            UsageError: the question knows no setting of that name.
        """
        known = [setting.name for setting in self.settings]
        if unknown := sorted(set(given) - set(known)):
            raise UsageError(
                f"the question {self.name} has no setting {', '.join(unknown)};"
                f" it has {', '.join(known) or 'none'}."
            )
        return tuple(f"set variable {name} = {literal(value)}" for name, value in given.items())


@cache
def load_questions(folder: Path = FOLDER) -> dict[str, Question]:
    """Return every question by its name.

    Raises:
        ValueError: a header lacks a part, or describes other settings than its SQL reads.
    """
    return {path.stem: _question(path) for path in sorted(folder.glob("*.sql"))}


def question(name: str) -> Question:
    """Return the question of that name.

    Raises:
        UsageError: there is none; the nearest is named.
    """
    known = load_questions()
    if name not in known:
        raise UsageError(
            f"there is no question {name}.{nearest(name, known)} `backroom questions` lists them."
        )
    return known[name]


def _question(path: Path) -> Question:
    sql = path.read_text(encoding="utf-8")
    parts = dict(_PART.findall(sql))
    read = dict(_SET.findall(sql))
    described = {name: about for name, about in parts.items() if name not in ("title", "answers")}
    if not {"title", "answers"} <= set(parts) or set(described) != set(read):
        raise ValueError(
            f"{path.name}: its header needs `-- title: …`, `-- answers: …` and a line for each of"
            f" {sorted(read)}, and no other"
        )
    return Question(
        name=path.stem,
        title=parts["title"],
        answers=parts["answers"],
        settings=tuple(
            Setting(name, about, read[name] or None) for name, about in described.items()
        ),
        sql=sql,
    )
