"""One page, read: from its text layer where that can be trusted, from its pixels elsewhere."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from extractor.document import Page, Word
from extractor.errors import ExtractorError
from extractor.layout import PageText
from extractor.pdf import reading_dpi
from extractor.proofs import drawn_proof, scanned_proof
from extractor.tables.fill import inside
from extractor.tables.finding import find_tables
from extractor.tables.stitch import Part, part_of
from extractor.textlayer import ParserError, TextLayer, distrust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from extractor.document import Line, PageOrigin, Table
    from extractor.geometry import Box
    from extractor.ocr.engine import Engine
    from extractor.options import Options
    from extractor.pdf import PageSource
    from extractor.proofs import PageProof
    from extractor.tables.grid import Grid
    from extractor.textlayer import Doubt

    Gray = NDArray[np.uint8]

log = logging.getLogger(__name__)

LOOK_DPI = 50.0  # enough to see whether there is ink
THINNEST_PT = 8.0  # a page that is thinner holds no line of text
BLANK = 2.0e-5  # share of dark pixels at LOOK_DPI up to which a page is blank
MARGIN = 0.065  # share of the page's height that running headers and footers take


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page with its words and the tables that stand on it.

    `doubt` says why its text layer was not used; `torn` that part of the page is damaged and not
    there; `proof` is there where it was asked for, and the page could be drawn.
    """

    page: Page
    text: PageText
    parts: tuple[Part, ...]
    doubt: Doubt | None = None
    torn: bool = False
    proof: PageProof | None = None


def read_page(
    source: PageSource, engine: Callable[[], Engine], options: Options, *, prove: bool = False
) -> PageReading:
    """Reads one page; with `prove` the reading brings its proof.

    Raises UnreadableError or TooLargeError where the page has no picture.
    """
    started = time.perf_counter()
    gray = _look(source)
    is_torn = source.text is not None and source.text.is_torn()
    reading, proof = _read(source, gray, engine, options)
    log.info(
        "page %d: %s, %d words, %d tables, %.2f s",
        source.number,
        reading.page.source,
        len(reading.text.words),
        len(reading.parts),
        time.perf_counter() - started,
    )
    reading = replace(reading, torn=True) if is_torn else reading
    return replace(reading, proof=_proved(proof, source.number)) if prove else reading


def _proved(proof: Callable[[], PageProof], number: int) -> PageProof | None:
    """The proof, None where the page cannot be drawn once more: it is read all the same."""
    try:
        return proof()
    except ExtractorError as error:
        log.info("page %d: it has no proof, %s", number, error.message)
        return None


def _read(
    source: PageSource, gray: Gray, engine: Callable[[], Engine], options: Options
) -> tuple[PageReading, Callable[[], PageProof]]:
    """The page's reading, and what makes its proof where one is asked for."""
    if min(source.width, source.height) < THINNEST_PT:
        return _blank(source, options)
    layer = _text_layer(source) if options.text_layer == "auto" else None
    if layer is None or not layer.words:
        if _is_blank(gray):
            return _blank(source, options)
        return _from_pixels(source, engine(), options, None)
    # Text may be too pale to be seen in the picture: only a page without any is blank.
    doubt = _distrust(layer, source, gray)
    if doubt is None:
        return _from_layer(layer, source, options)
    return _from_pixels(source, engine(), options, doubt)


def _look(source: PageSource) -> Gray:
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(source.raster(LOOK_DPI), cv2.COLOR_BGR2GRAY), np.uint8)


def _is_blank(gray: Gray) -> bool:
    import numpy as np

    return bool((gray < np.percentile(gray, 90) - 40.0).mean() <= BLANK)


def _blank(source: PageSource, options: Options) -> tuple[PageReading, Callable[[], PageProof]]:
    page = Page(source.number, _pt(source.width), _pt(source.height), 0, 0.0, "blank")
    reading = PageReading(page, PageText(page.number, page.width, page.height, (), ()), ())
    return reading, partial(drawn_proof, page, (), source, options.max_pixels)


