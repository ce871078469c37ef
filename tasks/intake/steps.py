"""The door of the intake: files are pulled, read and judged, and their rows staged."""

from collections.abc import Collection
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from config.check import notices
from config.errors import FatalError
from config.export import load_exports
from config.shop import Shop
from tasks.archive.raw import Raw
from tasks.archive.readings import GONE
from tasks.intake import sightings
from tasks.intake.landing import record_left
from tasks.intake.normalize import normalize, record_refused
from tasks.intake.pull import Pulled, pull
from tasks.run.night import Night
from tasks.run.progress import say
from tasks.run.retrying import WAITS, may_work_later
from tasks.run.wording import count
from tasks.warehouse.connection import open_to_read_files, open_warehouse

LISTED = 20  # files named one by one


@task(
    retries=3, retry_delay_seconds=WAITS, retry_condition_fn=may_work_later, cache_policy=NO_CACHE
)
def pull_files(shop: Shop, by: datetime | None = None) -> Pulled:
    """Keep every new file of the shop's sources in raw; fail, at the end, if a source failed.

    With `by`, only what had come by that moment.
    """
    for notice in notices():
        say(f"note: {notice}")
    pulled = pull(shop, datetime.now(UTC), by)
    say(
        f"pulled {count(len(pulled.new), 'new file')}, {pulled.known} known,"
        f" {len(pulled.left)} left where they are"
    )
    if by and pulled.later:
        say(
            f"{count(pulled.later, 'file')} came after {by:%Y-%m-%d %H:%M} UTC: a later night takes them"
        )
    for left in pulled.left[:LISTED]:
        say(f"left where it is: {left.name}: {left.reason}")
    if len(pulled.left) > LISTED:
        say(f"left where they are: {len(pulled.left) - LISTED} more, all in landing.left_alone")
    with open_warehouse(shop.folder) as con:
        record_left(con, pulled.left)
    pulled.require_all()
    return pulled


@task(cache_policy=NO_CACHE, task_run_name="normalize {platform}")
def normalize_platform(night: Night, platform: str) -> int:
    """Stage every file of one platform that is not staged yet; return the rows read."""
    return _normalize(night, platform, load_exports())


def _normalize(night: Night, platform: str, reports: Collection[str]) -> int:
    arrivals = Raw(night.shop.folder.raw).arrivals(night.moment)
    rows = 0
    failures: list[Exception] = []
    with open_to_read_files(night.shop.folder) as con:
        if not platform:
            record_refused(con, night, [a for a in arrivals if not a.report])
        for export in load_exports().values():
            if export.platform != platform or export.name not in reports:
                continue
            try:
                landed = normalize(
                    con, night, export, [a for a in arrivals if a.report == export.name]
                )
            except Exception as error:  # noqa: BLE001, raised once the other reports are read
                say(f"{export.name} failed; the other reports of {platform} are read")
                failures.append(error)
                continue
            refused = [file for file in landed if file.status == "rejected"]
            if landed:
                read = sum(file.rows_read for file in landed if file.status == "accepted")
                note = f", {len(refused)} refused" if refused else ""
                say(f"{export.name}: {count(len(landed), 'file')}, {count(read, 'row')}{note}")
                rows += read
            for file in refused:
                say(f"refused: {file.reason}")
            failures += [FatalError(file.reason) for file in refused if file.code == GONE]
    if failures:
        raise failures[0]
    return rows


def new_reports(night: Night, reports: Collection[str]) -> frozenset[str]:
    """Return those of `reports` of which files have come that are not staged."""
    with open_warehouse(night.shop.folder) as con:
        known = {name for (name,) in con.execute("select file_id from landing.files").fetchall()}
    came = Raw(night.shop.folder.raw).arrivals(night.moment)
    return frozenset(a.report for a in came if a.report in reports and a.file_id not in known)


@task(cache_policy=NO_CACHE)
def stage_reports(night: Night, reports: Collection[str]) -> int:
    """Stage the files of `reports` that are not staged yet; return the rows read. The night reads the rest."""
    platforms = sorted({report.partition(".")[0] for report in reports})
    return sum(_normalize(night, platform, reports) for platform in platforms)


def platforms_of(shop: Shop, by: datetime | None = None) -> list[str]:
    """Return the platforms of which files have landed; '' is for files that are no export.

    With `by`, of files that had come by that moment.
    """
    reports = {arrival.report for arrival in Raw(shop.folder.raw).arrivals(by)}
    return sorted({report.partition(".")[0] for report in reports})


@task(cache_policy=NO_CACHE)
def record_sightings(night: Night) -> None:
    """Note each time that an accepted file came: the same again says that it still holds."""
    with open_warehouse(night.shop.folder) as con:
        sightings.record_sightings(con, night)


def say_if_nothing_read(night: Night) -> None:
    """Say how files get read where none ever was: what follows will show no data."""
    with open_warehouse(night.shop.folder) as con:
        is_empty = con.execute("select 1 from landing.files limit 1").fetchone() is None
    if is_empty:
        say(f"no file has been read yet: backroom ingest --shop {night.shop.name} reads them")
