"""No file is silently wrong: thousands of damaged samples, each exact, told, set aside or refused.

Every mutant is read by the product's own reader; a seeded part of them goes the whole way to the
staged table, through every rule of the gate. `python -m tests.mutations --mutants 1000000` runs as
many as are asked for and prints what became of them, by sample and by kind of damage.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from random import Random

import pytest

from tests.mutations.mutant import Mutant
from tests.mutations.run import mutants, run
from tests.mutations.samples import samples
from tests.mutations.text import row_shifted
from tests.mutations.typed import Typing
from tests.mutations.verdicts import WRONG

READ, TYPED, PARTS, SHIFTS = 20_000, 200, 4, 5
SEED = 1
# Where a cell below another header is a value like any other there, and nothing in the row contradicts it.
FORGIVING = {
    "amazon/all_orders@url_32.txt": "an old layout that ends in columns that are mostly blank",
    "amazon/fba_returns.txt": "condition, reason and state are words",
    "amazon/fbm_returns.txt": "two amounts of which one is mostly blank",
    "amazon/fbm_returns@34.txt": "two amounts of which one is mostly blank",
    "amazon/inventory_planning.txt": "most of its columns are blank or counts",
    "stripe/payout_reconciliation.csv": "one of its words slips under order_number, which may be any text",
    "amazon/restock@ambiguous.txt": "a row that names no marketplace, shifted, names one",
    "amazon/settlement_v1.txt": "amount columns stand side by side; their sum is held to the total",
    "amazon/settlement_v1@33.txt": "amount columns stand side by side; their sum is held to the total",
    "amazon/settlement_v1@blank_line.txt": "amount columns stand side by side, as above",
    "amazon/settlement_v2.txt": "a count may be a SKU; the amounts are held to the total",
    "amazon/settlement_v2@comma.txt": "a count may be a SKU, as above",
    "amazon/settlement_v2@cp932.txt": "a count may be a SKU, as above",
    "amazon/settlement_v2@us_23.txt": "a count may be a SKU, as above",
    "ebay/orders.csv": "an order's line and its items leave other columns blank",
    "ebay/orders@uk.csv": "an order's line and its items leave other columns blank",
    "ebay/transactions.csv": "a fee's currency and its words stand beside blank columns",
    "gorgias/tickets.csv": "counts stand side by side",
    "marketing/ad_spend_google.csv": "counts and amounts stand side by side",
    "marketing/ad_spend_meta.csv": "counts and amounts stand side by side",
    "shopify/products.csv": "a row may be an image, with all else blank",
    "stock/counts@infor.csv": "counted and booked stand side by side",
    "stripe/payout_reconciliation@comma.csv": "its columns are the seller's choice: two ids, two dates",
    "tiktok/income.csv": "amounts stand side by side",
    "tiktok/orders@sea.csv": "times may be blank at the end of a row",
    "zendesk/tickets.csv": "times and counts may be blank",
}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damage_is_read_as_something_else(part: int) -> None:
    size = READ // PARTS
    found = run(SEED, range(part * size, (part + 1) * size))
    assert sum(found.outcomes.values()) == size
    assert [f"{m.sample.name}, {m.kind}: {told.told}" for m, told in found.wrong] == []


def test_no_damage_is_staged_as_something_else(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(tmp_path_factory.mktemp("typed"), monkeypatch)
    wrong, judged = [], 0
    with typing.door.warehouse() as con:
        for group in _by_sample(mutants(SEED, range(READ, READ + TYPED))):
            for mutant, told in typing.judge(con, group[0].sample, group):
                judged += 1
                if told.outcome in WRONG:
                    wrong.append(f"{mutant.sample.name}, {mutant.kind}: {told.told}")
    assert judged > TYPED / 2
    assert wrong == []


def test_a_shifted_row_is_not_believed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(tmp_path_factory.mktemp("shifted"), monkeypatch)
    outcomes, wrong = Counter[str](), []
    with typing.door.warehouse() as con:
        for sample in samples():
            if sample.family != "text" or sample.name in FORGIVING:
                continue
            shifted = [row_shifted(sample, Random(f"{SEED}/{n}")) for n in range(SHIFTS)]
            for mutant, told in typing.judge(con, sample, [each for each in shifted if each]):
                outcomes[told.outcome] += 1
                if told.outcome in WRONG:
                    wrong.append(f"{mutant.sample.name}: {told.told}")
    assert wrong == []
    assert outcomes["set aside"] > (sum(outcomes.values()) - outcomes["exact"]) * 0.8


def _by_sample(some: Iterator[Mutant]) -> Iterator[list[Mutant]]:
    ordered = sorted(some, key=lambda mutant: mutant.sample.name)
    for _, group in groupby(ordered, key=lambda mutant: mutant.sample.name):
        yield list(group)
