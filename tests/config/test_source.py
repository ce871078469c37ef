"""A source is known by its key; a slip in it is named, a secret in it is never repeated."""

import pytest
from pydantic import TypeAdapter, ValidationError

from config.source import DatabaseSource, FolderSource, Source
from config.strict import SettingsError

ADAPTER: TypeAdapter[Source] = TypeAdapter(Source)


def test_the_key_that_is_there_says_the_kind() -> None:
    assert ADAPTER.validate_python({"path": "inbox"}) == FolderSource(path="inbox")
    database = {"database_env": "DB", "queries": {"plan": "select 1"}}
    assert isinstance(ADAPTER.validate_python(database), DatabaseSource)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"folder": "inbox"},
        {"path": "inbox", "settle": 1},
        {"path": "inbox", "database_env": "DB"},
        {"path": "inbox", "options_env": "A", "block": "b"},
        {"database_env": "DB", "queries": {}},
        {"database_env": "DB", "queries": {"../plan": "select 1"}},
        {"shopify_bulk": {"store": "evil.example", "token_env": "T", "queries": {"a": "b"}}},
        {
            "shopify_bulk": {
                "store": "fern.myshopify.com",
                "endpoint": "http://plain.example",
                "token_env": "T",
                "queries": {"a": "b"},
            }
        },
    ],
)
def test_what_no_source_knows_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(values)


@pytest.mark.parametrize(
    "values",
    [
        {"path": "sftp://shop:hunter-2@host/exports"},
        {"path": "s3://b/x", "options_env": "hunter-2"},
        {"database_env": "postgresql://u:hunter-2@host/x", "queries": {"plan": "select 1"}},
    ],
)
def test_a_secret_in_the_shop_file_is_refused_and_not_repeated(values: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        ADAPTER.validate_python(values)
    assert "hunter-2" not in str(caught.value)
