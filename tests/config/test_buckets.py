"""Every payout line that channels are known to write has its bucket, and every bucket its column."""

import csv

import pytest

from config.bucket import BUCKETS, load_buckets
from config.strict import ROOT
from tasks.warehouse.registry_tables import pattern

TAXONOMY = ROOT.parent / "shared/formats/amazon_settlement_taxonomy.tsv"

# How the published list calls what ours puts into one bucket; the first word that fits counts.
SAME = {
    "product_sales": "sale", "liquidation_income": "sale", "tax_collected": "tax_collected",
    "shipping_income": "shipping", "giftwrap_income": "gift_wrap", "tax_withheld": "tax_withheld",
    "refund_tax_withheld": "tax_withheld", "refund_tax": "tax_collected", "retro_tax": "tax_collected",
    "retro_tax_withheld": "tax_withheld", "claim_tax": "tax_collected",
    "claim_tax_withheld": "tax_withheld", "referral_fee": "commission", "advertising": "advertising",
    "subscription_fee": "subscription", "storage_fee": "storage", "long_term_storage_fee": "storage",
    "inventory_reimbursement": "reimbursement", "carry_forward": "carried_over",
    "card_charge": "transfer", "debt_adjustment": "transfer", "micro_deposit": "transfer",
    "failed_transfer": "transfer", "claim_loss_principal": "chargeback", "refund_sales": "refund",
    "coupon_fee": "promotion", "deal_fee": "promotion", "fba_fulfilment_fee": "fulfilment_fee",
}  # fmt: skip


def fits(part: str, text: str) -> bool:
    """Return whether a taxonomy's cell fits, as SQL's LIKE would: `%` at its ends only."""
    like, folded = pattern(part), pattern(text)
    bare = like.strip("%")
    if like.startswith("%") and like.endswith("%"):
        return bare in folded
    if like.startswith("%"):
        return folded.endswith(bare)
    return folded.startswith(bare) if like.endswith("%") else folded == bare


def bucket(platform: str, *texts: str) -> str:
    for *parts, found in load_buckets()[platform]:
        if all(fits(part, text) for part, text in zip(parts, texts, strict=True)):
            return str(found)
    return "unclassified"


def known() -> list[dict[str, str]]:
    with TAXONOMY.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.skipif(not TAXONOMY.exists(), reason="the published list of line kinds is not here")
def test_every_published_kind_of_line_has_the_bucket_it_suggests() -> None:
    wrong = []
    for row in known():
        kind = (row["transaction_type"], row["amount_type"], row["amount_description"])
        found = bucket("amazon", *kind)
        suggested = SAME.get(row["suggested_bucket"].split(" ")[0])
        if found == "unclassified" or (suggested and found != suggested):
            wrong.append((kind, found, row["suggested_bucket"]))
    assert not wrong


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (("order", "itemprice", "principal"), "sale"),
        (("Other-Transaction", "other transaction", "CURRENT_RESERVE_AMOUNT"), "reserve_held"),
        (("other-transaction", "other-transaction", "Payable to Amazon"), "carried_over"),
        (("Order", "Promotion", "TaxDiscount"), "tax_collected"),
        (("Order", "Promotion", "Principal"), "promotion"),
        (("A-to-z Guarantee Refund", "ItemPrice", "Principal"), "chargeback"),
        (("other-transaction", "other-transaction", "Quantum Handling Surcharge"), "unclassified"),
    ],
)
def test_a_line_has_its_bucket(kind: tuple[str, str, str], expected: str) -> None:
    assert bucket("amazon", *kind) == expected


def test_no_pattern_has_a_star_inside() -> None:
    inside = [
        (platform, part)
        for platform, rules in load_buckets().items()
        for rule in rules
        for part in rule[:3]
        if "*" in part.strip("*")
    ]
    assert not inside


def test_every_bucket_has_its_column() -> None:
    path = "sql/ops/payout_buckets.sql"
    sql = (ROOT / path).read_text("utf-8")
    lacking = [name for name in BUCKETS if f" as {name}_amount" not in sql]
    assert not lacking, f"{path} must sum them: a payout is all of them"


@pytest.mark.parametrize(
    ("platform", "kind", "expected"),
    [
        ("tiktok", ("Order", "referral fee", "referral fee"), "commission"),
        ("tiktok", ("Order", "transaction fee", "transaction fee"), "other_fee"),
        ("tiktok", ("Order", "affiliate commission", "affiliate commission"), "advertising"),
        ("tiktok", ("Order", "customer shipping", "customer shipping"), "shipping"),
        ("tiktok", ("Order", "shipping fee", "shipping fee"), "fulfilment_fee"),
        ("tiktok", ("GMV Payment for TikTok Ads", "adjustment", ""), "advertising"),
        ("shopify", ("chargeback", "amount", "chargeback"), "chargeback"),
        ("shopify", ("chargeback", "fee", "chargeback fee"), "other_fee"),
        ("stripe", ("dispute", "gross", ""), "chargeback"),
        ("stripe", ("dispute", "fee", ""), "other_fee"),
        ("paypal", ("T1201", "gross", "T1201"), "chargeback"),
        ("paypal", ("T0106", "gross", "T0106"), "other_fee"),
        ("ebay", ("Payment dispute", "gross", ""), "chargeback"),
        ("ebay", ("Other fee", "gross", "Payment dispute fee"), "other_fee"),
        ("walmart", ("Sale", "Product tax withheld", ""), "tax_withheld"),
        ("shopify", ("marketplace sales tax", "amount", ""), "tax_withheld"),
    ],
)
def test_sale_fees_disputes_and_facilitator_tax_are_apart(
    platform: str, kind: tuple[str, str, str], expected: str
) -> None:
    assert bucket(platform, *kind) == expected
