"""Readers of ruled tables that know no form, each from one picture of a page to rows of texts.

  ours                     `extract`, its tables only: no field, so nothing of a template
  rapidocr + nearest grid  RapidOCR as its documentation calls it, its words put in rows and columns
  img2table                with the words of the same RapidOCR, through its adapter for it; pages
                           turned upright (`detect_rotation`), everything else its defaults

img2table is told to undo rotation: without, it found no table on a page turned by 8 degrees. Its
OCR adapter reads Chinese, which is RapidOCR's own default.

RapidOCR is the slowest part by far, so it reads a picture once for both baselines where img2table
leaves the pixels as they are, and again where img2table turned the page.

img2table calls functions that only OpenCV's contrib wheels have, and this project holds cv2 to the
plain headless wheel: a worker that runs a baseline takes cv2 from the folder `CONTRIB`.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from extractor.document import Table

    Image = NDArray[np.uint8]
    Rows = list[list[str]]

CONTRIB = Path(__file__).parent.parent / "build" / "opencv-contrib"
MANY_ROWS = 8
OURS, NEAREST, IMG2TABLE = "ours", "rapidocr + nearest grid", "img2table"


@dataclass(frozen=True, slots=True)
class Word:
    """A line of text as OCR gives it; its sides, its middle and its height in pixels."""

    text: str
    left: float
    right: float
    y: float
    height: float


def read_rows(reader: str, path: Path) -> Rows:
    """The rows of all tables in a picture, top to bottom, each as the texts of its cells."""
    logging_off()
    return READERS[reader](path)


def logging_off() -> None:
    """Readers say much about models; only the progress is wanted."""
    import logging

    logging.disable(logging.ERROR)


def ours(path: Path) -> Rows:
    """The tables of `extract`; no rows where it finds nothing to read."""
    from extractor import ExtractorError, extract

    try:
        tables = extract(path).tables
    except ExtractorError:
        return []
    return [row for table in tables for row in rows_of(table)]


def rows_of(table: Table) -> Rows:
    """Every row's cells from left to right, cells of several rows in each of them."""
    rows: Rows = [[] for _ in range(table.rows)]
    for cell in sorted(table.cells, key=lambda cell: cell.column):
        for row in range(cell.row, cell.row + cell.row_span):
            rows[row].append(cell.text)
    return rows


def nearest(path: Path) -> Rows:
    """What one gets from OCR alone, without looking for rulings."""
    from PIL import Image as Pictures

    page = np.asarray(Pictures.open(path).convert("RGB"), np.uint8)
    result = _words(page)
    if result.boxes is None:
        return []
    return nearest_grid([_word(*found) for found in zip(result.txts, result.boxes, strict=True)])


def _word(text: str, box: NDArray[np.floating[Any]]) -> Word:
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    return Word(text, float(left), float(right), float(top + bottom) / 2, float(bottom - top))


def nearest_grid(words: Sequence[Word]) -> Rows:
    """Rows by gaps from top to bottom, columns by gaps from left to right, blanks in them.

    A word alone in its row joins the row of several words less than 0.8 of a line away (a label
    of two lines beside its numbers); farther from any it is prose, a heading or a title, and ends
    the grid: below it, columns are found anew.
    """
    if not words:
        return []
    line = float(np.median([word.height for word in words]))
    lines = _text_rows(words, 0.4 * line)
    anchors = [row for row in lines if len(row) > 1]
    blocks: list[list[list[Word]]] = [[]]
    for row in lines:
        if len(row) > 1:
            blocks[-1].append(row)
        elif (near := _nearest_row(anchors, row[0])) and _apart(near, row[0]) < 0.8 * line:
            near.append(row[0])
        else:
            blocks.append([])
    return [cells for block in blocks if block for cells in _in_columns(block)]


def _text_rows(words: Iterable[Word], gap: float) -> list[list[Word]]:
    """Words whose centres follow each other within `gap` pixels down the page."""
    rows: list[list[Word]] = []
    last = -np.inf
    for word in sorted(words, key=lambda word: word.y):
        if word.y - last > gap:
            rows.append([])
        rows[-1].append(word)
        last = word.y
    return rows


