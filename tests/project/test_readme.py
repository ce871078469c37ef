"""The front door is true: every flow and command it names exists, and none is left out."""

import re

from config.errors import Exit
from config.strict import ROOT
from flows.desk.cli import parser
from flows.desk.signature import signatures

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", "CONTRIBUTING.md", "config/README.md", "data/README.md"]
EVERY_PAGE = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)


def test_every_flow_is_in_the_readme() -> None:
    assert [name for name in signatures() if f"`{name}`" not in README] == []


def test_every_command_that_it_names_exists() -> None:
    named = set(re.findall(r"(?:`|\$ )backroom ([a-z][a-z_-]+)", EVERY_PAGE))
    assert {"nightly", "docs", "query"} <= named
    assert sorted(named - parser()[1].keys()) == []


def test_it_names_every_exit_code() -> None:
    named = " ".join(README.split()).partition("Exit codes: ")[2].partition(".")[0]
    assert [int(code) for code in re.findall(r"\d+", named)] == list(Exit)


def test_every_make_target_that_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)`|^\$ make ([a-z-]+)", EVERY_PAGE, re.MULTILINE))
    targets = {target for pair in named for target in pair if target}
    assert targets
    assert [
        target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)
    ] == []


def test_every_file_that_it_names_exists() -> None:
    paths = re.findall(
        r"`((?:config|tests|sql|tasks|data)/[\w/.-]+\.(?:yaml|md|sql|py))`", EVERY_PAGE
    )
    assert [path for path in paths if not (ROOT / path).exists()] == []
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).exists()] == []


def test_the_front_door_is_short_and_its_links_lead_somewhere() -> None:
    assert len(README.splitlines()) <= 150
    links = re.findall(r"\]\((?!http)([\w/.-]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
