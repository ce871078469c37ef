"""Sentences on a page: what is typed shows as code, and everything else as text."""

import pytest

from tasks.tell.page import prose


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "Run `backroom doctor`; see `fees`.",
            "Run <code>backroom doctor</code>; see <code>fees</code>.",
        ),
        ("`<b>` & more", "<code>&lt;b&gt;</code> &amp; more"),
        ("a ` alone", "a ` alone"),
        (None, ""),
    ],
)
def test_what_is_between_backticks_is_code(text: str | None, html: str) -> None:
    assert prose(text) == html
