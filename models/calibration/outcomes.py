"""Results compared with the truth: for every field, was it the right cell, state and reading?

Which cell is right is read off the born-digital print of the same report: the page of the scan is
laid over it by the labels that both print.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from extractor.geometry import Box
from extractor.normalize import cell_state, compact, parse_count, parse_money

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from extractor.document import Document, Field, Table

    Floats = NDArray[np.float64]

LEAST_PAIRS = 6  # labels by which a page is laid over its print
NEAR_PT = 4.0  # that they may be off
SHORT = 2  # characters of a text that may stand anywhere
SHARED = 0.35  # of the area of both cells that are the same


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether what was read of a field is right; None where the question does not arise.

    place: it was read from its own cell; state: printed, blank, "/" or missing as it is; reading:
    its value. A question that follows one with the answer no does not arise.
    """

    place: bool | None
    state: bool | None
    reading: bool | None

    @property
    def right(self) -> bool:
        """Whether value, state and place are what the paper has."""
        return False not in (self.place, self.state, self.reading)


def outcomes(
    read: Document, printed: Document, truth: Mapping[str, Any]
) -> Iterator[tuple[Field, Outcome]]:
    """Every field with known truth, with its outcome; `printed` was read of the digital print."""
    own = {field.id: field for field in printed.fields}
    maps = {page.number: _laid_over(read, printed, page.number) for page in read.document.pages}
    for field in read.fields:
        group, _, name = field.id.partition(".")
        if group == "report":
            yield field, _of_metadata(field, truth["report"].get(name))
        elif field.id in truth["cells"] and field.id in own:
            place = _same_place(field, own[field.id], maps)
            yield field, _of_cell(field, truth["cells"][field.id], place=place)


def _of_metadata(field: Field, wanted: object) -> Outcome:
    """Not printed is missing; how a name is spaced and punctuated makes no difference."""
    printed = wanted is not None
    if (field.state == "missing") == printed:
        return Outcome(None, state=False, reading=None)
    same = compact(str(field.value)) == compact(str(wanted)) if printed else None
    return Outcome(None, state=True, reading=same)


def _of_cell(field: Field, text: str, *, place: bool | None) -> Outcome:
    if field.state == "missing":
        return Outcome(None, state=False, reading=None)
    if place is False:
        return Outcome(place=False, state=None, reading=None)
    state = field.state == cell_state(text)
    if not state or field.state != "printed":
        return Outcome(place, state, None)
    return Outcome(place, state=True, reading=field.value == printed_value(field, text))


def printed_value(field: Field, text: str) -> object:
    """What a truth file's text means for a field of this kind."""
    if field.kind == "money":
        return (parse_money(text, field.unit) or (None, None))[0]
    return parse_count(text) if field.kind == "count" else text


# --- where things are ----------------------------------------------------------------------------


def _laid_over(read: Document, printed: Document, page: int) -> tuple[Floats, ...]:
    """Affine maps from the print's page to the scan's, by labels; none where they are few.

    Scans are flat when they are read. One map may turn and scale, the other only shifts: where the
    labels stand close together the first is far off elsewhere.
    """
    theirs, ours = _labels(printed.tables, page), _labels(read.tables, page)
    common = sorted(theirs.keys() & ours.keys())
    if len(common) < LEAST_PAIRS:
        return ()
    here, there = (
        np.array([labels[key].center for key in common], np.float64) for labels in (theirs, ours)
    )
    dx, dy = np.median(there - here, axis=0)
    shift = np.array([(1.0, 0.0, dx), (0.0, 1.0, dy)], np.float64)
    turn, _ = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=NEAR_PT)
    return (shift,) if turn is None else (shift, np.asarray(turn, np.float64))


def _labels(tables: Sequence[Table], page: int) -> dict[str, Box]:
    """Texts that stand once on a page, with their cells."""
    cells = [c for t in tables for c in t.cells if c.page == page and len(c.text) > SHORT]
    counts = Counter(compact(cell.text) for cell in cells)
    return {key: c.bbox for c in cells if counts[key := compact(c.text)] == 1}


def _same_place(
    field: Field, printed: Field, maps: Mapping[int, tuple[Floats, ...]]
) -> bool | None:
    """Whether a field was read from its own cell, None where nothing tells."""
    if field.bbox is None or printed.bbox is None or field.page is None:
        return None
    if field.page != printed.page:
        return False
    laid = [_mapped(printed.bbox, matrix) for matrix in maps[field.page]]
    return any(_overlap(field.bbox, box) >= SHARED for box in laid) if laid else None


def _mapped(box: Box, matrix: Floats) -> Box:
    corners = np.array([(box.x0, box.y0, 1.0), (box.x1, box.y1, 1.0)])
    (x0, y0), (x1, y1) = corners @ matrix.T
    return Box(float(x0), float(y0), float(x1), float(y1))


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    shared = max(width, 0.0) * max(height, 0.0)
    both = one.width * one.height + other.width * other.height - shared
    return shared / both if both else 0.0
