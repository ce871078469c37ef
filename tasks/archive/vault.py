"""The vault: files with personal data as they came, encrypted, a key per file.

Destroying a key destroys the file, in every copy and backup of the vault. The keys are apart, in
`vault/keys/`: leave that folder out of backups. What stays for good is the reading without the
personal cells, in `raw` (`tasks/archive/readings.py`).
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tasks.run.whole_file import DRAFTS, make_folder, sync, whole_file

BLOCK = 1 << 20
NONCE, TAG, KEY_BYTES = 12, 16, 32


class Vault:
    """The vault of one shop."""

    def __init__(self, root: Path) -> None:
        self.root, self.keys = root, root / "keys"
        make_folder(self.keys, 0o700)

    def holds(self, sha256: str) -> bool:
        """Return whether the file can still be opened."""
        return self._key(sha256).exists() and self._sealed(sha256).exists()

    def hashes(self) -> list[str]:
        """Return the hashes of the files that can still be opened."""
        return sorted(key.name for key in self.keys.iterdir() if self.holds(key.name))

    def sealed_at(self, sha256: str) -> float:
        """Return when the file was sealed, seconds since 1970."""
        return self._key(sha256).stat().st_mtime

    def seal(self, plain: Path, sha256: str, at: datetime) -> None:
        """Encrypt the file `plain` and remove it; safe to kill and to run again."""
        if not self.holds(sha256):
            key, sealed = secrets.token_bytes(KEY_BYTES), self._sealed(sha256)
            with whole_file(sealed) as draft:
                with plain.open("rb") as source, draft.open("wb") as target:
                    for number, block in enumerate(iter(lambda: source.read(BLOCK), b"")):
                        target.write(AESGCM(key).encrypt(_nonce(number), block, None))
                # The key is on the disk before the file that it opens has its name.
                with whole_file(self._key(sha256)) as key_draft:
                    key_draft.write_bytes(key)
                    key_draft.chmod(0o600)
                    os.utime(key_draft, (at.timestamp(), at.timestamp()))
        plain.unlink()

    @contextmanager
    def opened(self, sha256: str, path: Path) -> Iterator[Path]:
        """Give the file decrypted at `path`, and remove it again."""
        key = self._key(sha256).read_bytes()
        try:
            with self._sealed(sha256).open("rb") as source, path.open("wb") as target:
                path.chmod(0o600)
                size = BLOCK + TAG
                for number, block in enumerate(iter(lambda: source.read(size), b"")):
                    target.write(AESGCM(key).decrypt(_nonce(number), block, None))
            yield path
        finally:
            path.unlink(missing_ok=True)

    def clear_leftovers(self) -> None:
        """Remove keys and halves of files whose sealing was killed: the plain file is still there."""
        for path in self.root.glob(f"??/{DRAFTS}"):
            path.unlink()
        for key in self.keys.iterdir():
            if not self._sealed(key.name).exists():
                key.unlink()

    def destroy(self, sha256: str) -> None:
        """Destroy the key and what it opened; nobody can read the file again."""
        key = self._key(sha256)
        if key.exists():
            key.write_bytes(bytes(KEY_BYTES))
            sync(key)  # or a power cut would bring it back
            key.unlink()
            sync(self.keys)
        self._sealed(sha256).unlink(missing_ok=True)

    def destroy_older(self, than: datetime) -> int:
        """Destroy every file sealed before `than`; return how many."""
        due = [sha for sha in self.hashes() if self.sealed_at(sha) < than.timestamp()]
        for sha256 in due:
            self.destroy(sha256)
        return len(due)

    def _key(self, sha256: str) -> Path:
        return self.keys / sha256

    def _sealed(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256


def _nonce(number: int) -> bytes:
    """Return the nonce of a block: a key seals one file only, so counting is enough."""
    return number.to_bytes(NONCE, "big")
