"""One kind of export file: how to recognise it, what its columns mean, what must hold."""

import os
import re
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from config.expectation import Expectation, Severity
from config.station import Station
from config.strict import CONFIG, SettingsError, Strict, named

ColumnType = Literal[
    "text",
    "id",
    "code",
    "sku",
    "amount",
    "cents",
    "price",
    "precise",
    "units",
    "rate",
    "moment",
    "wall_time",
    "date",
]
Format = Literal["delimited", "workbook", "json", "edi"]

# Canonical tables whose rows are of one channel of the shop, or of none that it has.
OF_A_CHANNEL = frozenset(
    {
        "channel_health", "disputes", "listing_stock", "listings", "order_lines", "orders",
        "payout_lines", "payouts", "reimbursements", "returns",
    }
)  # fmt: skip
MOMENTS = (
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%d.%m.%Y %H:%M:%S UTC",
)
WALL_TIMES = ("%Y-%m-%d %H:%M:%S",)
DATES = ("%Y-%m-%d",)


# Columns of ours that hold another system's numbers, which may be as long as a payment card's.
OF_CODES = re.compile(r"(?:^|_)(?:id|gid|asin|fnsku|barcode|number|ref|record)$")


class Column(Strict):
    """One column of ours: whose cell it is taken from, and the grammar of that cell."""

    renamed: ClassVar[Mapping[str, str]] = {
        "melted": "unpivot",
        "like": "pattern",
        "spares": "still_feeds",
        "only_checked": "checked_only",
    }

    theirs: tuple[str, ...] = Field((), description="Header names, today's first; any case.")
    unpivot: Literal["header", "cell"] | None = Field(
        None, description="One row per further column of the file: its header, or its cell."
    )
    type: ColumnType = "text"
    required: bool = Field(False, description="Without this header the file is refused.")
    filled: bool = Field(
        False, description="A blank cell is a fault of the row, in files that have the column."
    )
    pattern: str = Field(
        "",
        description="Regular expression of the whole cell, in any case: what it may say, or its form;"
        " a cell that says anything else is a fault of the row.",
    )
    blanks: tuple[str, ...] = Field((), description="Cells that mean blank, such as 'not stocked'.")
    formats: tuple[str, ...] = Field((), description="strptime formats of a moment, time or date.")
    words: dict[str, str] = Field(
        default_factory=dict, description="Words to read as others: PDT as -0700, ene as Jan."
    )
    affixes: tuple[str, ...] = Field((), description="What may be around a number: $, EUR.")
    still_feeds: frozenset[str] = Field(
        frozenset(), description="Tables that a row with a bad cell feeds."
    )
    drop_leading: str = Field("", description="One such leading character is not data.")
    checked_only: bool = Field(
        False,
        description="Nothing needs it, but its grammar shows a row whose cells are shifted.",
    )
    personal: bool = Field(False, description="Used in `derive` only; never stored.")
    keeps: str = Field(
        "presence",
        description="What is left of a personal cell for a replay: presence (that it was filled),"
        " hash, phone and address (a hash of what is the same however it is written), `json:` and the"
        " structure of the fields that stay, or the regular expression of a part.",
    )

    @field_validator("theirs", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def may_hold_card(self) -> bool:
        """Whether a long number in a cell of it may be a payment card's: it has none of its own."""
        return not self.pattern and self.type not in ("id", "code", "moment", "wall_time", "date")

    @property
    def grammars(self) -> tuple[str, ...]:
        """The formats a time may have."""
        usual = {"moment": MOMENTS, "wall_time": WALL_TIMES, "date": DATES}.get(self.type, ())
        return self.formats or usual


class RowRule(Strict):
    """Rows that are no data, or that show the whole file to be unusable."""

    renamed: ClassVar[Mapping[str, str]] = {"mend": "fix"}

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    where: str = Field(description="SQL condition over our columns, as text.")
    fix: str = ""


class Control(Strict):
    """A figure that the file states of itself, and the same figure of its rows: alike to the cent."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    stated: str = Field(description="SQL aggregate over our columns, row_kind, and `other_lines`.")
    found: str = Field(description="SQL aggregate over our columns and row_kind.")
    by: tuple[str, ...] = Field((), description="One figure per these columns, else one a file.")
    severity: Severity = "critical"
    why: str


class Feed(Strict):
    """What one row of this export gives to one canonical table."""

    rows: str = Field("data", description="`data`, or the name of a non-data rule.")
    where: str | None = None
    first_of: tuple[str, ...] = Field(
        (), description="Of accepted rows alike in these columns, the file's first only."
    )
    set_: dict[str, str] = Field(default_factory=dict, alias="set", description="SQL per column.")


class ChannelBy(Strict):
    """How the channel of a row is known where one platform has many."""

    column: str
    matches: Literal["sales_channel", "currency", "name"]
    otherwise: Literal["fba", "currency", "fault"] = Field(
        "fault",
        description="Of rows that name no marketplace: the channel that Amazon ships for, or the only"
        " one of the row's currency.",
    )


class ChannelOfOrder(Strict):
    """How a row finds its channel that may be of several: by the orders that it or its like names."""

    column: str = Field(description="The column with the channel's own number of the order.")
    of: Literal["row", "payout"] = Field(
        "row", description="What is of one channel as a whole: its orders speak for all of it."
    )


class LookAlike(Strict):
    """How the rows of a look-alike distinguish it from the export whose header it shares."""

    same_number: tuple[str, str] = Field(
        description="Two columns whose digits are the same in its rows, and in no row of the other."
    )
    blank: tuple[str, ...] = Field(
        description="Where no row has such numbers: columns that are blank in all of its rows."
    )


class Export(Strict):
    """One report of one platform; its name is the path of its file: <platform>.<report>."""

    renamed: ClassVar[Mapping[str, str]] = {"feeds": "loads_into", "of_file": "file_level"}

    platform: str
    report: str
    title: str
    where: str = Field(description="Where a person downloads it again.")
    station: Station
    refuse: str | None = Field(None, description="A look-alike: refused, with this message.")
    refuse_if: LookAlike | None = Field(
        None, description="What its rows show; without any row, `absent` headers decide."
    )
    formats: tuple[Format, ...] = ("delimited",)
    records: tuple[str, ...] = Field(
        (), description="json: keys whose value holds the records, '' for the document itself."
    )
    each: str | None = Field(
        None,
        description="json: key of a list, one row per item. edi: segment that begins a row.",
    )
    transaction_set: str | None = Field(None, description="edi: 850 and the like.")
    delimiters: tuple[str, ...] = Field(
        (",", ";"), description="A file saved again where the comma is the decimal mark has `;`."
    )
    quote: str | None = '"'
    encodings: tuple[str, ...] = ("utf-8",)
    decimals: tuple[Literal["dot", "comma"], ...] = ("dot",)
    thousands: bool = Field(
        False,
        description="Amounts are as people write them: maybe with a separator after every third digit, and below"
        " nothing also as (8.00), 8.00- or with a true minus.",
    )
    zone: str = Field("channel", description="Clock of its wall times: channel, shop, or a zone.")
    dated_by_name: str | None = Field(
        None, description="Regular expression of the date in its name."
    )
    fresh_hours: int | None = Field(None, description="Older than this, its owner is alerted.")
    controls: tuple[Control, ...] = Field((), description="What proves that no row is missing.")
    absent: tuple[str, ...] = Field((), description="Headers that only a look-alike has.")
    also: tuple[str, ...] = Field(
        (), description="Headers it has that nothing of ours needs; * stands for anything."
    )
    private: tuple[str, ...] = Field(
        (), description="Headers as in `also` whose cells hold personal data: they are never kept."
    )
    other_lines: tuple[str, ...] = Field(
        (),
        description="Regular expressions of lines that are no rows, such as a footer; what their"
        " named groups hold, controls may name as $group.",
    )
    columns: dict[str, Column]
    channel_by: ChannelBy | None = None
    channel_of_order: ChannelOfOrder | None = Field(
        None,
        description="Of rows that may be of several channels by what they say: they wait until the"
        " orders that they name are known.",
    )
    non_data: tuple[RowRule, ...] = ()
    refuse_where: tuple[RowRule, ...] = ()
    file_level: dict[str, str] = Field(
        default_factory=dict, description="SQL aggregates: what one line says for the whole file."
    )
    derive: dict[str, str] = Field(default_factory=dict, description="SQL over the row's columns.")
    unique: tuple[str, ...] = Field((), description="A second row with this key is quarantined.")
    expectations: tuple[Expectation, ...] = ()
    max_rejected_rate: float = Field(0.2, gt=0, le=1)
    loads_into: dict[str, tuple[Feed, ...]] = Field(default_factory=dict)

    @field_validator("columns", mode="before")
    @classmethod
    def _short_columns(cls, value: Any) -> Any:
        short = (str, list)
        return {k: {"theirs": v} if isinstance(v, short) else v for k, v in value.items()}

    @field_validator("loads_into", mode="before")
    @classmethod
    def _one_feed_or_many(cls, value: Any) -> Any:
        return {k: [v or {}] if not isinstance(v, list) else v for k, v in value.items()}

    @field_validator("columns", mode="after")
    @classmethod
    def _codes_by_name(cls, columns: dict[str, Column]) -> dict[str, Column]:
        """Take a text column that is named for an id, a barcode or a number of the trade as a code."""
        return {
            name: column.model_copy(update={"type": "code"})
            if column.type == "text" and not column.pattern and OF_CODES.search(name)
            else column
            for name, column in columns.items()
        }

    @model_validator(mode="after")
    def _has_a_signature(self) -> "Export":
        if not self.signature:
            raise ValueError(
                "no column is `required`: nothing distinguishes this export from others"
            )
        if "edi" in self.formats and not (self.transaction_set and self.each):
            raise ValueError("an edi export names its `transaction_set` and the segment of `each`")
        for name, column in self.columns.items():
            if bool(column.theirs) == bool(column.unpivot):
                raise ValueError(f"columns.{name} has either `theirs` or `unpivot`")
            if column.pattern and column.type not in ("text", "id"):
                raise ValueError(f"columns.{name}: only a text or an id has a `pattern`")
        return self

    def __hash__(self) -> int:
        """Return a hash of its name: what is worked out of an export can be kept by it."""
        return hash(self.name)

    @property
    def name(self) -> str:
        """The report's name in every table: `shopify.orders`."""
        return f"{self.platform}.{self.report}"

    @property
    def table(self) -> str:
        """Its staged table."""
        return f"staged.{self.platform}_{self.report}"

    @property
    def file(self) -> str:
        """Its own settings file, for messages."""
        return named(CONFIG / "exports" / self.platform / f"{self.report}.yaml")

    @property
    def is_private(self) -> bool:
        """Whether its files hold personal data."""
        return bool(self.private) or any(column.personal for column in self.columns.values())

    @property
    def needs_channel(self) -> bool:
        """Whether what it feeds is of one channel, and the export has no column that names it."""
        return "channel" not in self.columns and bool(
            self.channel_by
            or any(
                "channel" not in feed.set_
                for table in self.loads_into.keys() & OF_A_CHANNEL
                for feed in self.loads_into[table]
            )
        )

    @property
    def says_currency(self) -> bool:
        """Whether its rows say their currency."""
        return "currency" in {*self.columns, *self.derive, *self.file_level}

    @cached_property
    def is_unpivoted(self) -> bool:
        """Whether its further columns become rows."""
        return any(column.unpivot for column in self.columns.values())

    @cached_property
    def other_line(self) -> re.Pattern[str] | None:
        """The pattern of lines that are no rows; None where there are none."""
        if not self.other_lines:
            return None
        return re.compile("|".join(f"(?:{line})" for line in self.other_lines))

    @cached_property
    def signature(self) -> tuple[str, ...]:
        """Our columns whose headers must be there."""
        return tuple(name for name, column in self.columns.items() if column.required)


def exports_root() -> Path:
    """Return the folder of the export files: BACKROOM_EXPORTS, or config/exports/ of the project."""
    return Path(os.environ.get("BACKROOM_EXPORTS", CONFIG / "exports"))


def load_exports(root: Path | None = None) -> dict[str, Export]:
    """Return every export by its name; the folder is the registry, and is read once a process."""
    return _read_exports(root or exports_root())


def reports_into(tables: Collection[str]) -> frozenset[str]:
    """Return the reports that feed one of the canonical tables."""
    return frozenset(
        n for n, export in load_exports().items() if not export.loads_into.keys().isdisjoint(tables)
    )


@cache
def _read_exports(root: Path) -> dict[str, Export]:
    exports = {}
    for path in sorted(root.glob("*/*.yaml")):
        export = Export.read(path, platform=path.parent.name, report=path.stem)
        exports[export.name] = export
    if not exports:
        raise SettingsError(f"{named(root)} holds no export.")
    return exports
