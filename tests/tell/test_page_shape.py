"""The dashboard in a real browser: nothing is cut off on a phone, and the first screen prints on two pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser

from tasks.tell.dashboard import write_dashboard
from tests.small_marts import fill


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with duckdb.connect() as con:
        yield write_dashboard(fill(con), tmp_path_factory.mktemp("page") / "dashboard.html")


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("name", ["dashboard", "station-inventory", "station-finance"])
def test_nothing_is_wider_than_the_screen(
    browser: Browser, page_file: Path, width: int, name: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(page_file.with_name(f"{name}.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width == 390:
        cut = """[...document.querySelectorAll('td')].filter(
            cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"""
        assert page.evaluate(cut) == []
    page.close()


def test_a_station_opens_and_its_page_is_a_click_away(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    part = page.locator("#station-finance")
    assert not part.locator("table").first.is_visible()
    part.locator("summary").first.click()
    assert part.locator("table").first.is_visible()
    part.get_by_role("link", name="page").click()
    assert page.locator("h1").inner_text() == "Finance"
    page.get_by_role("link", name="Dashboard").click()
    assert page.locator("#week").is_visible()
    page.close()


def test_it_prints_on_two_pages(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    page.close()


def test_a_screen_reader_has_captions_scopes_and_headings(
    browser: Browser, page_file: Path
) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.evaluate("[...document.querySelectorAll('table')].every(table => table.caption)")
    assert page.evaluate("[...document.querySelectorAll('thead th')].every(head => head.scope)")
    assert page.locator("h1").count() == 1
    page.close()


def test_a_phone_folds_the_parts_of_a_station_and_a_wide_screen_and_paper_show_them(
    browser: Browser, page_file: Path
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(page_file.with_name("station-finance.html").as_uri())
    part = page.locator("details.part:has(table)").first
    table = part.locator("table").first
    assert not table.is_visible()
    part.locator("summary").first.click()
    assert table.is_visible()
    page.reload()
    page.set_viewport_size({"width": 1200, "height": 900})
    assert table.is_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(media="print")
    assert table.is_visible()
    page.close()
