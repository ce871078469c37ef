"""The lineage of a table as a picture: what it is built from, left of it; what is built from it, right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

# In pixels.
LETTER = 7.3
PADDING = 12
HEIGHT = 24
ROW = 32
GAP = 76
EDGE = 4


@dataclass(frozen=True)
class Box:
    """A table in the picture; `x` and `y` are its upper left corner."""

    name: str
    x: float
    y: float
    width: float

    @property
    def schema(self) -> str:
        """The schema, which gives the box its colour."""
        return self.name.partition(".")[0]

    @property
    def middle(self) -> float:
        """Where arrows meet its side."""
        return self.y + HEIGHT / 2


@dataclass(frozen=True)
class Picture:
    """Boxes, and arrows as SVG paths."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]


def picture(table: str, inputs: Sequence[str], readers: Sequence[str]) -> Picture:
    """Return the picture of `table` amid its inputs and its readers, each side in the given order."""
    rows = max(len(inputs), len(readers), 1)
    height = rows * ROW + 2 * EDGE
    left = _stack(inputs, EDGE, height)
    x = EDGE + (left[0].width + GAP if left else 0)
    [this] = _stack([table], x, height)
    right = _stack(readers, x + this.width + GAP, height)
    boxes = (*left, this, *right)
    return Picture(
        width=round(max(box.x + box.width for box in boxes) + EDGE, 1),
        height=height,
        boxes=boxes,
        arrows=(*(_arrow(box, this) for box in left), *(_arrow(this, box) for box in right)),
    )


def _stack(names: Collection[str], x: float, height: float) -> list[Box]:
    """Return boxes of one width below each other, amid the picture's height."""
    width = round(max((len(name) for name in names), default=0) * LETTER + 2 * PADDING, 1)
    top = (height - len(names) * ROW) / 2 + (ROW - HEIGHT) / 2
    return [Box(name, round(x, 1), round(top + ROW * i, 1), width) for i, name in enumerate(names)]


def _arrow(start: Box, end: Box) -> str:
    x, to = start.x + start.width, end.x - 5  # the head is 5 px long
    bend = (to - x) / 2
    return (
        f"M{x:.1f},{start.middle:.1f} C{x + bend:.1f},{start.middle:.1f}"
        f" {to - bend:.1f},{end.middle:.1f} {to:.1f},{end.middle:.1f}"
    )
