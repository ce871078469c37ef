"""The published snapshot in an object store, for analysts who do not work on this machine.

`<address>/<shop>/<version>/marts.duckdb` is put first, whole, and never changed. Then
`<address>/<shop>/current` names it: one small object, replaced whole. A reader reads `current` and
the file that it names: the old snapshot or the new one. A killed upload is done again by the next
run; what it left is removed then.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import fsspec
from fsspec import AbstractFileSystem

from config.shop import Shop
from config.source import ObjectStore
from tasks.outbox.snapshot import CURRENT, FILE, KEPT_NIGHTS, PUBLISHED, SCHEMA
from tasks.sources.folder import explained
from tasks.sources.secrets import options, secrets_of


def put_elsewhere(shop: Shop, snapshot: Path, *, keep: int = KEPT_NIGHTS) -> str | None:
    """Put a published snapshot to where the shop's file says; return its address, None if nowhere.

    Where `current` names it already, nothing is sent. One publisher at a time (the shop's lock
    sees to it), any number of readers.

    Args:
        shop: Whose marts they are.
        snapshot: The file, as `publish` returned it.
        keep: Of how many nights before this one the last version is kept there.

    Raises:
        RetryableError: the store cannot be reached.
        FatalError: it denies access, or its address or options are wrong.
    """
    place = shop.published_to
    if place is None:
        return None
    settings = options(place.options_env, place.block, f"{shop.name}: {place.path}")
    try:
        system, root = fsspec.core.url_to_fs(place.path, skip_instance_cache=True, **settings)
        return _put(system, f"{root.rstrip('/')}/{shop.name}", place, shop, snapshot, keep)
    except duckdb.Error:
        raise
    except Exception as error:  # noqa: BLE001, each library beneath fsspec has its own errors
        secrets = tuple(secrets_of(settings))
        raise explained(error, shop, place, secrets, "cannot be published to") from None


def _put(
    system: AbstractFileSystem, root: str, place: ObjectStore, shop: Shop, snapshot: Path, keep: int
) -> str:
    version, facts = snapshot.parent.name, _facts(snapshot)
    address = f"{place.path.rstrip('/')}/{shop.name}/{version}/{FILE}"
    known = _known(system, f"{root}/{CURRENT}")
    if (known.get("version"), known.get("content_hash")) == (version, facts["content_hash"]):
        return address
    system.put_file(str(snapshot), f"{root}/{version}/{FILE}")
    nights = {**known.get("nights", {}), str(facts["business_date"]): version}
    nights = {night: nights[night] for night in _kept(nights, facts["business_date"], keep)}
    pointer = {**facts, "file": f"{version}/{FILE}", "nights": nights}
    system.pipe_file(f"{root}/{CURRENT}", json.dumps(pointer, default=str, indent=1).encode())
    for path in system.find(root):
        inside = path.removeprefix(f"{root}/")
        if inside != CURRENT and inside.partition("/")[0] not in nights.values():
            system.rm_file(path)
    return address


def _kept(nights: Mapping[str, str], night: date, keep: int) -> list[str]:
    """Return the nights whose last version stays: this one, and the latest others."""
    others = sorted(each for each in nights if each != str(night))
    return [str(night), *others[max(len(others) - keep, 0) :]]


def _known(system: AbstractFileSystem, path: str) -> dict[str, Any]:
    """Return what `current` says; nothing where there is none."""
    try:
        current = json.loads(system.cat_file(path))
    except (FileNotFoundError, ValueError):
        return {}
    return current if isinstance(current, dict) else {}


def _facts(snapshot: Path) -> dict[str, Any]:
    """Return what the snapshot says of itself."""
    columns = ", ".join(PUBLISHED)
    with duckdb.connect(str(snapshot), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        [row] = con.execute(f"select {columns} from {SCHEMA}.published").fetchall()
    return dict(zip(PUBLISHED, row, strict=True))
