"""A person starts a flow from its form in the UI and reads the outcome on the run's page."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.flows.browser import artifact, fill, help_text, open_form, submit
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
