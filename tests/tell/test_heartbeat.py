"""A whole night is reported to a monitor, and nothing else is."""

from pathlib import Path

import pytest

from config.errors import FatalError
from tasks.run.night import Night
from tasks.tell.heartbeat import beat
from tests.tell.test_alerts import NIGHT, Receiver, corner, receiver

__all__ = ["receiver"]


def test_a_whole_night_is_reported(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR", receiver.address)
    shop = corner(tmp_path, "heartbeat_env: MONITOR\n")
    assert beat(Night(shop, NIGHT, "r"))
    assert b'"business_date": "2026-11-24"' in receiver.raw[0][1]
    assert not beat(Night(shop.replayed("then"), NIGHT, "r")), "a replay is no sign of life"
    monkeypatch.delenv("MONITOR")
    with pytest.raises(FatalError, match="MONITOR"):
        beat(Night(shop, NIGHT, "r"))


def test_a_shop_without_a_monitor_reports_to_nobody(tmp_path: Path) -> None:
    assert not beat(Night(corner(tmp_path), NIGHT, "r"))
