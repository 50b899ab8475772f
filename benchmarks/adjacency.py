"""Adjacency relations between cells: how well a found table agrees with the true one.

The measure of the ICDAR 2013 table competition: Göbel, Hassan, Oro, Orsi, "A methodology for
evaluating algorithms for table understanding in PDF documents", DocEng 2012, and "ICDAR 2013 Table
Competition", ICDAR 2013. Every cell with text is related to the nearest cell with text on its
right and below it, in each of its rows and columns; blank cells between are passed over, and two
cells are related once a direction. Found relations are right where both contents and the direction
are those of a true one that is not yet taken.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Relation = tuple[str, str, Literal["right", "below"]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell's text and place; rows and columns may start anywhere."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many relations are right, how many were found, how many are true."""

    right: int = 0
    found: int = 0
    true: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.right + other.right, self.found + other.found, self.true + other.true)

    @property
    def precision(self) -> float:
        """Share of the found relations that are right, 0 where nothing was found."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the true relations that were found, 0 where there are none."""
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 0.0


def normalised(text: str) -> str:
    """Content as the competition's tool compares it: no blanks, one case, signs all alike."""
    return re.sub(r"[^A-Z0-9_]", "_", re.sub(r"\s", "", text).upper(), flags=re.ASCII)


def relations(cells: Iterable[Slot]) -> Counter[Relation]:
    """The relations of one table, as often as pairs of cells have them."""
    texts = [(cell, normalised(cell.text)) for cell in cells]
    filled = [(cell, text) for cell, text in texts if text]
    owner = {
        (r, c): index
        for index, (cell, _) in enumerate(filled)
        for r in range(cell.row, cell.row + cell.row_span)
        for c in range(cell.column, cell.column + cell.column_span)
    }
    found: Counter[Relation] = Counter()
    for a, b in _neighbours(sorted(owner), owner, 0):
        found[filled[a][1], filled[b][1], "right"] += 1
    for a, b in _neighbours(sorted(owner, key=lambda p: (p[1], p[0])), owner, 1):
        found[filled[a][1], filled[b][1], "below"] += 1
    return found


def _neighbours(
    places: Sequence[tuple[int, int]], owner: dict[tuple[int, int], int], axis: int
) -> set[tuple[int, int]]:
    """Pairs of cells that follow each other along the lines in which `places` are sorted."""
    return {
        (owner[a], owner[b])
        for a, b in itertools.pairwise(places)
        if a[axis] == b[axis] and owner[a] != owner[b]
    }


def compared(true: Sequence[Counter[Relation]], found: Sequence[Counter[Relation]]) -> Agreement:
    """Agreement of the tables of one page.

    The competition's rule: each true table in turn takes the found one, not taken yet, that shares
    the most relations with it. What is left over counts as false.
    """
    left = list(found)
    total = Agreement(0, sum(t.total() for t in found), sum(t.total() for t in true))
    for table in true:
        if left:
            best = max(range(len(left)), key=lambda i: (table & left[i]).total())
            total += Agreement((table & left.pop(best)).total())
    return total
