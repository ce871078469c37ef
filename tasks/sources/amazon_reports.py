"""Amazon's reports: asked for, waited for and downloaded through the Selling Partner API.

The calls are those of the Reports API 2021-06-30 [1] with a token from Login with Amazon [2].

[1] https://developer-docs.amazon.com/sp-api/docs/reports-api-v2021-06-30-reference
[2] https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api
"""

import gzip
import json
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import AmazonReport, AmazonReports
from tasks.sources.found import Found, LeaveIt, PullTime, fetched
from tasks.sources.http import Api
from tasks.sources.secrets import from_environment

REPORTS = "/reports/2021-06-30"
EARLY = 60.0  # seconds before its end at which a token is renewed
LISTED_DAYS = 90  # Amazon keeps reports so long


def look(shop: Shop, settings: AmazonReports, at: PullTime) -> Iterator[Found]:
    """Yield one file a report that is asked for, and one for each that Amazon made by itself.

    Raises:
        RetryableError: Amazon cannot be reached.
        FatalError: it denies access.
    """
    account = Account(shop, settings)
    for name, report in settings.reports.items():
        address = f"amazon://{settings.refresh_token_env}/{name}"
        if not report.scheduled:
            file = f"{name}.txt"
            fetch = partial(account.fetch_tonight, name, report, at)
            opened = partial(fetched, shop, file, fetch)
            yield Found(address, file, at.now, opened, nightly=True)
            continue
        for made in account.listed(name, report, at, timedelta(days=report.days), "DONE"):
            file = f"{name}_{made['reportId']}.txt"
            opened = partial(fetched, shop, file, partial(account.download, name, made))
            yield Found(f"{address}/{made['reportId']}", file, _ended(made), opened)


def _ended(made: dict[str, Any]) -> datetime:
    ended = made.get("processingEndTime") or made["createdTime"]
    return datetime.fromisoformat(ended).astimezone(UTC)


