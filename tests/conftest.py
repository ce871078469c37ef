"""What tests of several folders share."""

from pathlib import Path

import pytest

from tests.exports.door import Door


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The sample shop, empty."""
    return Door(tmp_path, monkeypatch)
