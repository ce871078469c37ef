"""Pages become files: one folder that is replaced whole, with the list of all names as its search."""

import importlib
import pkgutil
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from config.errors import UsageError
from tasks.handbook import links, pages
from tasks.handbook.book import Book, Chapter, Page
from tasks.run import wording

INDEX = "index.html"
FIND = "find.html"
MARK = ".handbook"  # a folder with this file is a handbook of ours and may be replaced

_TEXT = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).enable("table").disable("image")
_TEXT.add_render_rule("table_open", lambda *_: '<div class="scroll"><table>\n')
_TEXT.add_render_rule("table_close", lambda *_: "</table></div>\n")
_LINE = MarkdownIt("zero", {"html": False}).enable("backticks")
_URL = re.compile(r"https?://\w(?:[^\s<>\"'&)]|&amp;)+(?<![.,;:])")  # in HTML


@dataclass(frozen=True)
class Written:
    """A chapter with its pages, the front first."""

    title: str
    about: str
    pages: tuple[Page, ...]

    @property
    def front(self) -> str:
        """The file that the menu leads to."""
        return self.pages[0].file


def chapters() -> list[Chapter]:
    """Return every module of `pages/`, in their order."""
    names = [module.name for module in pkgutil.iter_modules(pages.__path__)]
    found = [importlib.import_module(f"{pages.__name__}.{name}") for name in names]
    return sorted(found, key=lambda chapter: chapter.PLACE)


def write(book: Book, folder: Path) -> Path:
    """Write the handbook, replacing one that is there; return its first page.

    Raises:
        UsageError: the folder holds something else, which is not replaced.
    """
    folder = folder.absolute()
    if folder.exists() and not _is_ours(folder):
        raise UsageError(
            f"{folder} holds something that is not a handbook, and was left as it was. Name a new folder:"
            " --out FOLDER."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as room:
        draft = Path(room) / "new"
        draft.mkdir()
        for name, text in render(book).items():
            (draft / name).write_text(text, encoding="utf-8")
        (draft / MARK).touch()
        if folder.exists():
            folder.replace(Path(room) / "old")
        shutil.move(draft, folder)
    return folder / INDEX


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARK).exists() or not any(folder.iterdir()))


def render(book: Book) -> dict[str, str]:
    """Return every file of the handbook by its name."""
    written = [
        Written(chapter.TITLE, chapter.ABOUT, tuple(chapter.pages(book))) for chapter in chapters()
    ]
    names = sorted(
        (name for chapter in written for page in chapter.pages for name in page.names),
        key=lambda name: name.text.casefold(),
    )
    every = [
        Page(INDEX, "Handbook", "index.html.j2", {}),
        Page(FIND, "Find", "find.html.j2", {"names": names}),
        *(page for chapter in written for page in chapter.pages),
    ]
    environment = _environment(written)
    return {
        page.file: environment.get_template(page.template).render(page=page, **page.values)
        for page in every
    }


def _environment(written: Sequence[Written]) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("tasks.handbook"), PackageLoader("tasks.tell")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"text": text, "line": line, "words": wording.words}
    environment.globals.update(
        chapters=written, index=INDEX, find=FIND, links=links, chapter_of=_chapters_of(written)
    )
    return environment


def _chapters_of(written: Sequence[Written]) -> dict[str, str]:
    """Return the front of each page's chapter, by the page's file."""
    return {page.file: chapter.front for chapter in written for page in chapter.pages}


def _shown(value: object) -> object:
    """Return what a template prints: nothing for None, and no control characters."""
    if value is None:
        return ""
    return _printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _printable(shown: str) -> str:
    return "".join(each for each in shown if each == "\n" or unicodedata.category(each) != "Cc")


def text(markdown: str) -> Markup:
    """Return a page's Markdown as HTML; HTML in it is shown as text."""
    return Markup(_TEXT.render(_printable(markdown)))  # noqa: S704, the renderer escapes


def line(shown: str) -> Markup:
    """Return a line of a comment or a message: what is in backticks is code, addresses are links."""
    html = _LINE.renderInline(_printable(shown))
    return Markup(_URL.sub(lambda url: f'<a href="{url[0]}">{url[0]}</a>', html))  # noqa: S704
