"""Which bucket a payout line falls into: a taxonomy that is data."""

from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from config.strict import CONFIG, SettingsError, named, read_yaml

Bucket = Literal[
    "sale", "refund", "shipping", "gift_wrap", "tax_collected", "tax_withheld", "promotion",
    "commission", "fulfilment_fee", "storage", "advertising", "subscription", "other_fee",
    "chargeback", "reimbursement", "reserve_held", "reserve_released", "carried_over", "transfer",
    "adjustment", "unclassified",
]  # fmt: skip
BUCKETS: tuple[str, ...] = get_args(Bucket)
Rule = tuple[str, str, str, Bucket]  # transaction type, amount type, description, bucket


@cache
def load_buckets(root: Path = CONFIG / "buckets") -> dict[str, tuple[Rule, ...]]:
    """Return the rules of each platform in the order in which they are tried."""
    found = {}
    for path in sorted(root.glob("*.yaml")):
        try:
            found[path.stem] = TypeAdapter(tuple[Rule, ...]).validate_python(read_yaml(path))
        except ValidationError as error:
            fault = error.errors()[0]
            line = fault["loc"][0] if fault["loc"] else 0
            raise SettingsError(
                f"{named(path)}: rule {line}: {fault['msg']} ({fault['input']!r})"
            ) from error
    return found
