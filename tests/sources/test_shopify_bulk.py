"""Shopify's bulk operations, against a server that answers as the documents of the API say."""

from datetime import timedelta
from typing import Any

import pytest

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import ShopifyBulk, ShopifySource
from tasks.archive.raw import Raw
from tasks.intake.pull import pull
from tasks.sources.found import pull_time
from tasks.sources.shopify_bulk import look
from tests.exports.door import AS_OF, Door
from tests.sources.api import Answer, Server
from tests.sources.conftest import PLAN

GRAPHQL = "/admin/api/2026-10/graphql.json"
QUERY = "{ orders { edges { node { id } } } }"
SECRETS = ("shpat_hidden", "signed-hidden")


@pytest.fixture
def shopify(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("SHOPIFY_TOKEN", SECRETS[0])
    server.says("GET", "/file", Answer(200, PLAN.encode()))
    talk(server, current(None), started(server), node(operation(server)))
    return server


def talk(server: Server, *answers: Any) -> None:
    server.says("POST", GRAPHQL, *answers)


def operation(server: Server, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/BulkOperation/1",
        "status": status,
        "errorCode": None,
        "createdAt": "2026-11-21T07:00:10Z",
        "objectCount": "1",
        "fileSize": str(len(PLAN)),
        "url": f"{server.url}/file?Signature={SECRETS[1]}" if status == "COMPLETED" else None,
        "query": QUERY,
        **more,
    }


def current(operation: dict[str, Any] | None) -> dict[str, Any]:
    return {"data": {"currentBulkOperation": operation}}


def node(operation: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"node": operation}}


def started(server: Server, *errors: str) -> dict[str, Any]:
    begun = None if errors else operation(server, "CREATED")
    faults = [{"field": None, "message": error} for error in errors]
    return {"data": {"bulkOperationRunQuery": {"bulkOperation": begun, "userErrors": faults}}}


def shop_of(door: Door, server: Server, query: str = QUERY) -> Shop:
    bulk = ShopifyBulk.model_validate(
        {
            "store": "fern.myshopify.com",
            "endpoint": server.url,
            "token_env": "SHOPIFY_TOKEN",
            "queries": {"plan": query},
            "poll_seconds": 0,
        }
    )
    return door.shop.model_copy(update={"sources": (ShopifySource(shopify_bulk=bulk),)})


def failure(
    door: Door, server: Server, caplog: pytest.LogCaptureFixture
) -> FatalError | RetryableError:
    [error] = pull(shop_of(door, server), AS_OF).failures
    assert not any(secret in str(error) + caplog.text for secret in SECRETS)
    return error


def test_a_query_is_run_waited_for_and_downloaded(
    door: Door, shopify: Server, caplog: pytest.LogCaptureFixture
) -> None:
    talk(
        shopify, current(None), started(shopify),
        node(operation(shopify, "RUNNING")), node(operation(shopify)),
    )  # fmt: skip
    [arrival] = pull(shop_of(door, shopify), AS_OF).new
    assert (arrival.address, arrival.name) == ("shopify://fern.myshopify.com/plan", "plan.jsonl")
    assert Raw(door.folder.raw).path(arrival.sha256).read_text() == PLAN
    run = [one for one in shopify.asked if b"bulkOperationRunQuery" in one.body]
    assert [one.json["variables"] for one in run] == [{"query": QUERY}]
    assert run[0].headers["x-shopify-access-token"] == SECRETS[0]
    assert not any(secret in caplog.text for secret in SECRETS)


def test_a_query_is_run_once_a_night(door: Door, shopify: Server) -> None:
    shop = shop_of(door, shopify)
    pull(shop, AS_OF)
    again = pull(shop, AS_OF + timedelta(hours=5))
    assert (again.new, again.known) == ((), 1)
    assert len(Raw(door.folder.raw).landings()) == 1


def test_what_an_earlier_try_has_run_is_taken(door: Door, shopify: Server) -> None:
    talk(shopify, current(operation(shopify)))
    assert len(pull(shop_of(door, shopify), AS_OF).new) == 1
    assert not [one for one in shopify.asked if b"bulkOperationRunQuery" in one.body]


def test_the_result_of_another_night_is_not_taken(door: Door, shopify: Server) -> None:
    old = operation(shopify, createdAt="2026-11-20T07:00:10Z")
    talk(shopify, current(old), started(shopify), node(operation(shopify)))
    assert len(pull(shop_of(door, shopify), AS_OF).new) == 1
    assert [one for one in shopify.asked if b"bulkOperationRunQuery" in one.body]


