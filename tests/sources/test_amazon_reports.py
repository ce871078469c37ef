"""Amazon's reports, against a server that answers as the documents of the API say."""

import gzip
from datetime import timedelta
from typing import Any

import pytest

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import AmazonReports, AmazonSource
from tasks.archive.raw import Raw
from tasks.intake.pull import Pulled, pull
from tests.exports.door import AS_OF, Door
from tests.sources.api import Answer, Server
from tests.sources.conftest import PLAN

REPORTS = "/reports/2021-06-30/reports"
SECRETS = ("Atzr|refresh-hidden", "client-hidden", "Atza|access-hidden", "signed-hidden")
START = "2026-11-14T07:00:00Z"  # seven days before 02:00 in New York


@pytest.fixture
def amazon(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("LWA_REFRESH", SECRETS[0])
    monkeypatch.setenv("LWA_SECRET", SECRETS[1])
    monkeypatch.setenv("LWA_ID", "amzn1.application-oa2-client.1")
    server.says("POST", "/auth/o2/token", {"access_token": SECRETS[2], "expires_in": 3600})
    server.says("GET", REPORTS, {"reports": []})
    server.says("POST", REPORTS, Answer(202, {"reportId": "7"}))
    server.says("GET", f"{REPORTS}/7", report("IN_QUEUE"), report("IN_PROGRESS"), report("DONE"))
    document(server, PLAN.encode())
    return server


def report(status: str, **more: str) -> dict[str, Any]:
    return {
        "reportId": "7",
        "reportType": "GET_PLAN",
        "processingStatus": status,
        "reportDocumentId": "doc-7",
        "dataStartTime": START,
        "createdTime": "2026-11-21T07:00:10+00:00",
        **more,
    }


def document(server: Server, content: bytes, packed: bool = True, **headers: str) -> None:
    description = {
        "reportDocumentId": "doc-7",
        "url": f"{server.url}/file?X-Amz-Signature={SECRETS[3]}",
    }
    if packed:
        description["compressionAlgorithm"] = "GZIP"
        content = gzip.compress(content)
    server.says("GET", "/reports/2021-06-30/documents/doc-7", description)
    server.says("GET", "/file", Answer(200, content, headers))


def shop_of(door: Door, server: Server, **more: Any) -> Shop:
    settings = AmazonReports.model_validate(
        {
            "endpoint": server.url,
            "token_url": f"{server.url}/auth/o2/token",
            "marketplace_ids": ["ATVPDKIKX0DER"],
            "refresh_token_env": "LWA_REFRESH",
            "client_id_env": "LWA_ID",
            "client_secret_env": "LWA_SECRET",
            "reports": {"plan": {"type": "GET_PLAN", "days": 7, **more}},
            "poll_seconds": 0,
        }
    )
    return door.shop.model_copy(update={"sources": (AmazonSource(amazon_reports=settings),)})


def failure(pulled: Pulled, caplog: pytest.LogCaptureFixture) -> FatalError | RetryableError:
    [error] = pulled.failures
    assert not any(secret in str(error) + caplog.text for secret in SECRETS)
    return error


def test_a_report_is_asked_for_waited_for_and_unpacked(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pulled = pull(shop_of(door, amazon, options={"a": "b"}), AS_OF)
    [arrival] = pulled.new
    assert (arrival.address, arrival.name) == ("amazon://LWA_REFRESH/plan", "plan.txt")
    assert Raw(door.folder.raw).path(arrival.sha256).read_text() == PLAN
    [asked] = [one for one in amazon.asked if (one.method, one.path) == ("POST", REPORTS)]
    assert asked.json == {
        "reportType": "GET_PLAN",
        "marketplaceIds": ["ATVPDKIKX0DER"],
        "dataStartTime": START,
        "reportOptions": {"a": "b"},
    }
    assert asked.headers["x-amz-access-token"] == SECRETS[2]
    [file] = [one for one in amazon.asked if one.path == "/file"]
    assert "x-amz-access-token" not in file.headers
    assert not any(secret in caplog.text for secret in SECRETS)
    assert not list((door.folder.work / "pulled").iterdir())


def test_a_report_is_fetched_once_a_night_and_never_doubled(door: Door, amazon: Server) -> None:
    shop = shop_of(door, amazon)
    pull(shop, AS_OF)
    again = pull(shop, AS_OF + timedelta(hours=5))
    assert (again.new, again.known) == ((), 1)
    assert amazon.count("POST", REPORTS) == 1
    next_night = pull(shop, AS_OF + timedelta(days=1))
    assert len(next_night.new) == 1
    assert len(Raw(door.folder.raw).arrivals()) == 1


def test_a_report_asked_for_by_an_earlier_try_is_not_asked_for_again(
    door: Door, amazon: Server
) -> None:
    amazon.says("GET", REPORTS, {"reports": [report("IN_PROGRESS")]})
    assert len(pull(shop_of(door, amazon), AS_OF).new) == 1
    assert amazon.count("POST", REPORTS) == 0


def test_reports_that_amazon_makes_itself_are_each_taken_once(door: Door, amazon: Server) -> None:
    second = {**report("DONE"), "reportId": "8", "reportDocumentId": "doc-8"}
    amazon.says(
        "GET", REPORTS, {"reports": [report("DONE")], "nextToken": "n"}, {"reports": [second]}
    )
    document = {"reportDocumentId": "doc-8", "url": f"{amazon.url}/file8"}
    amazon.says("GET", "/reports/2021-06-30/documents/doc-8", document)
    amazon.says("GET", "/file8", Answer(200, PLAN.replace("1\n", "2\n").encode()))
    shop = shop_of(door, amazon, scheduled=True)
    assert sorted(one.name for one in pull(shop, AS_OF).new) == ["plan_7.txt", "plan_8.txt"]
    assert [one.query for one in amazon.asked if one.path == REPORTS][1] == {"nextToken": ["n"]}
    amazon.says("GET", REPORTS, {"reports": [second, report("DONE")]})
    again = pull(shop, AS_OF + timedelta(days=1))
    assert (again.new, again.known) == ((), 2)


def test_a_busy_amazon_is_waited_for(door: Door, amazon: Server) -> None:
    busy = Answer(429, {"errors": [{"code": "QuotaExceeded"}]}, {"Retry-After": "0"})
    amazon.says("POST", REPORTS, busy, busy, Answer(202, {"reportId": "7"}))
    assert len(pull(shop_of(door, amazon), AS_OF).new) == 1


def test_an_amazon_that_stays_busy_is_asked_by_the_next_run(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture
) -> None:
    for seconds in ("0", "3600"):
        amazon.says("POST", REPORTS, Answer(429, {}, {"Retry-After": seconds}))
        error = failure(pull(shop_of(door, amazon), AS_OF), caplog)
        assert isinstance(error, RetryableError)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (
            "/auth/o2/token",
            Answer(400, {"error": "invalid_grant", "error_description": SECRETS[0]}),
        ),
        ("/auth/o2/token", Answer(401, {"error": "invalid_client"})),
        (REPORTS, Answer(403, {"errors": [{"code": "Unauthorized", "details": SECRETS[2]}]})),
    ],
)
def test_wrong_credentials_are_for_a_person(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture, path: str, answer: Answer
) -> None:
    amazon.says("POST", path, answer)
    error = failure(pull(shop_of(door, amazon), AS_OF), caplog)
    assert isinstance(error, FatalError)
    assert "LWA_SECRET" in str(error)


