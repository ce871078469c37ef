"""Shopify's bulk operations: a query run by Shopify itself, its result downloaded as JSON lines.

The calls are those of the Admin GraphQL API [1]; a store runs one bulk query of an app at a time.

[1] https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from config.errors import FatalError, RetryableError
from config.shop import Shop, shops_root
from config.source import ShopifyBulk
from tasks.sources.found import Found, LeaveIt, PullTime, fetched, text_or_file
from tasks.sources.http import TRIES, Api
from tasks.sources.secrets import from_environment

FIELDS = "id status errorCode createdAt objectCount fileSize url query"
CURRENT = f"{{ currentBulkOperation {{ {FIELDS} }} }}"
ONE = f"query($id: ID!) {{ node(id: $id) {{ ... on BulkOperation {{ {FIELDS} }} }} }}"
RUN = (
    "mutation($query: String!) { bulkOperationRunQuery(query: $query)"
    f" {{ bulkOperation {{ {FIELDS} }} userErrors {{ field message }} }} }}"
)
AT_WORK = ("CREATED", "RUNNING", "CANCELING")


def look(shop: Shop, settings: ShopifyBulk, at: PullTime) -> Iterator[Found]:
    """Yield one file a query; Shopify is asked only when it is opened."""
    store = Store(shop, settings)
    for name, query in settings.queries.items():
        file = f"{name}.jsonl"
        yield Found(
            address=f"shopify://{settings.store}/{name}",
            name=file,
            modified_at=at.now,
            open=partial(fetched, shop, file, partial(store.fetch, name, query, at)),
            nightly=True,
        )


@dataclass
class Store:
    """One Shopify store and the app that may read it."""

    shop: Shop
    settings: ShopifyBulk
    clock: Callable[[], float] = time.monotonic
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.api = Api(
            f"{self.shop.name}: Shopify store {self.settings.store}",
            f"Check {self.settings.token_env}, and the scopes of the app (Shopify admin > Settings >"
            " Apps).",
        )

    def fetch(self, name: str, query: str, at: PullTime, target: Path) -> None:
        """Write the result of a query: this night's, if an earlier try has run it, or a new one.

        Raises:
            LeaveIt: the query found nothing.
            RetryableError: it is not ready yet, or Shopify broke it off.
            FatalError: Shopify does not accept the query.
        """
        try:
            asked = text_or_file(query, ".graphql", shops_root()).strip()
        except OSError as error:
            raise FatalError(f"{self.api.what}: {name}: {error}. Fix the shop file.") from None
        operation = self._ask(CURRENT, f"looking before {name}").get("currentBulkOperation")
        if operation and operation["status"] in AT_WORK and not _is(operation, asked, at):
            self.wait(name, operation)  # another query's turn comes first
            operation = None
        usable = (*AT_WORK, "COMPLETED")
        if not operation or operation["status"] not in usable or not _is(operation, asked, at):
            operation = self.run(name, asked)
        self._download(name, self.wait(name, operation), target)

    def run(self, name: str, query: str) -> dict[str, Any]:
        """Start a bulk query; return the operation."""
        started = self._ask(RUN, f"starting {name}", query=query)["bulkOperationRunQuery"]
        if errors := started.get("userErrors"):
            messages = "; ".join(str(error.get("message")) for error in errors)[:300]
            if "already in progress" in messages:
                raise RetryableError(f"{self.api.what}: {name}: {messages}. It is tried again.")
            raise FatalError(
                f"{self.api.what}: {name}: {messages}. Fix the query in the shop file."
            )
        operation: dict[str, Any] = started["bulkOperation"]
        return operation

    def wait(self, name: str, operation: dict[str, Any]) -> dict[str, Any]:
        """Wait until an operation has ended; return what Shopify then says of it."""
        deadline = self.clock() + self.settings.patience_minutes * 60
        number = operation["id"]
        while operation["status"] in AT_WORK:
            if self.clock() > deadline:
                raise RetryableError(
                    f"{self.api.what}: {name} ({number}) is not ready after"
                    f" {self.settings.patience_minutes} minutes. The next run goes on waiting."
                )
            self.api.pause(self.settings.poll_seconds)
            found = self._ask(ONE, f"waiting for {name}", id=number).get("node")
            if not found:
                raise RetryableError(
                    f"{self.api.what}: {name} ({number}) is gone. It is run again."
                )
            operation = found
        return operation

    def _download(self, name: str, operation: dict[str, Any], target: Path) -> None:
        status, code = operation["status"], operation.get("errorCode")
        if status != "COMPLETED":
            outcome = f"{self.api.what}: {name} ended as {status}{f' ({code})' if code else ''}."
            if code == "ACCESS_DENIED":
                raise FatalError(f"{outcome} {self.api.fix}")
            raise RetryableError(
                f"{outcome} It is run again; a query that is too slow must ask for less."
            )
        if not operation.get("url"):
            raise LeaveIt("Shopify found nothing for this query")
        self.api.download(operation["url"], target, f"downloading {name}")
        size = operation.get("fileSize")
        if size is not None and int(size) != target.stat().st_size:
            raise RetryableError(
                f"{self.api.what}: {name} has {target.stat().st_size:,} of {int(size):,} bytes. It"
                " is fetched again."
            )

    def _ask(self, document: str, doing: str, **variables: str) -> dict[str, Any]:
        """Return the `data` of a GraphQL call; one that is throttled is waited for.

        Raises:
            RetryableError: Shopify is away or stays busy.
            FatalError: it denies access, or does not understand the call.
        """
        server = (self.settings.endpoint or f"https://{self.settings.store}").rstrip("/")
        token = from_environment(self.settings.token_env, self.api.what)
        for tried in range(TRIES):
            answer = self.api.call(
                "POST",
                f"{server}/admin/api/{self.settings.api_version}/graphql.json",
                doing,
                headers={"X-Shopify-Access-Token": token},
                refused=(401, 402, 403, 404, 423),
                json={"query": document, "variables": variables},
            )
            codes = {_code(error) for error in answer.get("errors") or []}
            if "THROTTLED" not in codes:
                break
            self.api.pause(2.0**tried * min(1, self.settings.poll_seconds))
        if "ACCESS_DENIED" in codes:
            raise FatalError(f"{self.api.what}: {doing}: ACCESS_DENIED. {self.api.fix}")
        if codes & {"THROTTLED", "INTERNAL_SERVER_ERROR", "TIMEOUT"}:
            raise RetryableError(f"{self.api.what}: {doing}: {sorted(codes)}. It is tried again.")
        if codes or not isinstance(answer.get("data"), dict):
            raise FatalError(
                f"{self.api.what}: {doing}: Shopify does not accept the call ({sorted(codes)})."
                " Check api_version in the shop file."
            )
        data: dict[str, Any] = answer["data"]
        return data


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    return str((extensions or {}).get("code", "ERROR"))


def _is(operation: dict[str, Any], query: str, at: PullTime) -> bool:
    """Return whether an operation is this query, run this night."""
    created = datetime.fromisoformat(operation["createdAt"])
    return created >= at.night_start and str(operation.get("query") or "").split() == query.split()