def _nearest_row(rows: Sequence[list[Word]], word: Word) -> list[Word] | None:
    return min(rows, key=lambda row: _apart(row, word), default=None)


def _apart(row: Sequence[Word], word: Word) -> float:
    return abs(float(np.median([other.y for other in row])) - word.y)


def _in_columns(block: Sequence[Sequence[Word]]) -> Rows:
    """Every word to the nearest column."""
    columns = _columns(block)
    grid: Rows = []
    for row in block:
        cells = [""] * len(columns)
        for word in sorted(row, key=lambda word: (word.y, word.left)):
            cells[int(np.argmin(np.abs(columns - (word.left + word.right) / 2)))] += word.text
        grid.append(cells)
    return grid


def _columns(block: Sequence[Sequence[Word]]) -> NDArray[np.floating[Any]]:
    """Middles of the stretches across the page where words stand in 15 % of the rows or more.

    So header cells of several columns and stray words part and join none. In few rows they would:
    there the widest row alone gives the columns.
    """
    rows = block if len(block) >= MANY_ROWS else [max(block, key=len)]
    words = [word for row in rows for word in row]
    cover = np.zeros(round(max(word.right for word in words)) + 2)
    for word in words:
        rim = 0.15 * min(word.height, word.right - word.left)  # OCR's boxes touch each other
        cover[round(word.left + rim) : round(word.right - rim) + 1] += 1
    busy = np.concatenate([[False], cover >= max(1.0, 0.15 * len(rows))])
    starts, ends = (np.flatnonzero(np.diff(busy.astype(int)) == way) for way in (1, -1))
    return np.asarray((starts + ends) / 2, float)


def img2table(path: Path) -> Rows:
    """The tables of img2table, from the top of the page down."""
    adapter = _adapter()[0]
    from img2table.document import Image as Picture

    tables = Picture(src=path, detect_rotation=True).extract_tables(ocr=adapter)
    rows = [row for t in sorted(tables, key=lambda t: t.bbox.y1) for row in t.content.values()]
    return [[cell.value or "" for cell in _once(row)] for row in rows]


def _once(row: Iterable[Any]) -> Iterable[Any]:
    """Cells of several columns once: img2table repeats them in each column."""
    return {(c.bbox.x1, c.bbox.y1, c.bbox.x2, c.bbox.y2): c for c in row}.values()


@functools.cache
def _adapter() -> tuple[Any, Any]:
    """img2table's adapter, which asks `_words` for the words; and the engine that it made."""
    use_contrib()
    from img2table.ocr import RapidOCR
    from rapidocr import LangRec

    adapter: Any = RapidOCR(params={"Rec.lang_type": LangRec.CH, "Global.log_level": "critical"})
    engine, adapter.engine = adapter.engine, _words
    return adapter, engine


def _words(page: Image) -> Any:  # noqa: ANN401
    """RapidOCR's result for a page, RGB; the last page's is kept."""
    return _read_pixels(page.tobytes(), page.shape)


@functools.lru_cache(maxsize=1)
def _read_pixels(pixels: bytes, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    page = np.frombuffer(pixels, np.uint8).reshape(shape)
    return _adapter()[1](np.ascontiguousarray(page[..., ::-1]))  # it takes OpenCV's BGR


def use_contrib() -> None:
    """Takes cv2 from `CONTRIB` in this process; RuntimeError where another is loaded, or none."""
    if not (CONTRIB / "cv2").is_dir():
        raise RuntimeError("img2table needs OpenCV's contrib wheel: run make severity")
    if "cv2" in sys.modules and str(CONTRIB) not in sys.path:
        raise RuntimeError("another cv2 is loaded already: baselines need a process of their own")
    if str(CONTRIB) not in sys.path:
        sys.path.insert(0, str(CONTRIB))


READERS: dict[str, Callable[[Path], Rows]] = {
    OURS: ours,
    NEAREST: nearest,
    IMG2TABLE: img2table,
}
