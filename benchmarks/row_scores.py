"""How many values of printed tables a reader has, by rows of texts: the same for every reader.

It knows no form, no field and no header. Truth are the rows of the generator's own grids that hold
values: the text of the label cell beside the values, and the values from left to right. A reader
gives rows of texts, page after page. True rows and read rows are aligned in order so that the
likeness of their labels is greatest: the share of the true label's characters that stand in this
order in what the row holds; below one third (the middle one of a label's three lines) they do not
match. The only row without a label (section 四) is found by its values. In a matched row a value is
right when the text of the cell in the same place, counted from the right, is the same after NFKC
and without spaces; a cell that is not there is wrong, also where a blank is printed. Cells of rows
that are not found are wrong. Merged cells count once in a row.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.reports import Report

    Rows = Sequence[Sequence[str]]

MATCH = 1 / 3  # least likeness of labels


@dataclass(frozen=True, slots=True)
class TrueRow:
    """A row of a printed table: the label beside the values ("" where none is), and the values."""

    label: str
    values: tuple[str, ...]


def plain(text: str) -> str:
    """What is compared of a text: NFKC, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def true_rows(report: Report) -> tuple[TrueRow, ...]:
    """The rows with values of the report's tables, as they are printed."""
    from fixtures.grids import Grid

    rows = []
    for grid in (block for block in report.blocks if isinstance(block, Grid)):
        for number in range(grid.rows):
            slots = sorted((s for s in grid.slots if s.row == number), key=lambda s: s.column)
            values = tuple(plain(s.text) for s in slots if s.kind == "value")
            labels = [plain(s.text) for s in slots if s.kind == "label"]
            rows += [TrueRow((labels or [""])[-1], values)] if values else []
    return tuple(rows)


def values_right(row: TrueRow, cells: Sequence[str]) -> int:
    """How many values stand in `cells` at the same place counted from the right."""
    pairs = zip(reversed(row.values), reversed(cells), strict=False)
    return sum(value == plain(cell) for value, cell in pairs)


def likeness(row: TrueRow, cells: Sequence[str]) -> float:
    """0 for another row; more for a more similar label, and a little more for more values right."""
    from rapidfuzz.distance import LCSseq

    share = values_right(row, cells) / len(row.values)
    if not row.label:
        return share
    same = LCSseq.similarity(row.label, plain("".join(cells))) / len(row.label)
    return same + 0.01 * share if same >= MATCH else 0.0


def cells_right(truth: Sequence[TrueRow], read: Rows) -> int:
    """Values right in the alignment, in order, of greatest likeness."""
    best: list[tuple[float, int]] = [(0.0, 0)] * (len(read) + 1)  # of the rows up to here
    for row in truth:
        above, best = best, [(0.0, 0)]
        for place, cells in enumerate(read):
            options = [above[place + 1], best[-1]]
            if (like := likeness(row, cells)) > 0:
                score, right = above[place]
                options.append((score + like, right + values_right(row, cells)))
            best.append(max(options))
    return best[-1][1]
