"""What is sealed can be opened until its key is destroyed, and by nobody else."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from tasks.archive.vault import BLOCK, Vault

NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
SHA = "ab" * 32


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def sealed(vault: Vault, content: bytes, sha256: str = SHA, at: datetime = NIGHT) -> None:
    plain = vault.root.parent / "plain"
    plain.write_bytes(content)
    vault.seal(plain, sha256, at)
    assert not plain.exists()


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_what_is_sealed_is_opened_as_it_was(vault: Vault, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    sealed(vault, content)
    with vault.opened(SHA, tmp_path / "opened") as path:
        assert path.read_bytes() == content
    assert not (tmp_path / "opened").exists()


def test_nothing_of_a_sealed_file_can_be_read_without_its_key(vault: Vault) -> None:
    sealed(vault, b"jane@example.com " * 1000)
    vault.destroy(SHA)
    assert not vault.holds(SHA)
    assert not [path for path in vault.root.rglob("*") if path.is_file()]


def test_the_sealed_bytes_show_nothing(vault: Vault) -> None:
    sealed(vault, b"jane@example.com " * 1000)
    assert b"jane" not in (vault.root / "ab" / SHA).read_bytes()


def test_blocks_that_change_places_are_noticed(vault: Vault, tmp_path: Path) -> None:
    sealed(vault, os.urandom(2 * BLOCK))
    path = vault.root / "ab" / SHA
    half = BLOCK + 16
    content = path.read_bytes()
    path.write_bytes(content[half:] + content[:half])
    with pytest.raises(InvalidTag), vault.opened(SHA, tmp_path / "opened"):
        pass


def test_only_what_is_older_is_destroyed(vault: Vault) -> None:
    sealed(vault, b"old", "aa" * 32, NIGHT - timedelta(days=31))
    sealed(vault, b"new", "bb" * 32, NIGHT - timedelta(days=29))
    assert vault.destroy_older(NIGHT - timedelta(days=30)) == 1
    assert vault.hashes() == ["bb" * 32]


def test_sealing_twice_is_sealing_once(vault: Vault, tmp_path: Path) -> None:
    sealed(vault, b"the same")
    key = (vault.keys / SHA).read_bytes()
    sealed(vault, b"the same")
    assert (vault.keys / SHA).read_bytes() == key
