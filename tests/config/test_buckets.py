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
        ("tiktok", ("Reserve withholding", "adjustment", ""), "reserve_held"),
        ("tiktok", ("Logistics reimbursement", "adjustment", ""), "reimbursement"),
        ("tiktok", ("Charge back", "adjustment", ""), "chargeback"),
        ("tiktok", ("Shipping fee adjustment", "adjustment", ""), "fulfilment_fee"),
        ("tiktok", ("Deductions incurred by seller", "adjustment", ""), "adjustment"),
        ("stripe", ("payout", "fee", ""), "other_fee"),
        ("stripe", ("fee", "fee", "Instant Payouts fee"), "other_fee"),
        ("stripe", ("charge", "fee", ""), "commission"),
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


# What the channels' own documents list; the sign of a reserve says whether it is held or released.
LISTED = {
    "ebay": [
        ("Order", "amount", "", "sale"), ("Order", "shipping", "", "shipping"),
        ("Order", "tax", "", "tax_collected"), ("Order", "fee", "Final Value Fee - fixed", "commission"),
        ("Order", "fee", "Final Value Fee - variable", "commission"),
        ("Order", "fee", "Regulatory operating fee", "other_fee"),
        ("Order", "fee", "International fee", "other_fee"), ("Refund", "amount", "", "refund"),
        ("Claim", "amount", "", "chargeback"), ("Payment dispute", "amount", "", "chargeback"),
        ("Hold", "amount", "", "reserve_held"), ("Shipping label", "amount", "", "fulfilment_fee"),
        ("Other fee", "amount", "Promoted Listings - General fee", "advertising"),
        ("Other fee", "amount", "Store subscription fee", "subscription"),
        ("Other fee", "amount", "Insertion fee", "other_fee"), ("Adjustment", "amount", "", "adjustment"),
        ("Transfer", "amount", "", "transfer"), ("Charge", "amount", "", "transfer"),
    ],
    "walmart": [
        ("Sale", "Product Price", "", "sale"), ("Sale", "Commission on Product", "", "commission"),
        ("Sale", "Shipping", "", "shipping"), ("Sale", "Product tax", "", "tax_collected"),
        ("Sale", "Product tax withheld", "", "tax_withheld"), ("Refund", "Product Price", "", "refund"),
        ("Refund", "Shipping", "", "refund"), ("Refund", "Commission on Product", "", "commission"),
        ("Refund", "Product tax", "", "tax_collected"), ("Refund", "Product tax withheld", "", "tax_withheld"),
        ("Adjustment", "Fee/Reimbursement", "WFS Fulfillment fee", "fulfilment_fee"),
        ("Adjustment", "Fee/Reimbursement", "Walmart Shipping Label Service Charge", "fulfilment_fee"),
        ("Adjustment", "Fee/Reimbursement", "WFS Lost Inventory Reimbursement", "reimbursement"),
        ("Adjustment", "Fee/Reimbursement", "Other", "other_fee"), ("Reserve", "", "", "reserve_held"),
        ("Release Reserve", "", "", "reserve_released"), ("Dispute Settlement", "", "", "adjustment"),
    ],
    "stripe": [
        ("charge", "amount", "", "sale"), ("charge", "fee", "", "commission"), ("refund", "amount", "", "refund"),
        ("refund_failure", "amount", "", "refund"), ("charge_failure", "amount", "", "refund"),
        ("partial_capture_reversal", "amount", "", "sale"), ("dispute", "amount", "", "chargeback"),
        ("dispute", "fee", "", "other_fee"), ("dispute_reversal", "amount", "", "chargeback"),
        ("dispute_reversal", "fee", "", "other_fee"), ("fee", "amount", "Radar (2026-11)", "other_fee"),
        ("fee", "amount", "Billing - Usage Fee", "subscription"), ("network_cost", "amount", "", "commission"),
        ("tax", "amount", "", "other_fee"), ("contribution", "amount", "", "other_fee"),
        ("climate_order_purchase", "amount", "", "other_fee"), ("other_adjustment", "amount", "", "adjustment"),
        ("payout", "amount", "", "transfer"), ("payout_reversal", "amount", "", "carried_over"),
        ("topup", "amount", "", "transfer"), ("transfer", "amount", "", "transfer"),
        ("advance_funding", "amount", "", "transfer"), ("financing_paydown", "amount", "", "transfer"),
        ("risk_reserved_funds", "amount", "", "reserve_held"),
        ("connect_reserved_funds", "amount", "", "reserve_held"),
    ],
    "paypal": [
        ("T0006", "gross", "", "sale"), ("T0006", "fee", "", "commission"), ("T0106", "gross", "", "other_fee"),
        ("T0201", "gross", "", "transfer"), ("T0400", "gross", "", "transfer"), ("T0700", "gross", "", "transfer"),
        ("T1106", "gross", "", "chargeback"), ("T1107", "gross", "", "refund"), ("T1201", "gross", "", "chargeback"),
        ("T1201", "fee", "", "other_fee"), ("T1110", "gross", "", "reserve_held"),
        ("T1111", "gross", "", "reserve_released"), ("T1501", "gross", "", "reserve_held"),
        ("T1502", "gross", "", "reserve_released"), ("T1900", "gross", "", "adjustment"),
        ("T2101", "gross", "", "reserve_held"), ("T2102", "gross", "", "reserve_released"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("platform", LISTED)
def test_every_type_that_a_channel_documents_has_its_bucket(platform: str) -> None:
    found = [(*texts, bucket(platform, *texts)) for *texts, _ in LISTED[platform]]
    assert found == LISTED[platform]


@pytest.mark.parametrize("platform", sorted(load_buckets()))
def test_a_type_that_nobody_knows_is_unclassified(platform: str) -> None:
    assert bucket(platform, "Brand new programme", "amount", "of next year") == "unclassified"
