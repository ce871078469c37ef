"""Backtest: which reorder policy would have kept the shop's stock better, on its own history."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import NightOptions, Policies
from flows.moment import night_of
from tasks.decide.steps import backtest_policies
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_backtest, write_pages
from tasks.warehouse.steps import build_table

STATION = "inventory"


@flow(flow_run_name="backtest of {policy} for {shop}")
def backtest(
    policy: Policies = "seed90,protected",
    shop: str = "demo",
    options: NightOptions = NightOptions(),
) -> int:
    """Replay the shop's history day by day under each policy; return how many SKUs were replayed.

    For each ABC class the run's page shows what would have been sold and lost, how often stock
    would have run out, and the stock and money on the shelf. The dashboard shows it as a chart; the
    published marts have it as `backtest` from the next night on. Nothing is ordered or decided.

    Args:
        policy: Policies to compare, separated by commas; seed90 and protected are there.
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, options.as_of)
        require_facts(night)
        results, replays = backtest_policies(night, policy)
        build_table(night, "marts.backtest")
        if settings.folder.marts.exists():  # a night has built all that the dashboard shows
            write_pages(night)
        show_backtest(night, results, replays)
    return len({replay.sku for replay in replays})
