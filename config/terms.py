"""What a channel charges and until when it can be asked, dated: one file a platform, each entry with its source."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from config.bucket import Bucket
from config.strict import CONFIG, Strict

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Url = Annotated[str, Field(pattern=r"^https://\S+$")]


class Rate(Strict):
    """A fee on a sale: a share of what it is `of`, and a fixed amount, each time."""

    fee: Literal["referral", "payment", "refund_administration"] = Field(
        description="referral: for the sale; payment: for taking the money; refund_administration:"
        " what is kept of the referral fee when a sale is refunded."
    )
    percent: Decimal = Field(ge=0, le=100, description="Of what `of` names.")
    of: Literal["paid", "price", "referral_fee"] = Field(
        description="paid: all that the buyer pays; price: that without tax; referral_fee: the fee"
        " that was charged for the same sale."
    )
    fixed_amount: Decimal = Field(Decimal(0), ge=0, description="Added each time.")
    minimum_amount: Decimal | None = Field(None, ge=0, description="Never less.")
    cap_amount: Decimal | None = Field(None, ge=0, description="Never more.")
    per: Literal["order", "item"] = Field("order", description="What is one time.")
    category: str | None = Field(
        None,
        description="Goods, plan or size that it is for; without one it is the standard: what is"
        " expected where nothing else is known. A fee that fits any category is in contract.",
    )
    currency: Currency = Field(
        description="Currency of the amounts, and of the channels it is for."
    )
    valid_from: date = Field(description="First day of sales that it is for.")
    bucket: Bucket = Field("commission", description="Where its payout lines are.")


class Fee(Rate):
    """A published fee."""

    source: Url = Field(description="Where the channel publishes it.")


class ContractFee(Rate):
    """A fee that the shop has agreed on: it takes the place of the published ones of its kind."""

    source: str = Field(min_length=1, description="Contract or message that says so.")


class Claim(Strict):
    """How long a channel can be asked for money, counted from what the claim is about."""

    kind: Literal[
        "missing_reimbursement", "refund_fee_kept", "fee_out_of_contract", "promotion_not_funded"
    ] = Field(description="The kind of difference, as in payout_exceptions.")
    days: int = Field(ge=1, description="Days from the event to the last day of the claim.")
    valid_from: date = Field(description="First day of claims that it is for.")
    source: Url = Field(description="Where the channel publishes it.")


class Payment(Strict):
    """How long a buyer has to pay, where the channel reports an unpaid order and never that it is given up."""

    days: int = Field(
        ge=1, description="Calendar days after the order's own that the buyer has to pay."
    )
    source: Url = Field(description="Where the channel publishes it.")


class Terms(Strict):
    """The terms of one platform; without a file its fees are not known, which is not 0."""

    fees: tuple[Fee, ...] = Field(description="Empty: it is known to charge none.")
    remits_tax_of: tuple[Currency, ...] = Field(
        (),
        description="Currencies of the countries in which it pays the buyer's tax to the state"
        " itself: the tax is no part of what it owes.",
    )
    claims: tuple[Claim, ...] = ()
    methods: dict[str, str] = Field(
        default_factory=dict,
        description="Payment methods that have a rate of their own, and its category: a word may begin or end"
        " with `*`. Where no fee of that category is listed, only the seller is shown it: it is not known.",
    )
    payment: Payment | None = Field(
        None,
        description="When an unpaid order holds stock no longer; without it the channel's own word says so.",
    )


@cache
def load_terms(root: Path = CONFIG / "terms") -> Mapping[str, Terms]:
    """Return the terms of each platform and payment provider by its name."""
    return {path.stem: Terms.read(path) for path in sorted(root.glob("*.yaml"))}
