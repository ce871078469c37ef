"""The service that is asked for is reached in every class of demand, on demand that nobody showed the rule.

Each of many shops shows the rule its history and its receipts; then many periods are drawn from the
same demand. With a year of history the mean is within two points of what is asked. Where demand is
seldom a single unit is several points of service, so above it may be what one unit more than the
best whole reorder point reaches.

Of the default window of 90 days, too: there a mean and a tail guessed from few days fell up to three
points short where demand is erratic (95 % asked, 92.6 % reached with receipts, 91.7 % without), until
the quantile was drawn in any case and as the prediction that it is (`tasks.rules.reorder.predicted`).
"""

from collections.abc import Callable
from statistics import fmean, stdev

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.rules.demand import Pattern
from tests.rules.rows import pattern, protection, velocity

SHOPS, PERIODS, RECEIPTS = 60, 300, 60
Rng = np.random.Generator
Days = NDArray[np.int64]
CLASSES: dict[Pattern, Callable[[Rng, int], Days]] = {
    Pattern.SMOOTH: lambda rng, days: rng.poisson(8, days),
    Pattern.ERRATIC: lambda rng, days: rng.geometric(0.12, days),
    Pattern.INTERMITTENT: lambda rng, days: (rng.random(days) < 0.3) * (1 + rng.poisson(1, days)),
    Pattern.LUMPY: lambda rng, days: (rng.random(days) < 0.3) * rng.geometric(0.15, days),
}
WINDOWS, POINTS = (365, 90), 0.02


def periods(rng: Rng, kind: Pattern, leads: tuple[int, ...], count: int) -> Days:
    """Return the demand of `count` protection periods: a lead time and a day of review."""
    return np.array([CLASSES[kind](rng, int(lead) + 1).sum() for lead in rng.choice(leads, count)])


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    ("leads", "is_measured"),
    [((9,), True), ((6, 8, 9, 10, 14), True), ((9,), False)],
    ids=["steady", "varying", "stated"],
)
@pytest.mark.parametrize("level", [0.90, 0.95])
@pytest.mark.parametrize("kind", CLASSES)
def test_the_asked_service_is_reached(
    kind: Pattern, level: float, leads: tuple[int, ...], is_measured: bool, window: int
) -> None:
    rng, served, kinds = np.random.default_rng(11), [], []
    for _ in range(SHOPS):
        daily = CLASSES[kind](rng, window).tolist()
        receipts = rng.choice(leads, RECEIPTS).tolist()
        kinds.append(pattern(daily))
        guard = protection(
            daily,
            velocity(daily, [True] * window) or 0.0,
            fmean(receipts),
            stdev(receipts),
            1,
            level,
            10,
            lead_times=receipts if is_measured else (),
        )
        served.append(np.mean(periods(rng, kind, leads, PERIODS) <= guard.reorder_point))
    assert kinds.count(kind) > SHOPS * 0.8, "the demand is of the class it is named for"
    truth = np.sort(periods(rng, kind, leads, 20_000))
    whole = truth[int(np.ceil(level * len(truth))) - 1]
    a_unit_more = float(np.mean(truth <= whole + 1))
    assert level - POINTS <= fmean(served) <= max(level + POINTS, a_unit_more)
