"""What is known of each SKU in each pool that it is in, as columns: what a plan is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tasks.rules.columns import Columns, Days, Flags, Floats, Ints, Objects, Series

DAY = np.timedelta64(1, "D")
NEVER = 1 << 40  # days: the place of no receipt, or of one whose day nobody knows


@dataclass(frozen=True)
class Thresholds:
    """The numbers of the shop; days and units as named."""

    safety_days: int = 7
    min_in_stock_days: int = 30
    normal_min_units: int = 10
    soon_days: int = 7
    overstock_days: int = 180
    dead_days: int = 180
    late_receipt_days: int = 14
    spike_sds: float = 3.0
    spike_share: float = 0.5
    spike_multiple: float = 5.0


@dataclass(frozen=True)
class Receipt:
    """Units that a supplier confirmed for a day; None where nobody knows the day."""

    due_date: date | None
    units: int


@dataclass(frozen=True)
class Receipts(Columns):
    """Units that suppliers confirmed, [row × receipt]: the day after `as_of` that each is due on.

    Units whose day is not known are due NEVER: on order, and no day waits for them. A row with fewer
    than others ends with places of no unit.
    """

    due: Ints
    units: Ints

    @classmethod
    def of(cls, receipts: Sequence[Sequence[Receipt]], as_of: date) -> "Receipts":
        """Return the receipts of each row."""
        most = max(map(len, receipts), default=0)
        due = np.full((len(receipts), most), NEVER, dtype=np.int64)
        units = np.zeros((len(receipts), most), dtype=np.int64)
        for row, those in enumerate(receipts):
            for place, receipt in enumerate(those):
                if receipt.due_date:
                    due[row, place] = (receipt.due_date - as_of).days
                units[row, place] = receipt.units
        return cls(due, units)


@dataclass(frozen=True)
class Skus(Columns):
    """What is known of SKUs, each in one pool, at the start of `as_of`.

    `daily` are gross units net of cancellations of the closed window before `as_of`, oldest
    first; `in_stock` [row × day] says of each day whether it could sell: 1, 0, or −1 where its stock
    is unknown. `available` is on hand less unavailable and reserved; both are NaN where no file
    counts it. Lead times are in days, measured from receipts (then each is in the tuple
    `lead_times`) or stated by the supplier; NaN where neither is known. `known_since` is the first
    day from which both its stock and the shop's orders are known, `known_to` the last day of
    `daily`, where that is not the one before `as_of`; `window_days` may be more than the days in it.
    `peer_rate` is that of SKUs like a new one, units a day, `peer` says whose, `is_peer_named` that
    the shop file names it; `season_factor` is what the coming days sell ÷ what the window sold, by
    the time of the year. `emergency_units` are a floor under the safety stock. `doubts` is a tuple of
    what a person must settle before it is ordered, `hint` what they may consider. `transfer_days` of
    the lead time are the way to Amazon. `stated_rate` (units a day) and `stated_point` (units) are a
    person's, NaN where nobody states them, with `override_reason` and the last day `override_until`
    (tasks/rules/override.py).
    """

    sku: Objects
    pool: Objects
    as_of: Days
    daily: Series
    in_stock: Ints
    on_hand: Floats
    available: Floats
    on_order: Receipts
    backorders: Ints
    committed: Ints
    lead_time_days: Floats
    lead_time_sd: Floats
    lead_times: Objects
    transfer_days: Ints
    review_days: Ints
    cover_days: Ints
    service_level: Floats
    moq: Ints
    case_pack: Ints
    unit_cost: Objects
    last_sale: Days
    known_since: Days
    known_to: Days
    window_days: Ints
    peer_rate: Floats
    peer: Objects
    is_peer_named: Flags
    season_factor: Floats
    stated_rate: Floats
    stated_point: Floats
    override_reason: Objects
    override_until: Days
    is_stale: Flags
    doubts: Objects
    abc: Objects
    emergency_units: Ints
    hint: Objects
    owner: str | None
    thresholds: Thresholds

    @property
    def first_day(self) -> Days:
        """The first day of `daily`."""
        last = np.where(np.isnat(self.known_to), self.as_of - DAY, self.known_to)
        return np.asarray(last - (self.daily.days - 1))

    def since(self, day: Days) -> Floats:
        """Return the days from `day` to `as_of`; NaN where there is no such day."""
        passed = (self.as_of - day) / DAY
        return np.where(np.isnat(day), np.nan, passed)
