"""A source that fails stops only itself: the night reads the others, ends failed, and names it."""

import os
from pathlib import Path

import duckdb
import pytest

from config.errors import Exit
from tests.exports.door import EVENING, SHOP_FILE
from tests.nights.night import backroom
from tests.sources.conftest import PLAN

pytestmark = pytest.mark.whole  # each is a night of the command

SOURCES = """
sources:
  - {path: "s3://fern/exports", options_env: FERN_S3}
  - {database_env: FERN_DB, queries: {plan: "select 1"}}
  - {path: inbox}
"""


def test_a_source_that_fails_stops_only_itself_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "sample.yaml").write_text(SHOP_FILE.read_text() + SOURCES)
    inbox = tmp_path / "data" / "sample" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "plan.csv").write_text(PLAN)
    os.utime(inbox / "plan.csv", (EVENING.timestamp(), EVENING.timestamp()))
    done = backroom(
        "ingest", "--shop", "sample", data=tmp_path / "data", shops=tmp_path / "shops", check=False,
        FERN_DB="nodb://u:hunter-2@host/x",
    )  # fmt: skip
    assert done.returncode == Exit.PERSON
    printed = done.stdout + done.stderr
    assert "FERN_S3 is not set" in printed
    assert "query plan on the database of FERN_DB" in printed
    assert "hunter-2" not in printed
    with duckdb.connect(str(tmp_path / "data" / "sample" / "warehouse.duckdb")) as con:
        assert con.execute("select count(*) from core.revenue_plan").fetchall() == [(1,)]


@pytest.mark.filterwarnings("ignore")
def test_credentials_may_be_in_a_prefect_block(tmp_path: Path) -> None:
    from prefect.blocks.system import Secret
    from prefect.testing.utilities import prefect_test_harness

    from config.errors import FatalError
    from tasks.sources.secrets import options

    with prefect_test_harness(server_startup_timeout=180):
        Secret(value='{"key": "x"}').save("fern-s3", _sync=True)  # type: ignore[call-arg]
        assert options(None, "fern-s3", "fern") == {"key": "x"}
        with pytest.raises(FatalError, match="no Secret block 'none'"):
            options(None, "none", "fern")
