"""The handbook describes everything there is, in pages that a browser reads without network."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from config.contract import load_contracts
from config.errors import Exit, UsageError
from config.export import load_exports
from config.kpi import load_exceptions, load_kpis, load_sops
from config.shop import Shop
from config.strict import ROOT
from flows.desk.cli import parser
from flows.desk.signature import signatures
from tasks.handbook import render
from tasks.handbook.book import Book, Column, Command
from tasks.handbook.codes import stated_reasons
from tasks.handbook.lineage import picture
from tasks.handbook.pages import reasons, settings
from tasks.handbook.schema import sections
from tasks.handbook.steps import read_book
from tasks.warehouse.models import read_models
from tests.torture.figures import read_tried

Pages = Mapping[str, str]


pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("handbook")]  # one book for all of them


@pytest.fixture(scope="module")
def book() -> Book:
    _, commands = parser()
    return read_book([Command(name, each.format_help()) for name, each in commands.items()])


@pytest.fixture(scope="module")
def pages(book: Book) -> Pages:
    return MappingProxyType(render.render(book))


@pytest.fixture(scope="module")
def trees(pages: Pages) -> Mapping[str, Element]:
    """Every page as XML: it parses only if it is well formed and all text in it is escaped."""
    return {name: fromstring(text) for name, text in pages.items()}


def words(tree: Element) -> str:
    return " ".join("".join(tree.itertext()).split())


def ids(tree: Element) -> list[str]:
    return [each.attrib["id"] for each in tree.iter() if "id" in each.attrib]


def test_every_table_has_a_page_with_its_grain_columns_lineage_and_cases(
    book: Book, pages: Pages, trees: Mapping[str, Element]
) -> None:
    for model in read_models():
        page = trees[f"table.{model.table}.html"]
        shown = words(page)
        assert model.grain.replace("`", "") in shown, model.table
        columns = book.tables[model.table].columns
        assert columns, model.table
        assert {column.name for column in columns} <= set(ids(page)), model.table
        assert all(column.comment and column.type for column in columns), model.table
        drawn = [each.text for each in page.iter("text")]
        assert {model.table, *model.inputs, *book.readers(model.table)} == set(drawn)
        assert "golden cases" in shown, f"{model.table} shows no case"


def test_every_export_says_where_it_is_downloaded_and_what_its_columns_are(
    trees: Mapping[str, Element],
) -> None:
    for name, export in load_exports().items():
        page = trees[f"export.{name}.html"]
        assert {*export.columns} <= set(ids(page)), name
        assert " ".join(export.where.split()).replace("`", "") in words(page), name
    for name, contract in load_contracts().items():
        assert {*contract.columns} <= set(ids(trees[f"table.valid.{name}.html"])), name


def test_every_kpi_exception_sop_setting_and_command_is_described(
    trees: Mapping[str, Element],
) -> None:
    assert set(load_kpis()) <= set(ids(trees["kpis.html"]))
    assert set(load_exceptions()) <= set(ids(trees["exceptions.html"]))
    assert all("Escalation" in words(trees[f"sop.{name}.html"]) for name in load_sops())
    models = {each.name for _, model, unsaid in settings.FILES for each in sections(model, unsaid)}
    assert models <= set(ids(trees["settings.html"]))
    assert {*signatures(), "docs", "query"} <= set(ids(trees["commands.html"]))
    assert all(each.meaning in words(trees["commands.html"]) for each in Exit)
    assert "order-up-to level" in words(trees["glossary.html"])


def test_every_reason_code_is_described(trees: Mapping[str, Element]) -> None:
    described = set(ids(trees["reasons.html"]))
    for export in load_exports().values():
        assert {rule.reason for rule in export.expectations} <= described, export.name
        assert {rule.name for rule in export.refuse_where} <= described, export.name
    for contract in load_contracts().values():
        assert {each.reason for each in contract.all_references} <= described, contract.table
    # Of each way in which the code states one: raised, returned, in a tuple, by a name, one of two.
    assert {
        "html_page", "truncated_file", "nul_byte", "reader_disagrees", "too_few_cells", "row_lost",
        "unreadable_cell", "not_an_amount", "unexpected_value", "repeated_key", "unknown_channel",
        "no_row_accepted", "corrected", "broken_interchange", "bytes_gone",
    } <= described  # fmt: skip


def test_the_reasons_that_tests_see_are_described() -> None:
    """A code that a golden case or a reader's test expects is one that a person may look up."""
    described = {each.code for each in reasons.every_reason()}
    seen: set[str] = set()
    for path in (ROOT / "tests").glob("**/*.py"):
        text = path.read_text(encoding="utf-8")
        seen.update(re.findall(r"\.code == \"([a-z_]+)\"", text))
    assert len(seen) > 5
    assert seen <= described


def test_every_internal_link_leads_somewhere(trees: Mapping[str, Element]) -> None:
    places = {name: set(ids(tree)) for name, tree in trees.items()}
    broken = []
    for name, tree in trees.items():
        for each in tree.iter("a"):
            file, _, place = each.attrib["href"].partition("#")
            if not file.startswith("http") and (
                (file or name) not in places or (place and place not in places[file or name])
            ):
                broken.append(f"{name}: {each.attrib['href']}")
    assert broken == []


