"""The two nights that the tests of this folder look at, each run once a session."""

import shutil
import tarfile
from pathlib import Path

import pytest

from tests.nights.night import ROOT, Night, backroom, run_night

REAL = ROOT.parent / "shared" / "realshop"
DEMO_AS_OF = "2026-11-24T06:00:00+00:00"


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    data = tmp_path_factory.mktemp("demo")
    shops = ROOT / "config" / "shops"
    backroom("demo", "--as-of", DEMO_AS_OF, "--into", str(data / "demo"), data=data, shops=shops)
    return run_night("demo", data, shops, DEMO_AS_OF, data / "demo" / "truth.json")


@pytest.fixture(scope="session")
def real_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    if not REAL.is_dir():
        pytest.skip("the shop of real order lines is not next to the project")
    data = tmp_path_factory.mktemp("real")
    shops = data / "shops"
    shops.mkdir()
    shutil.copy(Path(__file__).parent / "shop_of_real_lines.yaml", shops / "realshop.yaml")
    with tarfile.open(REAL / "inbox.tar.gz") as archive:
        archive.extractall(data / "realshop", filter="tar")  # keeps the files' times
    return run_night("realshop", data, shops, "2026-11-22T18:00:00+00:00", REAL / "truth.json")


@pytest.fixture(scope="session", params=["demo", "real"])
def night(request: pytest.FixtureRequest) -> Night:
    found: Night = request.getfixturevalue(f"{request.param}_night")
    return found


@pytest.fixture
def copied(demo_night: Night, tmp_path: Path) -> Path:
    """The demo shop as its night left it, to be run again."""
    shutil.copytree(demo_night.folder, tmp_path / "demo", symlinks=True)
    return tmp_path


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, wherever pytest is told to look
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the nights in one process: each is run once, and all tests look at it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("nights"))
            item.add_marker(pytest.mark.timeout(900))  # the first to look runs the night
