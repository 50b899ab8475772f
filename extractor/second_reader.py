"""camelot-py as a second reader of born-digital tables, asked where the first leaves doubt."""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractor.normalize import plain
from extractor.textlayer import ParserError, parsing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from extractor.document import Check, Field
    from extractor.geometry import Box

log = logging.getLogger(__name__)


def second_opinion(
    path: Path,
    password: str | None,
    fields: Sequence[Field],
    checks: Sequence[Check],
    heights: Mapping[int, float],
) -> tuple[Field, ...]:
    """The fields with evidence whether camelot reads the same, for those in broken relations.

    Only fields from a text layer on a page in `heights` (page height in points, by number) are
    asked about; agreement on a broken relation says that it is the paper that is wrong.
    """
    broken = {f for check in checks if not check.passed and check.severity == "error"
              for f in check.fields}  # fmt: skip
    doubted = [
        f for f in fields if f.id in broken and f.source == "text_layer" and f.page in heights
    ]
    if not doubted:
        return tuple(fields)
    cells = {page: read_cells(path, password, page, heights[page])
             for page in sorted({f.page for f in doubted if f.page is not None})}  # fmt: skip
    verdicts = {f.id: _agrees(f, cells[f.page]) for f in doubted if f.page is not None}
    return tuple(
        replace(f, evidence=replace(f.evidence, second_reader=verdicts[f.id]))
        if f.id in verdicts
        else f
        for f in fields
    )


def read_cells(path: Path, password: str | None, page: int, height: float) -> list[tuple[Box, str]]:
    """Box (points, origin top left) and text of each cell that camelot's lattice reader finds.

    It reads the vector rulings, with a parser of its own; rendering them too takes four times as
    long and changes no verdict. An empty list where it finds none or fails: a second reader that is
    silent is no evidence.
    """
    from camelot.io import read_pdf

    try:
        with parsing(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tables = read_pdf(
                str(path), pages=str(page), flavor="lattice", engine="vector", password=password,
                suppress_stdout=True,
            )  # fmt: skip
    except ParserError:
        log.info("page %d: the second reader failed", page)
        return []
    return [_cell(cell, height) for table in tables for row in table.cells for cell in row]


def _cell(cell: Any, height: float) -> tuple[Box, str]:
    from extractor.geometry import Box

    return Box(cell.x1, height - cell.y2, cell.x2, height - cell.y1), str(cell.text)


def _agrees(field: Field, cells: Iterable[tuple[Box, str]]) -> bool | None:
    """Whether the cell at the field's place reads the same; None where there is none."""
    if field.bbox is None:
        return None
    x, y = field.bbox.center
    found = next((text for box, text in cells if box.contains(x, y)), None)
    return None if found is None else _unbroken(found) == _unbroken(field.text)


def _unbroken(text: str) -> str:
    """The text without white space: camelot keeps the line breaks of a cell."""
    return "".join(plain(text).split())