@dataclass
class Account:
    """One seller's account; the token is fetched with the first call."""

    shop: Shop
    settings: AmazonReports
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", repr=False)
    _ends: float = 0.0
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        names = (
            self.settings.client_id_env,
            self.settings.client_secret_env,
            self.settings.refresh_token_env,
        )
        self.api = Api(
            f"{self.shop.name}: Amazon",
            f"Check {', '.join(names)}, and that the application still has the roles of these"
            " reports (Seller Central > Develop Apps).",
        )

    def fetch_tonight(self, name: str, report: AmazonReport, at: PullTime, target: Path) -> None:
        """Write the report of this night: the one already asked for, or a new one.

        Raises:
            LeaveIt: Amazon had no data for it.
            RetryableError: it is not ready yet; the next run finds it and goes on.
            FatalError: Amazon cannot make it.
        """
        asked = self.listed(name, report, at, at.now - at.night_start, "IN_QUEUE,IN_PROGRESS,DONE")
        same = [one for one in asked if _is_asked(one, report, at)]
        made = same[0] if same else self.ask(name, report, at)
        self.download(name, self.wait(name, made), target)

    def ask(self, name: str, report: AmazonReport, at: PullTime) -> dict[str, Any]:
        """Ask for a report; return the little that is known of it then."""
        wanted: dict[str, Any] = {
            "reportType": report.type,
            "marketplaceIds": list(self.settings.marketplace_ids),
            "dataStartTime": _start_of(report, at),
        }
        if report.options:
            wanted["reportOptions"] = report.options
        made = self._call("POST", f"{REPORTS}/reports", f"asking for {name}", json=wanted)
        return {"reportId": made["reportId"], "processingStatus": "IN_QUEUE"}

    def wait(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        """Wait until Amazon has made a report; return what it then says of it."""
        deadline = self.clock() + self.settings.patience_minutes * 60
        number = made["reportId"]
        while made["processingStatus"] in ("IN_QUEUE", "IN_PROGRESS"):
            made = self._call("GET", f"{REPORTS}/reports/{number}", f"waiting for {name}")
            if made["processingStatus"] in ("IN_QUEUE", "IN_PROGRESS"):
                if self.clock() > deadline:
                    raise RetryableError(
                        f"{self.api.what}: {name} (report {number}) is not ready after"
                        f" {self.settings.patience_minutes} minutes. The next run goes on waiting."
                    )
                self.api.pause(self.settings.poll_seconds)
        if made["processingStatus"] == "CANCELLED":
            raise LeaveIt(
                "Amazon cancelled the report: it has no data for these days, or somebody stopped it"
            )
        if made["processingStatus"] != "DONE":
            raise FatalError(
                f"{self.api.what}: {name} (report {number}) ended as {made['processingStatus']}"
                f"{self._why(name, made)}. Fix its type, days or options in the shop file; the next"
                " run asks again."
            )
        return made

    def download(self, name: str, made: dict[str, Any], target: Path) -> None:
        """Write the document of a finished report into `target`, unpacked."""
        path = f"{REPORTS}/documents/{made['reportDocumentId']}"
        document = self._call("GET", path, f"finding the document of {name}")
        packing = document.get("compressionAlgorithm")
        if packing not in (None, "GZIP"):
            raise FatalError(
                f"{self.api.what}: {name} is packed as {packing}, which is not supported. Take it"
                " from Seller Central by hand, and report it to whoever looks after Backroom."
            )
        if packing is None:
            self.api.download(document["url"], target, f"downloading {name}")
            return
        packed = target.with_name(target.name + ".gz")
        try:
            self.api.download(document["url"], packed, f"downloading {name}")
            with gzip.open(packed) as file, target.open("wb") as plain:
                shutil.copyfileobj(file, plain)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise RetryableError(
                f"{self.api.what}: the document of {name} is cut short or is no gzip. It is fetched"
                " again."
            ) from None
        finally:
            packed.unlink(missing_ok=True)

    def listed(
        self, name: str, report: AmazonReport, at: PullTime, back: timedelta, statuses: str
    ) -> Iterator[dict[str, Any]]:
        """Yield the account's reports of a type, the newest first, as far back as asked."""
        since = at.now - min(back, timedelta(days=LISTED_DAYS))
        asked: dict[str, str] = {
            "reportTypes": report.type,
            "processingStatuses": statuses,
            "marketplaceIds": ",".join(self.settings.marketplace_ids),
            "createdSince": _stamp(since),
            "pageSize": "100",
        }
        while True:
            page = self._call("GET", f"{REPORTS}/reports", f"listing {name}", params=asked)
            yield from page.get("reports", [])
            if not page.get("nextToken"):
                return
            asked = {
                "nextToken": page["nextToken"]
            }  # alone: Amazon takes no other parameter with it

    def _why(self, name: str, made: dict[str, Any]) -> str:
        """Return what Amazon says of a failed report, in a document of its own."""
        if not made.get("reportDocumentId"):
            return ""
        with fetched(self.shop, f"{name}.why", partial(self.download, name, made)) as path:
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                return ""
        details = document.get("errorDetails") if isinstance(document, dict) else None
        return f": {str(details)[:300]}" if details else ""

    def _call(self, method: str, path: str, doing: str, **content: Any) -> dict[str, Any]:
        url = self.settings.endpoint.rstrip("/") + path
        headers = {"x-amz-access-token": self._access(), "user-agent": "Backroom/0.1 (Python)"}
        return self.api.call(method, url, doing, headers=headers, **content)

    def _access(self) -> str:
        """Return a token that is good for the next call; it lives for an hour."""
        if self.clock() < self._ends:
            return self._token
        names = ("refresh_token", "client_id", "client_secret")
        credentials = {
            name: from_environment(getattr(self.settings, f"{name}_env"), self.api.what)
            for name in names
        }
        answer = self.api.call(
            "POST",
            self.settings.token_url,
            "logging in",
            refused=(400, 401, 403),
            data={"grant_type": "refresh_token", **credentials},
        )
        self._token = str(answer["access_token"])
        self._ends = self.clock() + float(answer.get("expires_in", 3600)) - EARLY
        return self._token


def _start_of(report: AmazonReport, at: PullTime) -> str:
    return _stamp(at.night_start - timedelta(days=report.days))


def _is_asked(made: dict[str, Any], report: AmazonReport, at: PullTime) -> bool:
    """Return whether an earlier try of this night asked for the same days."""
    starts = made.get("dataStartTime")
    if starts is None or made.get("reportType") != report.type:
        return False
    return bool(_stamp(datetime.fromisoformat(starts)) == _start_of(report, at))


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
