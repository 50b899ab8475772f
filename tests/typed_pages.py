"""Pages typed as text: each line of a string is a line of a page, two blanks or more part texts."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from extractor.document import Char, Word
from extractor.geometry import Box, Segment

if TYPE_CHECKING:
    from extractor.document import Table

LEFT, TOP = 50.0, 100.0
LETTER, SIZE, LEAD = 5.0, 10.0, 14.0  # points: width and height of a letter, distance of lines


def typed(page: str, *, top: float = TOP, left: float = LEFT) -> list[Word]:
    """The words of a page; a blank line leaves a line's height free."""
    lines = textwrap.dedent(page).strip("\n").split("\n")
    return [
        word(found.group(), left + LETTER * found.start(), top + LEAD * number)
        for number, line in enumerate(lines)
        for found in re.finditer(r"\S+", line)
    ]


def word(text: str, x: float, y: float) -> Word:
    """A word with its left end at x and its upper edge at y, in points."""
    chars = tuple(
        Char(char, Box(x + LETTER * i, y, x + LETTER * (i + 1), y + SIZE))
        for i, char in enumerate(text)
    )
    return Word(text, Box(x, y, x + LETTER * len(text), y + SIZE), None, chars, SIZE)


def rule(line: float, first: float = 0, last: float = 60) -> Segment:
    """A level rule above a line (counted from 0) from one letter to another."""
    y = TOP + LEAD * line - 2.0
    return Segment(LEFT + LETTER * first, y, LEFT + LETTER * last, y)


def upright(letter: float, first: float, last: float) -> Segment:
    """An upright ruling at a letter, from above one line to above another."""
    x = LEFT + LETTER * letter
    return Segment(x, TOP + LEAD * first - 2.0, x, TOP + LEAD * last - 2.0)


def grid_of(table: Table) -> list[list[str]]:
    """The text of each slot; slots that a cell reaches into repeat it."""
    grid = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                grid[row][column] = cell.text
    return grid
