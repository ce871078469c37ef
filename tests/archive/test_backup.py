"""What a backup holds is enough: a shop that was lost has its files and its decisions again."""

import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.errors import FatalError
from flows.desk.cli import main
from tasks.archive.backup import back_up, restore
from tasks.ledger import ledger_of
from tests.archive.test_privacy import JANE, JOHN, SECRETS, orders
from tests.exports.door import AS_OF, Door
from tests.warehouse.test_load import SAMPLES, hashes

pytestmark = pytest.mark.whole  # each loads a shop

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture
def shop(door: Door) -> Door:
    door.drop("orders_export.csv", orders(JANE, JOHN))
    door.drop("items.csv", SAMPLES / "suppliers" / "supplier_items.csv")
    door.night()
    with ledger_of(door.shop) as ledger:
        ledger.begin_night(AS_OF, AS_OF.date(), flow="nightly")
    return door


def lose(door: Door) -> None:
    shutil.rmtree(door.folder.root)
    door.folder.inbox.mkdir(parents=True)


def test_a_lost_shop_is_restored_with_its_files_its_keys_and_its_ledger(
    shop: Door, tmp_path: Path
) -> None:
    before, key = hashes(shop), (shop.folder.root / "hash.key").read_text()
    kept = back_up(shop.shop, tmp_path / "safe", AT)
    assert kept.name == "sample-20261121T080000Z.tar"
    lose(shop)
    restored = restore(shop.shop, kept)
    assert (restored.nights, restored.has_ledger) == (1, True)
    shop.ingest()
    assert hashes(shop) == before
    assert (shop.folder.root / "hash.key").read_text() == key
    with ledger_of(shop.shop) as ledger:
        assert ledger.last_night() == AS_OF


def test_a_backup_is_its_owners_alone_and_holds_nothing_personal(
    shop: Door, tmp_path: Path
) -> None:
    kept = back_up(shop.shop, tmp_path / "safe", AT)
    assert kept.stat().st_mode & 0o077 == 0
    with tarfile.open(kept) as tar:
        assert {name.split("/")[0] for name in tar.getnames()} == {"raw", "ledger.db", "hash.key"}
    content = kept.read_bytes().lower()
    assert not [secret for secret in SECRETS if secret.lower().encode() in content]


def test_a_restore_replaces_nothing(shop: Door, tmp_path: Path) -> None:
    kept = back_up(shop.shop, tmp_path / "safe", AT)
    with pytest.raises(FatalError, match=r"still has raw, ledger\.db, hash\.key"):
        restore(shop.shop, kept)


def test_a_damaged_backup_is_refused_and_nothing_is_changed(shop: Door, tmp_path: Path) -> None:
    kept = back_up(shop.shop, tmp_path / "safe", AT)
    content = kept.read_bytes()
    lose(shop)
    at = content.index(b"S01,POT-S,12,3.1250")
    kept.write_bytes(content.replace(b"S01,POT-S,12,3.1250", b"S01,POT-S,12,9.1250", 1))
    with pytest.raises(FatalError, match="is damaged"):
        restore(shop.shop, kept)
    kept.write_bytes(content[:at])
    with pytest.raises(FatalError, match="Take an older backup"):
        restore(shop.shop, kept)
    assert [path.name for path in shop.folder.root.iterdir()] == ["inbox"]


def test_a_shop_without_a_night_has_nothing_to_keep(door: Door, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="nothing to back up"):
        back_up(door.shop, tmp_path, AT)


def test_the_commands_say_what_they_did_and_how_long_it_took(
    shop: Door, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "--shop", "sample", "--into", str(tmp_path / "safe")]) == 0
    [kept] = (tmp_path / "safe").iterdir()
    assert main(["restore", "--shop", "sample", "--drill", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert "a ledger of 1 night: checked in" in printed
    assert "A drill: nothing was changed" in printed
    assert main(["restore", "--shop", "sample", str(kept)]) == 4
    shop.folder.root.rename(tmp_path / "damaged")
    assert main(["restore", "--shop", "sample", str(kept)]) == 0
    assert "Restored. Now run: backroom nightly --shop sample" in capsys.readouterr().out
