"""A person starts a flow from its form in the UI and reads the outcome on the run's page."""

from playwright.sync_api import Browser, expect

from tests.flows.browser import artifact, fill, help_text, open_form, submit


def test_the_form_explains_itself_and_the_run_shows_its_tables(up: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    asked: set[str] = set()

    open_form(page, up, "sync-stock", "demo")
    assert help_text(page, "Dry run") == "Show the numbers, send nothing."
    assert help_text(page, "As of") == "Compute for this moment; empty means now."
    fill(page, {"Channel": "amazon", "Dry run": True, "As of": "now"})
    run = submit(page)

    expect(artifact(page, run, "sent")).to_contain_text("Dry run: True")
    expect(artifact(page, run, "offers")).to_contain_text("held back")
    assert asked <= {up.split("/")[2], ""}, "the UI asks nobody but our own server"
    page.close()
