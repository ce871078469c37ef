"""No unit of a rationed pool is shown at two channels: every interleaving of what can happen, by the real rules.

A world is one SKU in one pool and two or three channels. What may happen, in any order:

- a unit is sold at a channel that shows one; the channel lowers its own figure
- a delivery of one unit arrives
- a snapshot arrives (stock and orders), and a sync decides by it and sends a file to each channel
- a snapshot is lost: nothing came, so the sync repeats the last decision, from the facts it has
- a run is killed at any step of any file: before it is recorded, before it is out, before it is marked
- the next sync, whichever it is, tries again what was not finished

Two claims are held to in every state, also between two files of one sync:

1. Where each run decides by a snapshot that knows all sales, killed or not:
   Σ shown at the channels ≤ what the shelf holds and nobody was promised.
2. Where snapshots get lost too, and a killed run is tried again on what it knew:
   Σ shown ≤ that, and the units sold since the snapshot of the last run that came to its end, as far
   as they are more than the units that are held back of every channel.

The first holds because no unit is given to two channels (tasks/rules/ration.py), a channel that sells
lowers its own figure, a number that did not change is not sent again, and what falls leaves before
what rises. The second is the best that can be: nobody can take back what was sold before it was
heard of, and the buffer is there for it. Both need the files uploaded in the order of the run; a file
that a person skips is no loss that the house can see before marts.stock_drift does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from operator import add
from typing import TypeVar

import pytest

from tasks.rules.listing import Limits
from tasks.rules.sending import Number, has_changed, total_rise
from tests.rules.listing_rows import Buffer, Listing, Stock, publish

LIMITS = Limits(tight_units=99, sync_hours=Decimal(24))
MOST = 5  # units on the shelf


@dataclass(frozen=True)
class World:
    """What does not change: the channels, their speed by priority, and what is held back of each."""

    velocities: tuple[int, ...]
    buffer: int = 0
    loses: bool = True  # whether snapshots get lost


@dataclass(frozen=True)
class State:
    """What is on the shelf, what the channels show, and what the house believes of both."""

    on_hand: int
    shown: tuple[int, ...]
    written: tuple[int | None, ...]  # the ledger's last figure of each channel
    unsure: tuple[tuple[int, ...], ...]  # the figures that were recorded since, and never marked
    heard: tuple[int, ...]  # units that each channel sold since, as far as a snapshot knows
    unheard: tuple[int, ...]  # and those that none does
    known: int  # on hand as of the last snapshot
    unseen: int = 0  # units sold since the snapshot of the last run that came to its end
    is_settled: bool = True  # whether the last run came to its end


def is_safe(world: World, state: State) -> bool:
    """Return whether the claim holds that the world is held to."""
    excess = max(state.unseen - world.buffer, 0) if world.loses else 0
    left = max(state.on_hand, 0) if world.loses else state.on_hand
    return sum(state.shown) <= left + excess


def names(world: World) -> list[str]:
    return ["web", "amazon", "tiktok"][: len(world.velocities)]


@cache
def plan(world: World, on_hand: int) -> tuple[Number, ...]:
    """Return what the real planner publishes of `on_hand` units, by channel."""
    listings = [
        Listing(name, "MUG", "MUG", rank, ("Main",), Buffer(units=world.buffer), Decimal(velocity))
        for rank, (name, velocity) in enumerate(
            zip(names(world), world.velocities, strict=True), start=1
        )
    ]
    rows = publish("merchant", {("MUG", "Main"): Stock(on_hand)}, listings, LIMITS)
    assert sum(row.published_units for row in rows) <= max(on_hand - world.buffer, 0)
    return tuple(Number(row.channel, row.channel_sku, row.published_units) for row in rows)


T = TypeVar("T")


def put(values: tuple[T, ...], at: int, value: T) -> tuple[T, ...]:
    return (*values[:at], value, *values[at + 1 :])


def files_of(world: World, state: State) -> list[tuple[int, int]]:
    """Return the files of a sync in the order in which they leave: the channel, and its figure."""
    keys = [(name, "MUG") for name in names(world)]
    written = {
        key: units for key, units in zip(keys, state.written, strict=True) if units is not None
    }
    unsure = {key: units for key, units in zip(keys, state.unsure, strict=True) if units}
    rows = []
    for at, row in enumerate(plan(world, state.known)):
        # What orders say it shows: the last figure less the sales that are known.
        last = state.written[at]
        believed = None if last is None else max(last - state.heard[at], 0)
        rows.append((at, replace(row, shown_units=believed)))
    changed = [(at, row) for at, row in rows if has_changed(row, written, unsure)]
    changed.sort(key=lambda each: total_rise([each[1]], written, unsure))
    return [(at, row.published_units) for at, row in changed]


def sent(world: World, state: State, unseen: int) -> Iterator[State]:
    """Yield every state in which a sync may leave the world: killed at each step, and finished.

    `unseen` are the units that its snapshot does not know.
    """
    state = replace(state, is_settled=False)
    yield state
    for at, units in files_of(world, state):
        state = replace(state, unsure=put(state.unsure, at, (*state.unsure[at], units)))
        yield state
        state = replace(state, shown=put(state.shown, at, units))
        yield state
        state = replace(
            state,
            unsure=put(state.unsure, at, ()),
            written=put(state.written, at, units),
            heard=put(state.heard, at, 0),
            unheard=put(state.unheard, at, 0),
        )
        yield state
    yield replace(state, is_settled=True, unseen=unseen)


def steps(world: World, state: State) -> Iterator[State]:
    """Yield what may happen next."""
    for at, units in enumerate(state.shown):
        if units:
            yield replace(
                state,
                on_hand=state.on_hand - 1,
                shown=put(state.shown, at, units - 1),
                unheard=put(state.unheard, at, state.unheard[at] + 1),
                unseen=state.unseen + 1,
            )
    if state.on_hand < MOST:
        yield replace(state, on_hand=state.on_hand + 1)
    fresh = replace(
        state,
        known=max(state.on_hand, 0),
        heard=tuple(map(add, state.heard, state.unheard)),
        unheard=(0,) * len(state.shown),
    )
    yield from sent(world, fresh, 0)
    if world.loses:  # a decision that was sent holds until something comes
        yield from [state] if state.is_settled else sent(world, state, state.unseen)


def explore(world: World, units: int, depth: int) -> tuple[int, int]:
    """Return how many interleavings of `depth` steps there are, and how many states: all are safe."""
    none = (0,) * len(world.velocities)
    start = State(
        on_hand=units,
        shown=none,
        written=(None,) * len(none),
        unsure=((),) * len(none),
        heard=none,
        unheard=none,
        known=units,
    )
    seen: set[State] = set()

    @cache
    def interleavings(state: State, left: int) -> int:
        seen.add(state)
        assert is_safe(world, state), f"{world}: {state}"
        if not left:
            return 1
        return sum(interleavings(after, left - 1) for after in steps(world, state))

    return interleavings(start, depth), len(seen)


@pytest.mark.parametrize(
    ("velocities", "units", "depth"),
    [
        ((1, 1), 4, 7),
        ((3, 1), 3, 7),
        ((0, 2), 4, 7),
        ((1, 1, 1), 3, 7),
        ((2, 1, 0), 4, 7),
    ],
)
@pytest.mark.parametrize(("buffer", "loses"), [(0, False), (0, True), (1, True)])
def test_no_interleaving_shows_a_unit_twice(
    velocities: tuple[int, ...], units: int, depth: int, buffer: int, loses: bool
) -> None:
    covered, states = explore(World(velocities, buffer, loses), units, depth)
    print(
        f"{len(velocities)} channels {velocities}, {'' if loses else 'no '}losses, buffer {buffer}:"
        f" {covered:,} interleavings of {depth} steps, {states:,} states"
    )
    assert covered >= 400_000
