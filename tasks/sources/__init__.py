"""The places that exports are taken from, one file a kind; `look` says what each holds."""

from collections.abc import Iterator

from config.shop import Shop
from config.source import DatabaseSource, FolderSource, ShopifySource, Source
from tasks.sources import amazon_reports, database, folder, shopify_bulk
from tasks.sources.found import Found, PullTime


def look(shop: Shop, source: Source, at: PullTime) -> Iterator[Found]:
    """Yield what a source holds; nothing is fetched until a file is opened.

    Raises:
        RetryableError: it cannot be reached.
        FatalError: it denies access, or a setting of it is wrong.
    """
    if isinstance(source, FolderSource):
        return folder.look(shop, source)
    if isinstance(source, DatabaseSource):
        return database.look(shop, source, at)
    if isinstance(source, ShopifySource):
        return shopify_bulk.look(shop, source.shopify_bulk, at)
    return amazon_reports.look(shop, source.amazon_reports, at)


def title(shop: Shop, source: Source) -> str:
    """Return how a message names a source."""
    if isinstance(source, FolderSource):
        return f"{shop.name}: {source.path}"
    if isinstance(source, DatabaseSource):
        return f"{shop.name}: the database of {source.database_env}"
    if isinstance(source, ShopifySource):
        return f"{shop.name}: Shopify store {source.shopify_bulk.store}"
    return f"{shop.name}: Amazon account of {source.amazon_reports.refresh_token_env}"
