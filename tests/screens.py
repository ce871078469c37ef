"""What people see, taken again for the handbook: `python -m tests.screens` after a night of the demo shop.

It opens the pages of `BACKROOM_DATA` in headless Chromium, and with `--ui LINK`, the link that
`backroom up` prints, a form, the list of deployments and the page of a night that it runs. Compressed
where `pngquant` is installed. Look at each before it is committed.
"""

import argparse
import html
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from playwright.sync_api import Page, sync_playwright

from config.folders import ShopFolder
from config.shop import load_shop
from config.strict import ROOT
from tasks.handbook.pages.screens import FOLDER
from tasks.tell.summary import as_text
from tasks.tell.summary_read import read_summary
from tasks.warehouse.connection import open_warehouse
from tests.flows.browser import ARGUMENTS, open_form, submit

README = ROOT / "data" / "dashboard.png"
DESK, PHONE, PAPER, WIDE = (1100, 820), (390, 844), (794, 1123), (1500, 900)
TERMINAL = """<body style="margin:0;background:#15181c"><pre style="margin:0;padding:14px;background:#15181c;
    color:#e8e6e1;font:14px/1.35 'DejaVu Sans Mono',monospace">{}</pre>"""
QUESTION = "best_sellers"


def main() -> None:
    """Take each picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ui", help="the sign-in link that `backroom up` prints")
    link = parser.parse_args().ui
    folder = load_shop("demo").folder
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        page = chromium.new_page()

        def take(name: str, size: tuple[int, int], show: Callable[[Page], object]) -> None:
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(media="print" if size == PAPER else "screen")
            show(page)
            page.wait_for_load_state("networkidle")
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file)
            if quantizer := shutil.which(
                "pngquant"
            ):  # a quarter of the bytes, and the eye sees none
                subprocess.run([quantizer, "--force", "--ext", ".png", "64", file], check=True)
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KB")

        def opened(name: str) -> Callable[[Page], object]:
            return lambda page: page.goto((folder.root / name).as_uri())

        for name, size in (("desk", DESK), ("phone", PHONE), ("print", PAPER)):
            take(f"dashboard_{name}", size, opened("dashboard.html"))
        take("station_phone", PHONE, opened("station-finance.html"))
        take("worklist", DESK, opened("worklist.html"))
        for columns, text in ((80, _summary(folder)), (120, _answer())):
            written = TERMINAL.format(html.escape(text))
            take(f"terminal_{columns}", (columns * 9, 820), lambda page: page.set_content(written))  # noqa: B023
        if link:
            server = link.partition("/sign-in#")[0]
            take(
                "form", DESK, lambda page: open_form(page, link, "approve-purchase-orders", "demo")
            )
            take("deployments", WIDE, lambda page: page.goto(f"{server}/deployments"))
            take("run", WIDE, lambda page: _night(page, link))
        chromium.close()
    shutil.copy(FOLDER / "dashboard_desk.png", README)


def _night(page: Page, link: str) -> None:
    """Run a night from its form, and show what it left on its own page."""
    open_form(page, link, "nightly", "demo")
    page.goto(submit(page))
    page.get_by_text("Artifacts", exact=True).click()


def _summary(folder: ShopFolder) -> str:
    with open_warehouse(folder) as con:
        return as_text(read_summary(con), {}, color=False)


def _answer() -> str:
    command = (sys.executable, "-m", "flows.desk.cli", "query", "--question", QUESTION)
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return f"$ backroom query --question {QUESTION}\n{found.stdout}"


if __name__ == "__main__":
    main()
