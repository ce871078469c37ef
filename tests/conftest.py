"""What tests of several folders share."""

from pathlib import Path

import pytest

from tests.exports.door import Door


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The sample shop, empty."""
    return Door(tmp_path, monkeypatch)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: an archive holds the time it was made, a test's name must not."""
    return argname if isinstance(val, bytes) else None
