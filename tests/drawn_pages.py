"""Pages drawn for tests of picture handling: numbers in OpenCV's own strokes, and ruled tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Image = NDArray[np.uint8]

INK = (20.0,)
WIDTH_IN, HEIGHT_IN = 6.0, 5.0
LEFT_IN, TOP_IN = 0.8, 1.6  # corner of the table
COLUMNS_IN = (0.0, 1.5, 2.5, 3.5, 4.4)
ROWS_IN = (0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A sheet being drawn: grey pixels at `dpi`, places in inches from the top left corner."""

    gray: Gray
    dpi: float

    def px(self, inches: float) -> int:
        return round(inches * self.dpi)

    def text(self, text: str, x: float, y: float, height: float = 0.11) -> None:
        """Text on the baseline (x, y), its digits `height` inches high."""
        scale = height * self.dpi / 21.0  # digits of this font are 21 pixels high at scale 1
        stroke = max(round(self.dpi / 110), 1)
        place = (self.px(x), self.px(y))
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(self.gray, text, place, font, scale, INK, stroke, cv2.LINE_AA)

    def line(self, x0: float, y0: float, x1: float, y1: float, points: float = 0.75) -> None:
        """A ruling, `points` thick."""
        thick = max(round(points / 72 * self.dpi), 1)
        ends = [(self.px(x), self.px(y)) for x, y in ((x0, y0), (x1, y1))]
        cv2.line(self.gray, ends[0], ends[1], INK, thick)

    def table(self) -> None:
        """The ruled table with a number in each cell but the first column's."""
        for y in ROWS_IN:
            self.line(LEFT_IN, TOP_IN + y, LEFT_IN + COLUMNS_IN[-1], TOP_IN + y)
        for x in COLUMNS_IN:
            self.line(LEFT_IN + x, TOP_IN, LEFT_IN + x, TOP_IN + ROWS_IN[-1])
        for r, y in enumerate(ROWS_IN[:-1]):
            for c, x in enumerate(COLUMNS_IN[1:-1]):
                self.text(str(7 * r + 16 * c), LEFT_IN + x + 0.3, TOP_IN + y + 0.21)

    def prose(self, top: float = 0.5, lines: int = 4) -> None:
        """Lines of words across the page."""
        for i in range(lines):
            self.text("Annual report 2023 of the office", 0.8, top + 0.25 * i)

    def color(self) -> Image:
        """The sheet as height × width × 3 BGR."""
        return np.asarray(cv2.cvtColor(self.gray, cv2.COLOR_GRAY2BGR), np.uint8)


def blank(dpi: float, width: float = WIDTH_IN, height: float = HEIGHT_IN) -> Drawing:
    """An empty sheet."""
    return Drawing(np.full((round(height * dpi), round(width * dpi)), 250, np.uint8), dpi)


def report(dpi: float) -> Drawing:
    """A page of prose above a table."""
    sheet = blank(dpi)
    sheet.prose()
    sheet.table()
    return sheet


def tilted(gray: Gray, degrees: float) -> Gray:
    """The page turned clockwise about its middle, on paper."""
    height, width = gray.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    turned = cv2.warpAffine(
        gray, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=[250.0]
    )
    return np.asarray(turned, np.uint8)


def bilevel(gray: Gray) -> Gray:
    """Black and white."""
    return np.where(gray < 128, 0, 255).astype(np.uint8)
