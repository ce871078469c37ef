"""A folder of files: on this machine, or at any address that fsspec knows."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec import AbstractFileSystem

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import Address, FolderSource
from tasks.sources.found import GONE, Found, LeaveIt, fetched
from tasks.sources.secrets import masked, options, secrets_of

EXTRAS = {"sftp": "sftp", "ssh": "sftp", "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
NO_FILE = "it is a pipe, a socket or a device, not a file"
# How the libraries beneath fsspec say that access was denied.
REFUSALS = ("Authentication", "Credentials", "BadHostKey", "PasswordRequired", "AccessDenied")


class UnknownHostError(Exception):
    """A server that may be another than it says; nothing was sent to it."""


def look(shop: Shop, source: FolderSource) -> Iterator[Found]:
    """Yield the files of a folder in the order of their addresses; hidden ones are not for us.

    Raises:
        RetryableError: the folder is missing or cannot be reached.
        FatalError: it denies access, or its address or options are wrong.
    """
    is_local = "://" not in source.path
    address = str(shop.folder.root / source.path) if is_local else source.path
    settings = options(source.options_env, source.block, f"{shop.name}: {source.path}")
    secrets = tuple(secrets_of(settings))
    system: AbstractFileSystem | None = None
    try:
        try:
            if source.path.startswith(("sftp://", "ssh://")):
                settings.setdefault("host_key_policy", _known_host(source))
            # A connection and a listing of its own: a kept one would not see what came since.
            system, root = fsspec.core.url_to_fs(address, skip_instance_cache=True, **settings)
            details = system.find(root, detail=True) if system.exists(root) else None
        except Exception as error:  # noqa: BLE001, each library beneath fsspec has its own errors
            raise explained(error, shop, source, secrets, "cannot be listed") from None
        if details is None:
            raise _missing(shop, address, is_local)
        for path, detail in sorted(details.items()):
            relative = PurePosixPath(path).relative_to(PurePosixPath(root))
            if not any(part.startswith((".", "~$")) for part in relative.parts):
                yield Found(
                    address=f"{source.path}/{relative}",
                    name=relative.name,
                    modified_at=_moment(detail, system, path),
                    open=partial(_at_hand, shop, source, secrets, system, path),
                    bytes=int(detail["size"]),
                )
    finally:
        if client := getattr(system, "client", None):  # SFTP: a connection and a thread
            client.close()


def _at_hand(
    shop: Shop,
    source: FolderSource,
    secrets: tuple[str, ...],
    system: AbstractFileSystem,
    path: str,
) -> AbstractContextManager[Path]:
    """Give a file of the folder as a local path: itself, or a copy."""
    if system.protocol in ("file", ("file", "local")):
        if not os.access(path, os.R_OK):
            if not Path(path).exists():
                raise LeaveIt(GONE)
            raise FatalError(f"{shop.name}: {path}: permission denied. Fix the file's permissions.")
        if not Path(path).is_file():
            raise LeaveIt(NO_FILE)
        return nullcontext(Path(path))

    def copy(target: Path) -> None:
        try:
            with system.open(path, "rb") as file, target.open("wb") as copied:
                shutil.copyfileobj(file, copied)
        except FileNotFoundError:
            raise LeaveIt(GONE) from None
        except Exception as error:  # noqa: BLE001, as above
            raise explained(error, shop, source, secrets, f"does not give {path}") from None

    return fetched(shop, PurePosixPath(path).name, copy)


def _known_host(source: FolderSource) -> Any:
    """Return what paramiko asks about a server's key: only a known one is sent a password."""
    import paramiko

    class KnownHost(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:  # noqa: ARG002
            shown = f"{key.get_name()} {key.get_base64()}"
            known = Path("~/.ssh/known_hosts").expanduser()
            if shown == source.host_key or (
                known.is_file() and paramiko.HostKeys(str(known)).check(hostname, key)
            ):
                return
            raise UnknownHostError(
                f"the server showed the key `{shown}`, which is not known here. If whoever runs it"
                " confirms that key, write it into the shop file as `host_key`"
            )

    return KnownHost()


def _moment(detail: dict[str, Any], system: AbstractFileSystem, path: str) -> datetime:
    """Return when a file was last changed: by that the newer of two exports is known."""
    for key in ("mtime", "LastModified", "updated"):
        if isinstance(moment := detail.get(key), (int, float, datetime)):
            break
    else:
        moment = system.modified(path)
    if isinstance(moment, (int, float)):
        return datetime.fromtimestamp(moment, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _missing(shop: Shop, address: str, is_local: bool) -> FatalError | RetryableError:
    """Return the error of a folder that is not there: one of this machine does not come by waiting."""
    kind, what = (FatalError, "drop folder") if is_local else (RetryableError, "folder")
    return kind(
        f"{shop.name}: the {what} {address} is missing. Make it, or fix `sources` in"
        f" config/shops/{shop.name}.yaml."
    )


def explained(
    error: Exception, shop: Shop, source: Address, secrets: tuple[str, ...], what: str
) -> FatalError | RetryableError:
    """Return an error of a library as one of ours: what, where, how to fix, and no secret."""
    kept = source.options_env or (f"the block {source.block!r}" if source.block else "the address")
    detail = masked(f"{type(error).__name__}: {error}", secrets)
    where = masked(f"{shop.name}: {source.path} {what}", secrets)
    if isinstance(error, ImportError):
        extra = EXTRAS.get(source.path.partition("://")[0])
        fix = f"pip install 'backroom[{extra}]'" if extra else "install what the message names"
        return FatalError(f"{where}: a library is missing ({detail}). To fix: {fix}.")
    if isinstance(error, (ValueError, TypeError)):
        return FatalError(f"{where}: {detail}. Fix the address, or the storage options in {kept}.")
    if isinstance(error, UnknownHostError):
        return FatalError(f"{where}: {error}.")
    refused = any(word in name.__name__ for name in type(error).__mro__ for word in REFUSALS)
    if source.path.partition("://")[1] and (isinstance(error, PermissionError) or refused):
        return FatalError(
            f"{where}: access denied ({detail}). Check user, key and permissions in {kept}."
        )
    return RetryableError(
        f"{where}: {detail}. Check that the server runs and is reached from here; it is tried again."
    )
