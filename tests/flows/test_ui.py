"""A person starts a flow from its form in the UI and reads the outcome on the run's page."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.flows.browser import artifact, field, fill, help_text, open_form, submit
from tests.flows.conftest import Server


def test_a_dry_run_of_the_stock_is_started_from_the_form_and_read_on_its_page(
    up: Server, demo_data: Path, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    asked: set[str] = set()

    open_form(page, up.sign_in, "sync-stock", "demo")
    assert help_text(page, "Dry run") == "Show the numbers and write no file."
    assert help_text(page, "As of").startswith("Moment the age of the stock is judged at.")
    fill(page, {"Dry run": True})
    run = submit(page)

    expect(artifact(page, run, "stock-sync")).to_contain_text("Dry run: nothing was written")
    expect(artifact(page, run, "channel-stock")).to_contain_text("held back (amazon)")
    assert not list((demo_data / "demo" / "outbox").glob("stock/*")), "a dry run writes no file"
    assert asked <= {up.address.split("/")[2], ""}, "the UI asks nobody but our own server"
    page.close()


@pytest.mark.timeout(900)  # it builds all marts of the demo shop first
def test_a_case_is_closed_from_the_worklist_and_is_gone_from_it(
    up: Server, demo_data: Path, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    asked: set[str] = set()
    open_form(page, up.sign_in, "build-marts", "demo")
    submit(page)
    worklist = (demo_data / "demo" / "worklist.html").as_uri()

    page.goto(worklist)
    card = page.locator("article[id^=case-]").first
    case = str(card.get_attribute("id")).removeprefix("case-")
    whose = str(page.locator(".desk").first.locator("summary").first.inner_text()).split()[0]
    card.get_by_role("link", name="Open the form, filled in").click()
    page.get_by_text("Validate parameters").wait_for()
    expect(field(page, "exception").locator("textarea")).to_have_value(case)
    expect(field(page, "who").locator(".p-select-button__control")).to_contain_text(whose)

    fill(page, {"why": "asked joe@buyer.example"})
    with page.expect_response("**/create_flow_run") as refused:
        page.get_by_role("button", name="Submit", exact=True).click()
    assert not refused.value.ok, "a form that names a buyer is refused before it is kept"
    assert "leave out e-mail addresses, phone and card numbers" in refused.value.text()
    fill(page, {"why": "counted the shelf again"})
    submit(page)

    page.goto(worklist)
    expect(page.locator(f"#case-{case}")).to_have_count(0)
    expect(page.locator("article").first).to_be_visible()
    assert asked <= {up.address.split("/")[2], ""}, "the UI asks nobody but our own server"
    page.close()


def test_the_second_ui_asks_nobody_else_either(up: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.on("response", lambda response: answered.add(response.url.split("/")[2]))
    answered: set[str] = set()
    page.goto(up.sign_in)
    page.get_by_text("Flow Runs", exact=True).first.wait_for()
    page.goto(f"{up.address}/v2/")
    page.wait_for_load_state("networkidle")
    assert answered <= {up.address.split("/")[2], ""}
    page.close()
