"""A shop: one YAML file that says everything Backroom has to know about one business."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from config.accounts import Chart
from config.buying import Approval, PurchaseOrders, Reorder, Suppliers
from config.channel import Channel, Location, Zone
from config.counting import Counting
from config.folders import ShopFolder, data_root
from config.fraud import Fraud
from config.mail import Mail
from config.margin import Margin
from config.person import OWNER_TIER, TIERS, Person, Tier, answering
from config.picking import Picking
from config.privacy import Privacy
from config.returns import Returns
from config.shipping import Carrier, Packing, RoutingRule
from config.source import FolderSource, ObjectStore, Source
from config.stock import Buffer, BufferKey, BufferRule, Pool, Stock
from config.strict import CONFIG, SettingsError, Strict
from config.support import Support
from config.team import App, SignOff
from config.terms import Currency
from config.validation import Validation


def _known_cron(line: str) -> str:
    try:
        CronSim(line, datetime.now(UTC))
    except CronSimError as error:
        raise ValueError(
            f"{line!r} is no cron line such as '30 5 * * *', half past five: {error}"
        ) from error
    return line


CronLine = Annotated[str, AfterValidator(_known_cron)]
Role = str


class Finance(Strict):
    """Limits of the payout reconciliation."""

    payout_tolerance_amount: Decimal = Field(
        Decimal(0), ge=0, description="Difference up to which a payout still agrees."
    )
    bank_lag_working_days: int = Field(
        5, ge=0, description="Days from a payout to its line on the bank statement."
    )


class Shop(Strict):
    """Everything about one shop; its name is the name of its file."""

    _replay: str = PrivateAttr("")  # the past moment that is looked at again, if one is

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    title: str = Field(description="What people call it.")
    timezone: Zone = Field(description="Its clock: the night begins at 02:00 there.")
    currency: Currency = Field(description="ISO 4217: the currency of its plan and its limits.")
    business_day: Literal["channel", "shop"] = Field(
        "channel", description="Whose midnight ends an order's day: the channel's or the shop's."
    )
    holidays: frozenset[date] = Field(
        frozenset(), description="Days that count for no promise to ship."
    )
    fixed_rates: dict[str, Decimal] = Field(
        default_factory=dict,
        description="Units of a currency per unit of the shop's: to hold sales against a plan, to"
        " compare suppliers, and to hold a purchase to its limit.",
    )
    schedules: dict[str, CronLine | None] = Field(
        default_factory=dict,
        description="When a flow starts, instead of when it does by itself: a cron line on the shop's"
        " clock, on UTC where it starts several times a day; null: only by hand. A night is as of"
        " the last 02:00, whenever it starts.",
    )
    sources: tuple[Source, ...] = (FolderSource(path="inbox"),)
    published_to: ObjectStore | None = Field(
        None, description="Where each published snapshot is put in addition to `published/`."
    )
    channels: dict[str, Channel]
    buffer: Buffer = Buffer()
    buffers: tuple[BufferRule, ...] = Field(
        (), description="Buffers of single SKUs, and of the classes of a channel."
    )
    locations: dict[str, Location]
    people: dict[Role, Person]
    mail: Mail | None = Field(None, description="By which server those with `email` hear.")
    heartbeat_env: str | None = Field(
        None,
        description="Environment variable with the address of a monitor: each whole night is reported"
        " to it, and the monitor raises the alarm when none was.",
    )
    picking: Picking = Picking()
    routing: tuple[RoutingRule, ...] = Field(
        (),
        description="Where a line leaves from, the first rule that fits; without one, from any place of"
        " its channel, the preferred one first.",
    )
    carriers: tuple[Carrier, ...] = Field(
        (),
        description="What each carrier promises: without an entry no parcel of it is late or lost.",
    )
    packing: Packing = Packing()
    stock: Stock = Stock()
    reorder: Reorder = Reorder()
    approval: Approval = Approval()
    purchase_orders: PurchaseOrders = PurchaseOrders()
    finance: Finance = Finance()
    margin: Margin = Margin()
    accounts: Chart = Field(
        default_factory=dict,
        description="Accounts of the accountant's books by bucket, and reserve, clearing, bank, suspense; a"
        " `clearing <channel>` or `bank <currency>` of its own. Without it Xero and QuickBooks get no file.",
    )
    validation: Validation = Validation()
    fraud: Fraud = Fraud()
    returns: Returns = Returns()
    privacy: Privacy = Privacy()
    freshness_hours: dict[str, int] = Field(
        default_factory=dict, description="Limits per report, where the export's own does not fit."
    )
    required_reports: dict[str, bool] = Field(
        default_factory=dict,
        description="Reports asked for in addition to those that follow from this file (true), or not (false).",
    )
    kpi_targets: dict[str, Decimal] = Field(
        default_factory=dict, description="Targets of KPIs, where the dictionary's do not fit."
    )
    suppliers: Suppliers = Suppliers()
    supplier_on_time_rate: Decimal = Field(
        Decimal("0.8"),
        ge=0,
        le=1,
        description="Standard of a supplier: lines on time and in full, as a share of those due.",
    )
    supplier_quarters: int = Field(
        2, ge=1, description="Quarters in a row below the standard before terms are renegotiated."
    )
    counting: Counting = Counting()
    count_accuracy_rate: Decimal = Field(
        Decimal("0.95"),
        ge=0,
        le=1,
        description="Standard of the record accuracy: counted records within tolerance, as a share.",
    )
    support: Support = Support()
    training: tuple[SignOff, ...] = Field((), description="Who has learned which pages.")
    apps: dict[str, App] = Field(
        default_factory=dict,
        description="Apps that the shop runs on, by name, each with its owner.",
    )
    dispute_hours: int = Field(
        48, ge=0, description="Hours after which a dispute without evidence is a case of its own."
    )
    ledger_url_env: str | None = Field(
        None, description="Environment variable with a PostgreSQL URL; default a SQLite file."
    )

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> "Shop":
        for name, channel in self.channels.items():
            unknown = {*channel.locations, *filter(None, [channel.fba_location])} - set(
                self.locations
            )
            if unknown:
                raise ValueError(f"channels.{name} names unknown locations {sorted(unknown)}")
            if strangers := set(channel.synced_sources.values()) - set(self.channels):
                raise ValueError(f"channels.{name}.synced_sources names {sorted(strangers)}")
        for number, rule in enumerate(self.buffers):
            if rule.channel is not None and rule.channel not in self.channels:
                raise ValueError(f"buffers.{number}.channel names {rule.channel}, no channel")
            if rule.key in [other.key for other in self.buffers[:number]]:
                raise ValueError(f"buffers.{number} is the second one of the same listings")
        if unknown := set(self.margin.channels) - set(self.channels):
            raise ValueError(f"margin names {sorted(unknown)}, no channel")
        if set(self.reorder.service_level) != {"A", "B", "C"}:
            raise ValueError("reorder.service_level needs the classes A, B and C, and no other")
        foreign = {c.currency for c in self.channels.values()} - {self.currency, *self.fixed_rates}
        if foreign:
            raise ValueError(
                f"fixed_rates lacks {sorted(foreign)}: a plan in {self.currency} needs it"
            )
        return self

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> "Shop":
        by_mail = [role for role, person in self.people.items() if person.email]
        if by_mail and self.mail is None:
            raise ValueError(
                f"people.{by_mail[0]}.email is true, and `mail` names no server to send by"
            )
        return self

    @model_validator(mode="after")
    def _ships_from_and_for_what_exists(self) -> "Shop":
        for number, rule in enumerate(self.routing):
            if rule.location is not None and rule.location not in self.locations:
                raise ValueError(f"routing.{number}.location names {rule.location}, no location")
            if rule.kind and rule.kind not in {place.kind for place in self.locations.values()}:
                raise ValueError(f"routing.{number}.kind is {rule.kind}: no location is of it")
        for number, service in enumerate(self.packing.services):
            if unknown := set(service.channels) - set(self.channels):
                raise ValueError(
                    f"packing.services.{number}.channels names {sorted(unknown)}, no channel"
                )
        named = [(each.carrier, each.service) for each in self.carriers]
        if twice := sorted(
            {carrier for carrier, service in named if named.count((carrier, service)) > 1}
        ):
            raise ValueError(f"carriers names {twice} twice for one service")
        return self

    @model_validator(mode="after")
    def _serves_channels_in_order(self) -> "Shop":
        pushed = [name for name, channel in self.channels.items() if channel.push]
        for one, other in combinations(pushed, 2):
            ours, theirs = self.channels[one], self.channels[other]
            shared = set(ours.locations) & set(theirs.locations)
            if shared and ours.priority == theirs.priority:
                raise ValueError(
                    f"channels.{other}.priority is that of {one}, and both sell from"
                    f" {sorted(shared)}: say who is served first when stock is tight"
                )
        return self

    @model_validator(mode="after")
    def _pools_have_places(self) -> "Shop":
        for name, place in self.locations.items():
            if (place.pool == "fba") != (place.kind == "amazon"):
                raise ValueError(
                    f"locations.{name}.pool is {place.pool}, its kind {place.kind}: fba is the pool"
                    " of Amazon's places, of all of them and of no other"
                )
        for name in self.channels:
            if not self.channels[name].locations:
                raise ValueError(f"channels.{name}.locations is empty: its pool has no place")
            if len(pools := self.pools_of(name)) > 1:
                raise ValueError(
                    f"channels.{name}.locations are of the pools {sorted(pools)}: a channel sells"
                    " from one, next to Amazon's"
                )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The clock of the shop."""
        return ZoneInfo(self.timezone)

    @property
    def folder(self) -> "ShopFolder":
        """Where everything of this shop is."""
        return ShopFolder(data_root() / self.name, self._replay)

    @property
    def is_replay(self) -> bool:
        """Whether a past night is looked at again, which changes nothing of the shop."""
        return bool(self._replay)

    def replayed(self, moment: str) -> Self:
        """Return the shop as a past night sees it: what is computed is in a folder of its own."""
        shop = self.model_copy()
        shop._replay = moment
        return shop

    def platform(self, platform: str) -> dict[str, Channel]:
        """Return the channels that the exports in config/exports/<platform> are about."""
        return {
            name: channel
            for name, channel in self.channels.items()
            if platform in (channel.platform, *channel.paid_through)
        }

    def date_order(self, platform: str) -> str | None:
        """Return what the channels of `platform` say of dates, if those that say it agree.

        Where no channel is of it, as of a bank, all channels of the shop are asked.
        """
        asked = self.platform(platform) or self.channels
        orders = {channel.date_order for channel in asked.values()} - {None}
        return orders.pop() if len(orders) == 1 else None

    def pools_of(self, channel: str) -> set[Pool]:
        """Return the pool that we fill a channel's orders from; none where all its places are Amazon's."""
        return {self.locations[place].pool for place in self.channels[channel].locations} - {"fba"}

    @cached_property
    def buffers_by_key(self) -> Mapping[BufferKey, Buffer]:
        """The buffers of SKUs and classes by what they are of."""
        return {rule.key: rule.buffer for rule in self.buffers}

    def buffer_of(self, sku: str, abc: str, channel: str) -> tuple[Buffer, str]:
        """Return the buffer of a listing, and where it was decided.

        SKU on the channel, SKU, class on the channel, channel, shop: the first that says one.
        """
        for key, name in (
            ((sku, None, channel), f"SKU on {channel}"),
            ((sku, None, None), "SKU"),
            ((None, abc, channel), f"class {abc} on {channel}"),
        ):
            if key in self.buffers_by_key:
                return self.buffers_by_key[key], name
        own = self.channels[channel].buffer
        return (own, channel) if own else (self.buffer, "shop")

    @property
    def named_skus(self) -> list[tuple[str, str]]:
        """Every SKU that the shop file sets something for, and the setting that names it."""
        siblings = self.reorder.siblings
        named = {
            "buffers": [rule.sku for rule in self.buffers],
            "margin.floors": [floor.sku for floor in self.margin.floors],
            "reorder.emergency_sku_units": self.reorder.emergency_sku_units,
            "reorder.siblings": [*siblings, *siblings.values()],
            "routing": [sku for rule in self.routing for sku in rule.skus],
        }
        return [(sku, setting) for setting, skus in named.items() for sku in skus if sku]

    def validation_of(self, channel: str) -> Validation:
        """Return what an order of `channel` must have: key by key the channel's own, else the shop's."""
        own = self.channels[channel].validation
        its_own = {key: getattr(own, key) for key in own.model_fields_set} if own else {}
        return self.validation.model_copy(update=its_own)

    def answers_on(self, person: Person, day: date) -> str:
        """Return who answers for a role of `person` that day."""
        top = self.people.get(self.owner_role, person)
        return answering(person, top, self.people.values(), day)

    @property
    def approval_role(self) -> str:
        """The role that decides on purchases above the buyer's limit."""
        return self.approval.purchase_order_role or self.owner_role

    @property
    def owner_role(self) -> str:
        """The role of the shop's owner: `owner`, or where nobody has it `operations`."""
        return "owner" if "owner" in self.people else "operations"

    def tier_of(self, role: str) -> Tier:
        """Return the highest tier of case that the people of `role` may close."""
        usual = OWNER_TIER if role == self.owner_role else TIERS.get(role, 1)
        return self.people[role].tier or usual

    def closing_roles(self, role: str, tier: Tier) -> frozenset[str]:
        """Return the roles whose people may close a case of this role and tier.

        Of tier 1 every role; above it the case's own, operations and the owner, as far as they reach.
        """
        asked = set(self.people) if tier == 1 else {role, "operations", self.owner_role}
        return frozenset(one for one in asked & set(self.people) if self.tier_of(one) >= tier)

    @property
    def names(self) -> list[str]:
        """The addresses of all people who act for the shop, owners of a role and deputies."""
        every = {each for one in self.people.values() for each in (one.owner, one.deputy) if each}
        return sorted(every)

    def business_zone(self, channel: str) -> str:
        """Return the zone whose midnight ends a day of `channel`."""
        return self.timezone if self.business_day == "shop" else self.channels[channel].timezone


def shops_root() -> Path:
    """Return the folder of the shop files: BACKROOM_SHOPS, or config/shops/ of the project."""
    return Path(os.environ.get("BACKROOM_SHOPS", CONFIG / "shops"))


def load_shop(name: str) -> Shop:
    """Return the shop of config/shops/<name>.yaml.

    Raises:
        SettingsError: no such file, a key or value that the model does not know, or people and
            names that do not fit the registries (config/check.py).
    """
    from config.check import check  # it reads every registry, and they know nothing of a shop

    path = shops_root() / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(shop_names()) or "none"
        raise SettingsError(f"There is no shop {name!r}: {path} is missing. Known shops: {known}.")
    shop = Shop.read(path, name=name)
    check(shop)
    return shop


def shop_names() -> list[str]:
    """Return the names of all shops that have a file."""
    return sorted(path.stem for path in shops_root().glob("*.yaml"))
