"""Where exports come from: a folder, a database, Amazon's reports, Shopify's bulk operations.

A shop file never holds a credential, only the name of an environment variable (or of a Prefect
block) that does.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from config.strict import SettingsError, Strict


def _name_of_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name):
        # Not a ValueError: its message would repeat what may be a pasted secret.
        raise SettingsError(
            "sources: a key ending in _env takes the NAME of an environment variable, such as"
            " SHOPIFY_TOKEN, never the secret itself. Put the secret into the environment, and if"
            " it was ever saved in the shop file, change it."
        )
    return name


def _without_password(address: str) -> str:
    if re.search(r"://[^/@\s]*:[^/\s]*@", address):
        raise SettingsError(
            "sources: the address of a folder carries a password. Leave it out, give it as JSON"
            ' ({"password": "…"}) in an environment variable, name that in `options_env`, and'
            " change the password: the shop file was no place for it."
        )
    return address


def _safe_server(url: str) -> str:
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", url):
        raise ValueError("must begin with https://: a token would travel for everyone to read")
    return url


EnvironmentName = Annotated[str, AfterValidator(_name_of_variable)]
ServerUrl = Annotated[str, AfterValidator(_safe_server)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Address(Strict):
    """A place that fsspec knows, and where its credentials are."""

    path: Annotated[str, AfterValidator(_without_password)] = Field(
        description="inbox, sftp://user@host/exports, s3://bucket/exports, gs://bucket/exports …"
    )
    options_env: EnvironmentName | None = Field(
        None, description="Environment variable with fsspec's storage options as JSON."
    )
    block: str | None = Field(None, description="Prefect Secret block with those options instead.")

    @model_validator(mode="after")
    def _one_place_for_credentials(self) -> Self:
        if self.options_env and self.block:
            raise ValueError("give options_env or block, not both")
        return self


class FolderSource(Address):
    """A folder: a path below the shop's own folder, or any address that fsspec knows."""

    host_key: str | None = Field(
        None,
        pattern=r"^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+$",
        description="SFTP: the server's public key, where ~/.ssh/known_hosts does not hold it.",
    )
    settle_seconds: int = Field(
        20, ge=0, description="A file changed less than this ago may still be being written."
    )


class ObjectStore(Address):
    """A place in an object store, whose objects are replaced whole: no reader sees a half."""

    path: Annotated[
        str,
        Field(
            pattern=r"^(s3|gs)://[^/@:]+(/[^/]+)*$",
            description="s3://bucket/marts or gs://bucket/marts: each shop has a folder of its own there.",
        ),
    ]


class DatabaseSource(Strict):
    """A database: each query's result becomes the file <name>.csv, once a night."""

    database_env: EnvironmentName = Field(
        description="Environment variable with an SQLAlchemy URL: postgresql://reader@host/shop."
    )
    queries: dict[FileName, str] = Field(
        min_length=1, description="A select, or the path of a .sql file next to the shop file."
    )


class AmazonReport(Strict):
    """One kind of report of Amazon's Selling Partner API."""

    type: str = Field(pattern=r"^[A-Z0-9_]+$", description="Amazon's reportType.")
    days: int = Field(30, ge=1, le=365, description="How far back it looks.")
    options: dict[str, str] = Field(default_factory=dict, description="Amazon's reportOptions.")
    scheduled: bool = Field(
        False, description="Made by Amazon itself, as settlements are: listed, never asked for."
    )


class AmazonReports(Strict):
    """Reports of one seller's account; Amazon's own endpoint decides the region."""

    endpoint: ServerUrl = Field(
        "https://sellingpartnerapi-na.amazon.com", description="Europe: …-eu, Far East: …-fe."
    )
    token_url: ServerUrl = Field("https://api.amazon.com/auth/o2/token", description="Of LWA.")
    marketplace_ids: tuple[str, ...] = Field(
        min_length=1, description="Amazon's ids of the marketplaces that are reported on."
    )
    refresh_token_env: EnvironmentName = Field(
        description="Environment variable with the seller's refresh token."
    )
    client_id_env: EnvironmentName = Field(
        description="Environment variable with the application's client id."
    )
    client_secret_env: EnvironmentName = Field(
        description="Environment variable with the application's secret."
    )
    reports: dict[FileName, AmazonReport] = Field(min_length=1)
    poll_seconds: int = Field(30, ge=0, description="Wait between two looks at a report.")
    patience_minutes: int = Field(60, ge=1, description="After it, the next run goes on waiting.")


class AmazonSource(Strict):
    """Reports fetched from Amazon, each requested one once a night."""

    amazon_reports: AmazonReports


class ShopifyBulk(Strict):
    """Bulk queries of one Shopify store; each result becomes <name>.jsonl, once a night."""

    store: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$", description="Its own address at Shopify."
    )
    endpoint: ServerUrl | None = Field(None, description="Default https://<store>.")
    api_version: str = Field(
        "2026-10", pattern=r"^(\d{4}-\d{2}|unstable)$", description="Of the Admin API."
    )
    token_env: EnvironmentName = Field(
        description="Environment variable with the token of the Admin API."
    )
    queries: dict[FileName, str] = Field(
        min_length=1, description="A GraphQL query, or the path of a .graphql file."
    )
    poll_seconds: int = Field(10, ge=0, description="Wait between two looks at a query.")
    patience_minutes: int = Field(60, ge=1, description="After it, the next run goes on waiting.")


class ShopifySource(Strict):
    """Bulk queries fetched from Shopify."""

    shopify_bulk: ShopifyBulk


KINDS = ("path", "database_env", "amazon_reports", "shopify_bulk")


def _kind(source: Any) -> str | None:
    """Return which kind of source this is: the one whose key is there."""
    for kind in KINDS:
        if kind in source if isinstance(source, dict) else hasattr(source, kind):
            return kind
    return None


Source = Annotated[
    Annotated[FolderSource, Tag("path")]
    | Annotated[DatabaseSource, Tag("database_env")]
    | Annotated[AmazonSource, Tag("amazon_reports")]
    | Annotated[ShopifySource, Tag("shopify_bulk")],
    Discriminator(
        _kind,
        custom_error_type="unknown_source",
        custom_error_message="a source has one of the keys path, database_env, amazon_reports,"
        " shopify_bulk",
    ),
]