def _text_layer(source: PageSource) -> TextLayer | None:
    """The text layer, None where there is none or it cannot be parsed."""
    try:
        return source.text.read() if source.text is not None else None
    except ParserError:
        log.info("page %d: the text layer cannot be parsed", source.number)
        return None


def _distrust(layer: TextLayer, source: PageSource, gray: Gray) -> Doubt | None:
    import cv2
    import numpy as np

    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    upright = cv2.rotate(gray, turns[layer.rotation]) if layer.rotation else gray
    return distrust(
        layer,
        np.asarray(upright, np.uint8),
        invisible=source.invisible_share(),
        scanned=source.native_dpi() is not None,
    )


def _from_layer(
    layer: TextLayer, source: PageSource, options: Options
) -> tuple[PageReading, Callable[[], PageProof]]:
    number, width, height = source.number, _pt(layer.width), _pt(layer.height)
    page = Page(number, width, height, layer.rotation, 0.0, "text_layer")
    tables = find_tables(layer.words, layer.rulings, number)
    boxes = [grid.box for _, grid in tables]
    prose = tuple(w for w in layer.words if not any(inside(w, box) for box in boxes))
    proof = partial(drawn_proof, page, layer.words, source, options.max_pixels)
    return _reading(page, prose, tables, None), proof


def _from_pixels(
    source: PageSource, engine: Engine, options: Options, doubt: Doubt | None
) -> tuple[PageReading, Callable[[], PageProof]]:
    from extractor.ocr.numbers import load_number_reader
    from extractor.scanning import read_scan

    dpi = reading_dpi(source, options.dpi)
    numbers = load_number_reader(options)
    image = source.raster(dpi)
    scan = read_scan(image, dpi, engine, numbers, source.number)
    flat = scan.flat
    height, width = (v * flat.scale for v in flat.gray.shape)
    origin: PageOrigin = "ocr" if scan.words or scan.tables else "blank"
    page = Page(
        source.number, _pt(width), _pt(height), flat.rotation, round(flat.skew, 2), origin,
        scan.quality,
    )  # fmt: skip
    proof = partial(scanned_proof, page, image, scan, source)
    return _reading(page, scan.words, scan.tables, doubt), proof


def _reading(
    page: Page,
    words: tuple[Word, ...],
    tables: Sequence[tuple[Table, Grid]],
    doubt: Doubt | None,
) -> PageReading:
    boxes = tuple(grid.box for _, grid in tables)
    text = PageText(page.number, page.width, page.height, words, boxes)
    parts = tuple(
        part_of(
            table,
            grid,
            first=grid.ruled and index == 0,
            last=grid.ruled and index == len(tables) - 1,
        )
        for index, (table, grid) in enumerate(tables)
    )
    return PageReading(page, text, parts, doubt)


def cut_parts(reading: PageReading, lines: Sequence[Line]) -> tuple[Part, ...]:
    """The page's parts of tables with their captions, and whether text stands above or below them.

    `lines` are the document's without page furniture; what is in the outermost margin is none too.
    """
    page = reading.page
    heights = [
        line.bbox.center[1]
        for line in lines
        if line.page == page.number
        and MARGIN * page.height <= line.bbox.center[1] <= (1 - MARGIN) * page.height
    ]
    return tuple(
        replace(
            part,
            table=replace(part.table, title=caption(reading.text, box)),
            first=part.first and not any(y < box.y0 for y in heights),
            last=part.last and not any(y > box.y1 for y in heights),
        )
        for part, box in zip(reading.parts, reading.text.tables, strict=True)
    )


def caption(text: PageText, box: Box) -> str:
    """The line of text right above a table, "" where none is within 60 points."""
    above = [w for w in text.words if box.y0 - 60 < w.bbox.center[1] < box.y0]
    if not above:
        return ""
    lowest = max(above, key=lambda w: w.bbox.center[1])
    line = [w for w in above if abs(w.bbox.center[1] - lowest.bbox.center[1]) < 0.5 * w.bbox.height]
    return "".join(w.text for w in sorted(line, key=lambda w: w.bbox.x0))


def _pt(value: float) -> float:
    return round(value, 1)
