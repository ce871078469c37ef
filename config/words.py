"""What each platform's words mean for an order: a vocabulary that is data, one file a platform."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.strict import CONFIG, Strict

Payment = Literal[
    "paid", "on_terms", "authorized", "partially_paid", "pending", "refunded",
    "unpaid", "failed", "voided", "expired", "draft",
]  # fmt: skip
Fulfilment = Literal[
    "open", "partial", "shipped", "held", "scheduled", "preorder", "restocked", "not_needed", "cancelled",
]  # fmt: skip
Shipper = Literal["merchant", "amazon", "platform"]
Kind = Literal["normal", "preorder", "replacement"]
Method = Literal[
    "channel", "paypal", "stripe", "other_provider", "buyer", "cash_on_delivery", "cash", "gift_card", "test",
]  # fmt: skip


Loss = Literal["lost", "damaged", "found"]
Reimbursement = Literal["other"]
Risk = Literal["low", "medium", "high"]


class Words(Strict):
    """The words of one platform by their meaning; case, blanks, hyphens and underscores are folded.

    A word may end or begin with `*`, which stands for any text. A word that is in no list is
    unknown: its order waits for a person instead of being taken for open or paid.
    """

    payment: dict[Payment, tuple[str, ...]] = Field(
        default_factory=dict, description="What the payment word says."
    )
    fulfilment: dict[Fulfilment, tuple[str, ...]] = Field(
        default_factory=dict, description="What the order's or line's fulfilment word says."
    )
    shipper: dict[Shipper, tuple[str, ...]] = Field(
        default_factory=dict, description="Who ships: the shop, Amazon, or the platform itself."
    )
    kind: dict[Kind, tuple[str, ...]] = Field(
        default_factory=dict, description="Pre-orders and free replacements among the lines."
    )
    method: dict[Method, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Who has the buyer's money and owes it to the shop: the channel, a payment provider,"
        " the buyer until an invoice is paid, the carrier; of cash and gift cards nobody does. A test is no sale.",
    )

    risk: dict[Risk, tuple[str, ...]] = Field(
        default_factory=dict,
        description="How likely the channel takes an order to be a fraud; a word in no list says nothing.",
    )
    loss: dict[Loss, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Codes of its stock ledger for units that its warehouses lost, damaged or found again.",
    )

    reimbursement: dict[Reimbursement, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Reasons of its reimbursements that are for other than units which its warehouses lost or damaged.",
    )

    def rows(self) -> list[tuple[str, str, str]]:
        """Return axis, word and meaning of every word."""
        axes = {
            "payment": self.payment.items(),
            "fulfilment": self.fulfilment.items(),
            "shipper": self.shipper.items(),
            "kind": self.kind.items(),
            "method": self.method.items(),
            "risk": self.risk.items(),
            "loss": self.loss.items(),
            "reimbursement": self.reimbursement.items(),
        }
        return [
            (axis, word, str(meaning))
            for axis, meanings in axes.items()
            for meaning, words in meanings
            for word in words
        ]


@cache
def load_words(root: Path = CONFIG / "words") -> dict[str, Words]:
    """Return the vocabulary of each platform by its name."""
    return {path.stem: Words.read(path) for path in sorted(root.glob("*.yaml"))}
