"""Forget a customer: what we hold of a person who asks for it is erased."""

from prefect import flow

from config.shop import load_shop
from flows.form import CustomerKey, Reason, Who
from flows.moment import night_of
from tasks.archive.steps import erase_customer
from tasks.decide.steps import person
from tasks.run.lock import shop_lock

STATION = "customer_service"


@flow(flow_run_name="a customer is forgotten")
def forget_customer(customer: CustomerKey, who: Who, why: Reason, shop: str = "demo") -> int:
    """Erase a customer; return how many files named them.

    Their orders and the money stay, of nobody. The figures are built again the next night.

    Args:
        customer: The customer's key: run `backroom customer-key` and type the e-mail address there.
            Never type the address here: what you type stays on this run's page.
        who: Your address, as in `people` of the shop file.
        why: Who asked, by ticket number; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        return erase_customer(night, customer, person(settings, who), why)
