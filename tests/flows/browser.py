"""The UI of a running server, as a person uses it: a form, a run, what the run shows."""

import shutil
from base64 import b64encode
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RUN_SECONDS = 240
# A table's cells are rendered one by one, and on a busy machine that takes its time.
expect.set_options(timeout=RUN_SECONDS * 1000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium, the one that is installed."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed here: no browser to open the UI with")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


def open_form(page: Page, sign_in: str, flow: str, shop: str) -> None:
    """Open the form of a custom run of the flow's deployment for the shop, by the printed link."""
    page.goto(sign_in)
    page.get_by_text("Flow Runs", exact=True).first.wait_for()
    server, _, secret = sign_in.partition("/sign-in#")
    # By its address: the list of deployments has pages.
    asked = page.request.get(
        f"{server}/api/deployments/name/{flow}/{flow.replace('-', ' ')} ({shop})",
        headers={"Authorization": f"Basic {b64encode(secret.encode()).decode()}"},
    )
    page.goto(f"{server}/deployments/deployment/{asked.json()['id']}")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("Validate parameters").wait_for()


def field(page: Page, label: str) -> Locator:
    """Return the innermost field with this label; the UI does not tie its labels to inputs."""
    title = page.locator(":scope > .p-label__header .schema-form-property__label")
    return page.locator(".schema-form-property").filter(has=title.filter(has_text=label)).last


def help_text(page: Page, label: str) -> str:
    """Return what the form says under the label."""
    return field(page, label).locator(".p-label__description").first.inner_text()


def fill(page: Page, values: Mapping[str, str | bool]) -> None:
    """Set the fields: yes or no, one of a choice, `now` for a moment, or text."""
    for label, value in values.items():
        body = field(page, label).locator(".p-label__body")
        if isinstance(value, bool):
            switch = body.get_by_role("switch")
            if (switch.get_attribute("aria-checked") == "true") != value:
                switch.click()
        elif body.locator(".p-date-button__control").count():
            body.locator(".p-date-button__control").press("Space")
            page.get_by_role("button", name=value.title(), exact=True).last.click()
            page.get_by_role("button", name="Apply", exact=True).click()
        elif body.locator(".p-select-button__control").count():
            # By the keyboard: a click opens the choice and closes it again.
            body.locator(".p-select-button__control").press("Space")
            page.locator(".p-select-option").filter(has_text=value).click()
        else:
            body.locator("textarea, input").first.fill(value)


def submit(page: Page) -> str:
    """Start the run the form describes, wait until it has completed; return its address."""
    with page.expect_response("**/create_flow_run") as made:
        page.get_by_role("button", name="Submit", exact=True).click()
    assert made.value.ok, made.value.text()
    # A note with a link to the run shows for a moment only: on a busy machine it is gone too soon.
    server = "/".join(page.url.split("/")[:3])
    page.goto(f"{server}/runs/flow-run/{made.value.json()['id']}")
    state = page.locator(".state-badge").first
    expect(state).to_have_text("Completed")
    return page.url.partition("?")[0]


def artifact(page: Page, run: str, key: str) -> Locator:
    """Open the artifact with this key from the run's page; return what it shows.

    Cells appear one by one: ask with `expect(…).to_contain_text(…)`, which waits for them.
    """
    page.goto(run)
    page.get_by_text("Artifacts", exact=True).click()
    page.locator(".artifact-card__title").get_by_text(key, exact=True).click()
    return page.locator(".artifact-data-markdown, .artifact-data-table")
