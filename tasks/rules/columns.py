"""Columns: many rows at once as numpy arrays, so that a formula is written once and runs once.

What is not known of a row is NaN in a column of numbers, NaT in one of days, None in one of objects.
Whole numbers up to 2⁵³ are exact in a column of floats.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Self, TypeAlias, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

# Of a column that is stored, the second is what a value of it is.
Floats: TypeAlias = NDArray[np.float64]
Decimals: TypeAlias = Annotated[NDArray[np.float64], Decimal]
Units: TypeAlias = Annotated[NDArray[np.float64], int]  # whole, or not known
Ints: TypeAlias = Annotated[NDArray[np.int64], int]
Flags: TypeAlias = Annotated[NDArray[np.bool_], bool]
Days: TypeAlias = Annotated[NDArray[np.datetime64], date]
Objects: TypeAlias = NDArray[np.object_]
Figures: TypeAlias = (
    NDArray[np.float64] | NDArray[np.int64] | float
)  # a column, or one for all rows
Texts: TypeAlias = Annotated[NDArray[np.object_], str]
Amounts: TypeAlias = Annotated[NDArray[np.object_], Decimal]  # money: exact


class Columns:
    """Base of a frozen dataclass whose arrays have a row per thing; any other field is of all rows."""

    def __len__(self) -> int:
        return next(len(value) for value in vars(self).values() if isinstance(value, np.ndarray))

    def __getitem__(self, rows: slice | NDArray[Any]) -> Self:
        """Return the rows of a slice, a mask or an array of places."""
        picked = {
            name: value[rows]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray | Columns)
        }
        return replace(self, **picked)  # type: ignore[type-var]

    def put(self, rows: Ints, those: Self) -> Self:
        """Return these with `those` at the places `rows`."""
        found = {}
        for name, value in vars(self).items():
            found[name] = value.copy()
            found[name][rows] = getattr(those, name)
        return replace(self, **found)  # type: ignore[type-var]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of all parts, one after the other."""
        columns = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Return rows as columns, whose names they have as keys."""
        listed = list(rows)
        return cls(
            **{
                name: np.array([row[name] for row in listed], dtype=kind)
                for name, kind in cls.kinds().items()
            }
        )

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """Return what the array of each field is made of; days of what is a datetime64."""
        found = {}
        for name, hint in get_type_hints(cls).items():
            (kind,) = get_args(get_args(hint)[1])
            found[name] = "datetime64[D]" if kind is np.datetime64 else kind
        return found


@dataclass(frozen=True)
class Series(Columns):
    """Whole units of days in a row, oldest first: `units` [row × day], the first `days` of each count.

    After them every unit is 0.
    """

    units: Ints
    days: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> "Series":
        """Return series of any lengths."""
        days = np.array([len(row) for row in rows], dtype=np.int64)
        units = np.zeros((len(rows), int(days.max(initial=0))), dtype=np.int64)
        units[np.arange(units.shape[1]) < days[:, None]] = [unit for row in rows for unit in row]
        return cls(units, days)

    @property
    def totals(self) -> Ints:
        """Units of all days."""
        return np.asarray(self.units.sum(axis=1))

    @property
    def selling_days(self) -> Ints:
        """Days that sold."""
        return np.asarray(np.count_nonzero(self.units > 0, axis=1))

    @property
    def running(self) -> Ints:
        """Units before each day, and of all days last: [row × day + 1]."""
        sums = np.zeros((len(self), self.units.shape[1] + 1), dtype=np.int64)
        np.cumsum(self.units, axis=1, out=sums[:, 1:])
        return sums

    def kept(self, keep: Flags) -> "Series":
        """Return the days that `keep` says, moved together."""
        return Series(packed(self.units, keep, 0), np.count_nonzero(keep, axis=1))


def packed(values: NDArray[Any], keep: Flags, rest: int) -> NDArray[Any]:
    """Return what `keep` says of each row, moved together to its front, and `rest` after it."""
    kept = np.where(keep, values, rest)
    if (keep[:, 1:] <= keep[:, :-1]).all():
        return kept
    return np.take_along_axis(kept, np.argsort(~keep, axis=1, kind="stable"), axis=1)


def objects(values: Iterable[object]) -> Objects:
    """Return a column of objects, tuples too."""
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column


def texts(write: Callable[..., str], *columns: NDArray[Any]) -> Objects:
    """Return the text that `write` makes of each row; rows of the same values share one."""
    known: dict[tuple[Any, ...], str] = {}
    found = []
    for row in zip(*(column.tolist() for column in columns), strict=True):
        if (text := known.get(row)) is None:
            text = known[row] = write(*row)
        found.append(text)
    return objects(found)


def round_up(units: Floats) -> Floats:
    """Return whole units, rounded up; so close above a whole number is an error of binary arithmetic."""
    return np.ceil(np.round(units, 6))


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """Return part ÷ whole; NaN where there is no whole."""
    found = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


def half_up(values: Floats, places: int) -> Floats:
    """Return figures to so many decimal places, half up by the exact value of each; NaN stays NaN.

    Each is the nearest binary number of its decimal.
    """
    scale = 10.0**places
    scaled = values * scale
    whole = np.floor(scaled)
    rounded = whole + (scaled - whole > 0.5)
    for row in np.flatnonzero(scaled - whole == 0.5):  # the product may have been rounded to a half
        exact = Decimal(float(values[row])).scaleb(places)
        rounded[row] = float(exact.quantize(Decimal(1), ROUND_HALF_UP))
    return rounded / scale
