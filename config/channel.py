"""Where a shop sells and where its stock is: channels, the promise to ship, locations."""

from decimal import Decimal
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from config.shipping import Sla
from config.stock import Buffer, Pool, pool_of_kind
from config.strict import Strict
from config.terms import ContractFee, Currency
from config.validation import Validation
from config.weekday import Weekday


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # it looks through a folder each time


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name} is not an IANA time zone such as Europe/London")
    return name


# Where buyers see prices without tax; elsewhere the law has prices to consumers contain it.
TAX_ADDED = frozenset({"USD", "CAD"})

Zone = Annotated[str, AfterValidator(_known_zone)]


class ShipSla(Strict):
    """The promise to ship: `working_days` after the order, with the location's cut-off."""

    working_days: int = Field(1, ge=0, description="Days that count, from the order on.")
    cutoff_hour: int = Field(
        14, ge=0, le=24, description="Local hour; later orders count as next day."
    )
    timezone: Zone | None = Field(None, description="Clock of the cut-off; default the channel's.")
    weekdays: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), description="Days that count for the promise."
    )
    by_requested_date: bool = Field(False, description="Due on the date the buyer asked for.")


class Channel(Strict):
    """One place where the shop sells; every table carries its name."""

    platform: str = Field(description="The folder of its exports: config/exports/<platform>.")
    timezone: Zone = Field(description="Its midnight ends a day of its sales.")
    currency: Currency = Field(description="ISO 4217: the currency of its prices and payouts.")
    priority: int = Field(ge=1, description="1 is served first when stock is tight.")
    buffer: Buffer | None = Field(None, description="Default the shop's.")
    locations: tuple[str, ...] = Field(description="Where its stock is, the preferred one first.")
    ship_sla: ShipSla = ShipSla()
    push: bool = Field(True, description="Write a stock file for it.")
    partial_stock: Literal["split", "hold"] = Field(
        "split",
        description="Of an order that the shelf cannot fill, send what is there, or hold all of it.",
    )
    sales_channel: str | None = Field(
        None, description="Its name in a file that many channels share."
    )
    fba_location: str | None = Field(
        None, description="Location from which Amazon ships its orders, if it does."
    )
    validation: Validation | None = Field(
        None, description="What its orders must have; each key default the shop's."
    )
    test_gateway: str | None = Field(
        None,
        description="Payment method of test orders, as the export writes it: never a sale. Shopify's own"
        " test gateway is known without it.",
    )
    paid_through: tuple[str, ...] = Field(
        (), description="Payment providers whose reports are about this channel: stripe, paypal."
    )
    synced_sources: dict[str, str] = Field(
        default_factory=dict, description="Source ids of orders that another channel owns."
    )
    tax: Literal["inclusive", "exclusive"] | None = Field(
        None,
        description="Whether its prices contain tax, where an order's own figures do not say it. Default:"
        " exclusive of wholesale, and of what is sold in USD and CAD; of any other currency it is not known,"
        " and so is net.",
    )
    sku_is: Literal["sku", "title"] = Field(
        "sku", description="title: a shop without SKUs; a line's title is its SKU."
    )
    decimal: Literal["dot", "comma"] | None = Field(
        None, description="For the record: files say it."
    )
    date_order: Literal["day_first", "month_first"] | None = Field(
        None, description="For dates such as 03/04/2026, where no date of a file shows the order."
    )
    settlement_days: int | None = Field(
        None,
        ge=1,
        description="Days from an order to its payout; default what its paid orders usually took.",
    )
    bank_descriptions: tuple[str, ...] = Field(
        (), description="How its deposits are named on the bank statement."
    )
    kpi_targets: dict[str, Decimal] = Field(
        default_factory=dict,
        description="Targets of KPIs on this channel, where the shop's do not fit: of KPIs that have a row by channel"
        " (marts.kpi_daily).",
    )
    fees: tuple[ContractFee, ...] = Field(
        (),
        description="What the shop has agreed with it, instead of the published fees of that kind in"
        " config/terms.",
    )

    @property
    def is_tax_inclusive(self) -> bool | None:
        """Whether its prices contain tax; None where neither the shop file nor the trade's custom says it."""
        if self.tax is None:
            added = self.platform == "wholesale" or self.currency in TAX_ADDED
            return False if added else None
        return self.tax == "inclusive"


class Location(Strict):
    """A place that holds stock."""

    kind: Literal["own", "3pl", "amazon"] = Field(description="Who runs it.")
    pool: Pool = Field(
        default_factory=pool_of_kind,
        description="Whose orders may draw on it together: default fba of Amazon's, else merchant;"
        " 3pl is a pool of its own only where it is said here.",
    )
    working_days: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"),
        description="It ships on these only: a promise to ship from here counts no other day.",
    )
    read_only: bool = Field(
        False, description="Never pushed to: somebody else keeps its stock at the channel."
    )
    counts: bool = Field(
        False, description="Cycle counts are made here: a count sheet is written every night."
    )
    sla: Sla = Sla()
    count_holds_days: int = Field(
        7,
        ge=1,
        description="Days a count is taken to hold in the stock history until the next one: set it"
        " above the days between two counts here. Beyond it a day is unknown, not out of stock.",
    )