def test_another_query_has_its_turn_first(door: Door, shopify: Server) -> None:
    other = operation(shopify, "RUNNING", query="{ products { edges { node { id } } } }")
    talk(
        shopify, current(other), node({**other, "status": "COMPLETED"}), started(shopify),
        node(operation(shopify)),
    )  # fmt: skip
    assert len(pull(shop_of(door, shopify), AS_OF).new) == 1


def test_a_query_may_be_in_a_file_next_to_the_shop(door: Door, shopify: Server) -> None:
    (door.folder.root.parent.parent / "shops" / "plan.graphql").write_text(QUERY)
    assert len(pull(shop_of(door, shopify, "plan.graphql"), AS_OF).new) == 1
    [error] = pull(shop_of(door, shopify, "none.graphql"), AS_OF + timedelta(days=1)).failures
    assert isinstance(error, FatalError)


def test_a_busy_shopify_is_waited_for(door: Door, shopify: Server) -> None:
    talk(
        shopify,
        Answer(429, {}, {"Retry-After": "0.0"}),
        {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]},
        current(operation(shopify)),
    )
    assert len(pull(shop_of(door, shopify), AS_OF).new) == 1


def test_a_query_that_finds_nothing_is_left(door: Door, shopify: Server) -> None:
    talk(shopify, current(operation(shopify, url=None)))
    pulled = pull(shop_of(door, shopify), AS_OF)
    assert (pulled.new, pulled.failures) == ((), ())
    assert "found nothing" in pulled.left[0].reason


@pytest.mark.parametrize(
    ("answers", "kind", "says"),
    [
        ([Answer(401, {"errors": "[API] Invalid API key: shpat_hidden"})], FatalError, "SHOPIFY_TOKEN"),
        ([Answer(403, {"errors": "no"})], FatalError, "access denied"),
        ([Answer(500, {})], RetryableError, "answers 500"),
        ([Answer(200, b"<html>")], RetryableError, "no JSON"),
        ([{"errors": [{"message": "x", "extensions": {"code": "ACCESS_DENIED"}}]}], FatalError, "scopes"),
        (["none", "FAILED TIMEOUT"], RetryableError, "TIMEOUT"),
        (["none", "FAILED ACCESS_DENIED"], FatalError, "scopes"),
        (["none", "CANCELED"], RetryableError, "CANCELED"),
        (["none", "userErrors Invalid bulk query"], FatalError, "Invalid bulk query"),
        (["none", "userErrors already in progress"], RetryableError, "tried again"),
    ],
)  # fmt: skip
def test_each_failure_says_what_to_do(
    door: Door,
    shopify: Server,
    caplog: pytest.LogCaptureFixture,
    answers: list[Any],
    kind: type[Exception],
    says: str,
) -> None:
    replies: list[Any] = []
    for answer in answers:
        if answer == "none":
            replies.append(current(None))
        elif isinstance(answer, str) and answer.startswith("userErrors"):
            replies.append(started(shopify, answer.removeprefix("userErrors ")))
        elif isinstance(answer, str):
            status, _, code = answer.partition(" ")
            replies += [started(shopify), node(operation(shopify, status, errorCode=code or None))]
        else:
            replies.append(answer)
    talk(shopify, *replies)
    error = failure(door, shopify, caplog)
    assert isinstance(error, kind)
    assert says in str(error)


def test_a_download_cut_short_is_fetched_again(
    door: Door, shopify: Server, caplog: pytest.LogCaptureFixture
) -> None:
    shopify.says("GET", "/file", Answer(200, PLAN[:-5].encode()))
    assert isinstance(failure(door, shopify, caplog), RetryableError)


def test_a_token_that_is_not_set_is_named(door: Door, shopify: Server, monkeypatch: Any) -> None:
    monkeypatch.delenv("SHOPIFY_TOKEN")
    [error] = pull(shop_of(door, shopify), AS_OF).failures
    assert "SHOPIFY_TOKEN is not set" in str(error)


def test_looking_asks_for_nothing(door: Door, shopify: Server) -> None:
    [source] = shop_of(door, shopify).sources
    assert isinstance(source, ShopifySource)
    assert len(list(look(door.shop, source.shopify_bulk, pull_time(door.shop, AS_OF)))) == 1
    assert shopify.asked == []
