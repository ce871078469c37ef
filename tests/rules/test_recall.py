"""How far a recall goes: what is not counted is not 0."""

from tasks.rules.recall import Extent, Found, Recalled, extent


def at(state: Found, units: int | None) -> Recalled:
    return Recalled(state, "web", "1", "Main", "CUP", units, None)


def test_every_state_is_there_and_what_nobody_counted_is_unknown() -> None:
    found = [at(Found.SHIPPED, 2), at(Found.SHIPPED, 3), at(Found.STOCK, 7), at(Found.STOCK, None)]
    assert extent(found) == [
        Extent(Found.SHIPPED, 2, 5, 0),
        Extent(Found.OPEN, 0, 0, 0),
        Extent(Found.STOCK, 2, 7, 1),
        Extent(Found.ON_ORDER, 0, 0, 0),
        Extent(Found.RECEIVED, 0, 0, 0),
    ]
