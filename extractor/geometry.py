"""Boxes and segments in page points, origin at the top left of the upright page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Box(NamedTuple):
    """An upright rectangle with x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Horizontal extent."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Vertical extent."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        """The middle point (x, y)."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside, borders included."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def intersection(self, other: Box) -> Box | None:
        """The common rectangle, None where there is none of positive area."""
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        x1, y1 = min(self.x1, other.x1), min(self.y1, other.y1)
        return Box(x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def cover(self, other: Box) -> float:
        """Share of this box's area that `other` covers, 0 to 1; 0 for an empty box."""
        common = self.intersection(other)
        return common.area / self.area if common is not None else 0.0

    def scaled(self, factor: float) -> Box:
        """The box with all coordinates multiplied, for example pixels to points."""
        return Box(self.x0 * factor, self.y0 * factor, self.x1 * factor, self.y1 * factor)

    def moved(self, dx: float, dy: float) -> Box:
        """The box shifted by (dx, dy)."""
        return Box(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)

    def grown(self, margin: float) -> Box:
        """The box with every side moved outwards; a negative margin shrinks it."""
        margin = max(margin, -self.width / 2, -self.height / 2)
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    def rounded(self, digits: int = 1) -> Box:
        """The box with rounded coordinates."""
        return Box(*(round(v, digits) for v in self))


class Segment(NamedTuple):
    """A ruling: a straight line of a table, from (x0, y0) to (x1, y1), with its thickness."""

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float = 0.0

    @property
    def horizontal(self) -> bool:
        """Whether it runs more across than down."""
        return abs(self.x1 - self.x0) >= abs(self.y1 - self.y0)

    @property
    def length(self) -> float:
        """Extent along its main direction."""
        return max(abs(self.x1 - self.x0), abs(self.y1 - self.y0))


def bounding(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of them; raises ValueError where there are none."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))