def test_a_report_without_data_is_left(door: Door, amazon: Server) -> None:
    amazon.says("GET", f"{REPORTS}/7", report("CANCELLED"))
    pulled = pull(shop_of(door, amazon), AS_OF)
    assert (pulled.new, pulled.failures) == ((), ())
    assert "no data" in pulled.left[0].reason


def test_a_report_that_amazon_cannot_make_says_why(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture
) -> None:
    amazon.says("GET", f"{REPORTS}/7", report("FATAL"))
    document(amazon, b'{"errorDetails": "the range is too long"}')
    error = failure(pull(shop_of(door, amazon), AS_OF), caplog)
    assert isinstance(error, FatalError)
    assert "FATAL: the range is too long" in str(error)


@pytest.mark.parametrize("cut", ["gzip", "length", "forbidden"])
def test_a_document_that_did_not_arrive_whole_is_fetched_again(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture, cut: str
) -> None:
    whole = gzip.compress(PLAN.encode() * 50)
    amazon.says(
        "GET",
        "/file",
        {
            "gzip": Answer(200, whole[:-9]),
            "length": Answer(
                200, whole[:-9], {"Content-Length": str(len(whole)), "Connection": "close"}
            ),
            "forbidden": Answer(403, b"<Error><Code>AccessDenied</Code></Error>"),
        }[cut],
    )
    assert isinstance(failure(pull(shop_of(door, amazon), AS_OF), caplog), RetryableError)
    assert not list((door.folder.work / "pulled").iterdir())


def test_an_amazon_out_of_reach_is_named(
    door: Door, amazon: Server, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of(door, amazon)
    [source] = shop.sources
    assert isinstance(source, AmazonSource)
    away = source.amazon_reports.model_copy(update={"endpoint": "http://127.0.0.1:1"})
    shop = shop.model_copy(update={"sources": (AmazonSource(amazon_reports=away),)})
    error = failure(pull(shop, AS_OF), caplog)
    assert isinstance(error, RetryableError)
    assert "sample: Amazon: listing plan: ConnectError" in str(error)
