"""What every page is made with: its templates, the words for figures, and text that stays text."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tasks.run import wording


@cache  # a template is compiled once, however many pages are made of it
def environment(**more: object) -> Environment:
    """Return the templates of this room, which escape what they print and know `more` by name."""
    made = Environment(
        loader=PackageLoader("tasks.tell"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = (
        "age", "amount", "clock", "count", "day", "figure", "hours_old", "lasting", "money", "percent",
        "short_day", "signed", "sums", "week_days", "words",
    )  # fmt: skip
    made.globals.update({name: getattr(wording, name) for name in names}, prose=prose, **more)
    return made


def prose(text: object) -> Markup:
    """Return a sentence, escaped, with what it sets between backticks as code: what a person types or looks up."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(wording.plain(text or "")))))  # noqa: S704, escaped


def _finalize(value: object) -> object:
    """Return what a template prints: nothing for None, and no control characters from a file."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return wording.plain(value)
    return value
