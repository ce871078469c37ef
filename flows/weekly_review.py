"""Weekly review: the closed week is frozen, its agenda written and sent; afterwards, its minutes."""

from prefect import flow

from config.errors import UsageError
from config.shop import load_shop
from flows.form import Name, Reason
from flows.moment import night_of
from tasks.decide.steps import freeze_week, hold_weekly_review
from tasks.run.lock import shop_lock
from tasks.run.progress import say
from tasks.tell.steps import deliver_alerts, send_agenda
from tasks.warehouse.steps import are_marts_built, build_all_marts

SCHEDULE = "0 7 * * 1"  # Monday morning
STATION = "analytics"


@flow(flow_run_name="weekly review of {shop}")
def weekly_review(
    shop: str = "demo", who: str = "", attendees: Name = "", decisions: Reason = ""
) -> str:
    """Freeze the week that closed and write its agenda, or keep what its review decided; return the week.

    On Monday morning it runs by itself, without a name: the week's figures are kept as they are shown
    that day, and everybody whose metric is red has the agenda. After the review its minutes are
    kept with a name, who was there and what was decided. Before a shop's first night there is no week.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        who: Your address, as in `people` of the shop file, after the review; leave empty for the agenda.
        attendees: The roles of those who were there, such as operations, finance.
        decisions: What was decided; it is kept.
    """
    if not who and (attendees or decisions):
        raise UsageError("who is empty: a review that was held is kept with a name.")
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        if not are_marts_built(night):
            say(f"not every mart is there yet: backroom nightly --shop {shop} builds them")
            return ""
        week = freeze_week(night)
        if who:
            hold_weekly_review(night, week, who, attendees, decisions)
        build_all_marts(night)
        send_agenda(night, week)
        deliver_alerts(night)
    return week
