"""Pull keeps what is new and declared, and leaves the rest where it is."""

import os
import shutil
from datetime import timedelta

import pytest

from config.errors import FatalError
from tasks.archive.raw import Raw
from tasks.intake.pull import pull
from tests.exports.door import AS_OF, EVENING, Door

PLAN = "iso_week,channel,plan_usd\n2026-W47,shopify,{amount}\n"


def names(door: Door) -> list[str]:
    return sorted(arrival.name for arrival in Raw(door.folder.raw).arrivals())


def test_a_file_is_pulled_once(door: Door) -> None:
    door.drop("plan.csv", PLAN.format(amount=1))
    first, second = door.pull(), door.pull()
    assert [arrival.report for arrival in first.new] == ["plan.revenue_plan"]
    assert (second.new, second.known) == ((), 1)


def test_a_file_that_changed_is_pulled_again(door: Door) -> None:
    door.drop("plan.csv", PLAN.format(amount=1))
    door.pull()
    door.drop("plan.csv", PLAN.format(amount=2), at=EVENING + timedelta(hours=1))
    assert len(door.pull().new) == 1
    assert names(door) == ["plan.csv", "plan.csv"]


def test_a_file_of_no_declared_kind_is_left_and_listed(door: Door) -> None:
    door.drop("spend.csv", "date,campaign,clicks\n2026-11-20,brand,5\n")
    door.drop("disputes.json", '{"disputes": []}')
    pulled = door.pull()
    assert [left.name for left in pulled.left] == ["disputes.json", "spend.csv"]
    assert all(left.reason for left in pulled.left)
    assert not [path for path in door.folder.raw.rglob("*") if path.is_file()]
    assert (door.folder.inbox / "spend.csv").exists()


def test_a_file_that_is_no_table_is_kept_to_be_refused(door: Door) -> None:
    door.drop("orders.csv", "<!DOCTYPE html><html><body>Log in</body></html>")
    [arrival] = door.pull().new
    assert arrival.report == ""


def test_hidden_files_and_locks_of_spreadsheets_are_not_for_us(door: Door) -> None:
    door.drop(".plan.csv", PLAN.format(amount=1))
    door.drop("~$plan.csv", PLAN.format(amount=1))
    door.drop(".trash/plan.csv", PLAN.format(amount=1))
    assert (door.pull().new, door.pull().left) == ((), ())


def test_a_file_in_a_folder_below_is_pulled_under_its_own_name(door: Door) -> None:
    door.drop("planning/2026/plan.csv", PLAN.format(amount=1))
    [arrival] = door.pull().new
    assert (arrival.name, arrival.address) == ("plan.csv", "inbox/planning/2026/plan.csv")


def test_a_file_that_may_still_be_being_written_waits(door: Door) -> None:
    [source] = door.shop.sources
    patient = door.shop.model_copy(
        update={"sources": (source.model_copy(update={"settle_seconds": 60}),)}
    )
    door.drop("plan.csv", PLAN.format(amount=1), at=AS_OF - timedelta(seconds=59))
    waiting = pull(patient, AS_OF)
    assert [left.name for left in waiting.left] == ["plan.csv"]
    assert len(pull(patient, AS_OF + timedelta(seconds=1)).new) == 1


def test_a_missing_drop_folder_is_named_at_once(door: Door) -> None:
    shutil.rmtree(door.folder.inbox)
    pulled = door.pull()
    with pytest.raises(FatalError, match=r"drop folder .* is missing.*config/shops/sample"):
        pulled.require_all()


def test_the_moment_of_a_file_is_when_it_last_changed(door: Door) -> None:
    door.drop("plan.csv", PLAN.format(amount=1), at=EVENING)
    assert door.pull().new[0].modified_at == EVENING


def test_a_kill_between_the_bytes_and_the_log_costs_nothing(door: Door) -> None:
    door.drop("plan.csv", PLAN.format(amount=1))
    door.drop("plan 2.csv", PLAN.format(amount=2))
    before = door.pull().new
    log = Raw(door.folder.raw).log
    os.truncate(log, log.stat().st_size - 5)
    door.pull()
    assert sorted(Raw(door.folder.raw).landings(), key=str) == sorted(before, key=str)


def test_an_address_of_another_system_is_pulled_alike(door: Door) -> None:
    import fsspec

    with fsspec.open("memory://drop/plan.csv", "w") as file:
        file.write(PLAN.format(amount=1))
    [source] = door.shop.sources
    remote = door.shop.model_copy(
        update={"sources": (source.model_copy(update={"path": "memory://drop"}),)}
    )
    [arrival] = pull(remote, AS_OF).new
    assert arrival.report == "plan.revenue_plan"
    assert Raw(door.folder.raw).path(arrival.sha256).read_text() == PLAN.format(amount=1)


def test_what_came_after_the_moment_asked_for_waits_for_a_later_night(door: Door) -> None:
    door.drop("plan.csv", PLAN.format(amount=1), at=EVENING)
    door.drop("newer.csv", PLAN.format(amount=2), at=EVENING + timedelta(hours=1))
    pulled = pull(door.shop, AS_OF, by=EVENING)
    assert ([a.name for a in pulled.new], pulled.left, pulled.later) == (["plan.csv"], (), 1)
    assert [a.name for a in pull(door.shop, AS_OF).new] == ["newer.csv"]
