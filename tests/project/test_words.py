"""People read the trade's English: a word of the old dialect in what they read is named, with the word to use.

Read are messages and docstrings (`tasks/`, `flows/`, `config/`), the dashboard's templates, settings with their
comments, SOPs, the pages of the front, the newest section of the change log, and the comments in `sql/` and of its
tables. Codes that are stored (a status, a column) are words of one piece and are not judged.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from config.strict import ROOT

# What is not said, and what is said instead.
DIALECT = {
    r"told|tells|untold|telling": "reported, stated, sent, shown; missing",
    r"sets? (?:\w+ ){0,3}aside|setting aside|put aside": "quarantined",
    r"stands?|stood": "is, are",
    r"lies?": "is, are",
    r"at fault": "a failing row, failing rows",
    r"beside": "next to, with, compared with",
    r"mend|mends|mended|mending": "fix",
    r"anew": "again, from scratch",
    r"signs?": "characters; of money: symbol; of a decimal: mark",
    r"left alone|leaves? alone": "ignored",
    r"is no moment": "is not a date and time",
    r"(?:not|cannot be) let in|let us in": "access denied",
    r"may not be read by us|its rights": "permission denied: fix the file's permissions",
    r"melted|unmelted|spares": "unpivot, still_feeds",
    r"ratio to the floor|beside the floor": "the baseline (of a benchmark)",
}
# Where such a word is the right one, and why.
ALLOWED = {
    r"stands? in for|stands? for": "to be a deputy, to mean",
    r"signs? (?:of|whether)|(?:its|their|the|has no|without a|with a) sign\b|\bsign=": "of an amount: + or −",
    r"signs (?:the|your|a) browser|sign-in|signing in|signs an address": "to sign in",
    r"signs? off|[Bb]oth sign\b|sign \"not counted\"": "a signature on paper",
}

PAGES = ("README.md", "CONTRIBUTING.md", "GLOSSARY.md", "config/README.md", "data/README.md")
CODE = ("tasks", "flows", "config")
KINDS = {".py", ".j2", ".yaml", ".md", ".sql"}
WORDS = {re.compile(rf"\b(?:{words})\b", re.IGNORECASE): use for words, use in DIALECT.items()}
RIGHT = re.compile("|".join(ALLOWED), re.IGNORECASE)
NAMES_OF_NOTHING = {"told", "untold", "said"}


def dialect(text: str) -> Iterator[str]:
    """Yield each word of the dialect in the text but for its code, with what to write instead."""
    judged = RIGHT.sub("", re.sub(r"`[^`]*`", "", text))
    for words, use in WORDS.items():
        for found in words.finditer(judged):
            yield f"{found[0]!r}: write {use}"


def of_code(code: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each sentence in a module; `{}` where it has a value."""
    tree = ast.parse(code)
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = "" if id(node) in parts else node.value
        if " " in text.strip():
            assert isinstance(node, ast.expr)
            yield node.lineno, text


def of_paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of a page or of settings each on one line."""
    line = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        words = " ".join(row.strip(" #|") for row in paragraph.splitlines())
        yield line, words
        line += paragraph.count("\n")


def newest(changes: str) -> str:
    """Return the newest section of the change log."""
    return "\n## ".join(changes.split("\n## ")[:2])


def of_comments(sql: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of a SQL file: those in it, and what it writes on its tables and columns."""
    for block in re.finditer(r"(?:^[ ]*--.*\n)+", sql, re.MULTILINE):
        words = " ".join(row.strip(" -") for row in block[0].splitlines())
        yield sql.count("\n", 0, block.start()) + 1, words
    for found in re.finditer(r"\bcomment on .+? is\s+'((?:[^']|'')*)'", sql, re.DOTALL):
        yield sql.count("\n", 0, found.start()) + 1, found[1]


def read_by_people() -> Iterator[tuple[str, int, str]]:
    """Yield path, line and text of all that people read."""
    folders = (path for folder in (*CODE, "sql") for path in (ROOT / folder).rglob("*"))
    pages = [ROOT / page for page in (*PAGES, "CHANGELOG.md")]
    for path in sorted({*pages, *(path for path in folders if path.suffix in KINDS)}):
        name = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        match path.suffix:
            case ".py":
                found = of_code(text)
            case ".sql":
                found = of_comments(text)
            case _:
                found = of_paragraphs(newest(text) if name == "CHANGELOG.md" else text)
        yield from ((name, line, sentence) for line, sentence in found)


def test_what_people_read_is_the_trades_english() -> None:
    found = [
        f"{name}:{line}: {fault}"
        for name, line, text in read_by_people()
        for fault in dialect(text)
    ]
    assert found == []


def test_all_that_people_read_is_read_here() -> None:
    names = {name for name, *_ in read_by_people()}
    assert {*PAGES, "CHANGELOG.md", "tasks/tell/templates/dashboard.html.j2"} <= names
    assert {
        "config/kpis.yaml",
        "config/sops/picking.md",
        "config/exports/shopify/orders.yaml",
    } <= names
    assert {"sql/marts/sales_daily.sql", "flows/nightly.py", "tasks/intake/steps.py"} <= names


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The row is set aside", "quarantined"),
        ("sets the row aside", "quarantined"),
        ("12 rows at fault", "failing rows"),
        ("No file tells it", "reported"),
        ("2026-13-01 is no moment", "not a date and time"),
        ("Build it anew.", "from scratch"),
    ],
)
def test_a_word_of_the_dialect_is_named_with_the_word_to_use(text: str, word: str) -> None:
    [fault] = dialect(text)
    assert word in fault


@pytest.mark.parametrize(
    "text",
    [
        "Held or released by the sign of the amount.",
        "`*` stands for any text",
        "This link signs your browser in",
    ],
)
def test_the_right_word_stays(text: str) -> None:
    assert list(dialect(text)) == []


def test_a_variable_is_named_for_what_it_holds() -> None:
    found = []
    for path in sorted(
        path for folder in (*CODE, "tests") for path in (ROOT / folder).rglob("*.py")
    ):
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = getattr(node, "id", None) or getattr(node, "arg", None)
            if named in NAMES_OF_NOTHING:
                assert isinstance(node, (ast.expr, ast.arg, ast.keyword))
                found.append(f"{name}:{node.lineno}: {named}")
    assert found == []