def test_no_place_is_named_twice_on_a_page(trees: Mapping[str, Element]) -> None:
    assert [name for name, tree in trees.items() if len(set(ids(tree))) < len(ids(tree))] == []


def test_nothing_is_fetched_and_no_path_of_the_machine_is_shown(pages: Pages) -> None:
    for name, text in pages.items():
        assert str(ROOT) not in text, name
        assert not re.search(r"/(tmp|home|root)/\w", unescape(text)), name
        # A picture is in its page.
        fetched = r"<(link|iframe|object)\b|<img (?!src=\"data:image/png;base64,)|\bsrc=(?!\"data:)|@import|url\((?!#)"
        assert not re.search(fetched, text), name
        assert ("<script" in text) == (name == render.FIND), name


def test_text_from_a_comment_or_a_case_is_escaped(book: Book, tmp_path: Path) -> None:
    name = "marts.kpi_daily"
    table = book.tables[name]
    sly = '<script>alert("x")</script> & `a < b`'
    columns = (Column("kpi", "VARCHAR", "", sly), *table.columns[1:])
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts" / "kpi_daily.md").write_text(
        f"## {sly}\n\n{sly}\n\n| a |\n| - |\n| {sly} |\n"
    )
    tables = {**book.tables, name: replace(table, comment=sly, columns=columns)}
    written = render.render(replace(book, tables=tables, cases=tmp_path))
    page = written[f"table.{name}.html"]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert words(fromstring(page)).count('<script>alert("x")</script> & a < b') == 4
    fromstring(written["tables.html"])


def test_without_the_tests_a_page_says_why_it_has_no_examples(book: Book, tmp_path: Path) -> None:
    written = render.render(replace(book, cases=tmp_path / "none"))
    assert "tests are not installed here" in written["table.marts.kpi_daily.html"]


def test_a_handbook_is_replaced_and_anything_else_is_left(book: Book, tmp_path: Path) -> None:
    front = render.write(book, tmp_path / "a" / "book")
    (front.parent / "table.of_yesterday.html").touch()
    assert render.write(book, front.parent) == front
    assert not (front.parent / "table.of_yesterday.html").exists()
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["book"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="was left as it was"):
        render.write(book, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_phone_shows_each_page_in_its_width_and_finds_a_name(
    book: Book, tmp_path: Path, browser: Browser
) -> None:
    front = render.write(book, tmp_path / "book")
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    for name in (
        "index", "tables", "table.marts.order_lines", "export.shopify.orders", "settings", "kpis",
        "reasons", "commands", "sop.finance",
    ):  # fmt: skip
        phone.goto(front.with_name(f"{name}.html").as_uri())
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width == 390, f"{name} is {width} pixels wide"
    phone.goto(front.as_uri())
    phone.get_by_label("Find").fill("payout amount")
    phone.get_by_label("Find").press("Enter")
    phone.wait_for_url("**/find.html?q=payout+amount")
    shown = phone.locator("#names li:visible").all_inner_texts()
    assert any(each.startswith("payout_reconciliation.payout_amount") for each in shown)
    assert len(shown) < 100
    phone.get_by_text("payout_reconciliation.payout_amount", exact=True).click()
    assert phone.url.endswith("table.marts.payout_reconciliation.html#payout_amount")
    phone.close()


def test_every_key_of_a_shop_file_says_what_it_means() -> None:
    silent = [
        f"{section.name}.{key.name}"
        for section in sections(Shop, {"name"})
        for key in section.keys
        if not key.about and not key.models
    ]
    assert silent == []


def test_a_setting_is_shown_with_type_limits_and_default() -> None:
    keys = {f"{s.name}.{key.name}": key for s in sections(Shop) for key in s.keys}
    assert keys["Stock.tight_units"].type == "whole number, at least 0"
    assert keys["Stock.tight_units"].default == "5"
    assert keys["Channel.tax"].type == "one of inclusive, exclusive or nothing"
    assert keys["Shop.title"].default == ""
    assert keys["Shop.channels"].type == "mapping of names, each to Channel"
    assert keys["Shop.channels"].models == ("Channel",)
    assert keys["Buffer.cap"].type == "whole number, at least 0 or nothing"
    assert keys["Reorder.service_level"].default == '{"A": "0.95", "B": "0.95", "C": "0.90"}'


def test_a_reason_is_read_with_what_is_filled_in_left_open() -> None:
    stated = stated_reasons()
    assert stated["nul_byte"] == ("a NUL byte",)
    assert stated["too_few_cells"] == ("… cells, the header has …",)


def test_a_picture_holds_every_box_and_no_two_on_one_spot() -> None:
    drawn = picture("marts.a", ["core.one", "core.two"], ["marts.b", "checks.c", "checks.d"])
    assert len({(box.x, box.y) for box in drawn.boxes}) == 6
    assert len(drawn.arrows) == 5
    for box in drawn.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawn.width
        assert 0 <= box.y <= drawn.height


def test_the_faults_that_a_night_survives_are_shown_with_what_was_tried(
    trees: Mapping[str, Element],
) -> None:
    shown = words(trees["faults.html"])
    for cell in read_tried().values():
        figures = f"{cell.fault} {cell.place}{cell.tried}{cell.moments}{cell.wrong}{cell.opens}"
        assert figures in shown
    assert "python -m tests.torture faults" in shown
