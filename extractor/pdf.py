"""Opening a document: PDF or image file → pages that are rasterised and read on demand.

pypdfium2 renders, pdfplumber reads the text layer and the vector rulings (in extractor.textlayer).
Every foreign exception becomes one of extractor.errors here and nowhere later.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from extractor.errors import (
    EncryptedError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from extractor.geometry import Box
from extractor.pictures import POINTS_PER_INCH, guard_pages, guard_pixels, open_pictures
from extractor.textlayer import ParserError, parsing, read_text_layer, torn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from extractor.options import Options
    from extractor.textlayer import TextLayer

    Image = NDArray[np.uint8]

LOWEST_DPI, HIGHEST_DPI = 100.0, 300.0  # beyond these a scan is resampled: nothing is gained above
GRID = 200  # squares across and down a page on which it is counted how much images cover
KINDS = "PDF, PNG, JPEG, BMP, WEBP or TIFF"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"II+\x00", "image"),  # BigTIFF
    (b"MM\x00+", "image"),
)


class TextSource(Protocol):
    """The text layer of a page, not read yet."""

    def is_torn(self) -> bool:
        """Whether part of the page is damaged and missing; to be asked before `read`."""
        ...

    def is_cut(self) -> bool:
        """Whether the page shows less than its media box, or starts elsewhere than at (0, 0)."""
        ...

    def read(self) -> TextLayer:
        """Words and rulings; raises ParserError where the page cannot be parsed."""
        ...


class PageSource(Protocol):
    """A page that has not been read yet. `number` counts from 1; sizes in points as displayed."""

    number: int
    width: float
    height: float

    @property
    def text(self) -> TextSource | None:
        """Its text layer, None where there is none or it cannot be parsed."""
        ...

    def native_dpi(self) -> float | None:
        """Resolution of the scan that fills most of the page, None for a page that is drawn."""
        ...

    def invisible_share(self) -> float:
        """Share of the page's text that is drawn invisibly, as OCR layers under scans are."""
        ...

    def raster(self, dpi: float) -> Image:
        """The page as height × width × 3 BGR.

        Raises TooLargeError over the pixel limit, UnreadableError where it cannot be rendered.
        """
        ...


@dataclass(slots=True)
class OpenedFile:
    """An open document."""

    path: Path
    sha256: str
    pages: tuple[PageSource, ...]


@contextlib.contextmanager
def open_file(path: Path, options: Options) -> Iterator[OpenedFile]:
    """Opens a document by its content, not its name.

    Raises UnreadableError, EncryptedError, UnsupportedError or TooLargeError.
    """
    data = _read_bytes(path, options)
    sha256 = hashlib.sha256(data).hexdigest()
    kind = sniff(data)
    if kind is None:
        raise UnsupportedError(f"this is not a {KINDS} file; convert it to one of them", path=path)
    if kind == "image":
        with open_pictures(path, data, options) as pictures:
            yield OpenedFile(path, sha256, pictures)
        return
    with _open_pdf(path, data, options) as pages:
        yield OpenedFile(path, sha256, pages)


def sniff(data: bytes) -> str | None:
    """The kind of file ("pdf" or "image") by its first bytes, None for others.

    A PDF header may follow up to 1 KB of junk.
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image"
    return next((kind for magic, kind in _SIGNATURES if data.startswith(magic)), None)


def _read_bytes(path: Path, options: Options) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UnreadableError(
                "this is a folder; name a file in it, or see that it can be listed", path=path
            )
        if not path.is_file():
            raise UnreadableError("this is not a file; give a PDF or a picture", path=path)
        if size > options.max_bytes:
            limit = options.max_bytes // 2**20
            message = f"{size // 2**20} MB, more than {limit} MB (max_bytes); split it"
            raise TooLargeError(message, path=path)
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise UnreadableError(f"{reason}; check the name and the rights", path=path) from error
    if not data:
        raise UnreadableError("the file is empty; copy it again from its source", path=path)
    return data


class _PdfPage:
    """A page of a PDF, rendered by pdfium."""

    def __init__(
        self, page: Any, number: int, path: Path, max_pixels: int, text: TextSource | None
    ) -> None:
        self._page, self._path, self._max_pixels = page, path, max_pixels
        self.number, self.text = number, text
        self.width, self.height = page.get_size()

    def native_dpi(self) -> float | None:
        import pypdfium2.raw as pdfium_c

        found = (_drawn(item) for item in self._objects(pdfium_c.FPDF_PAGEOBJ_IMAGE))
        images = [image for image in found if image is not None]
        # Scanners cut a page into strips: only together do they fill it.
        if _covered((image.box for image in images), Box(*self._page.get_bbox())) <= 0.5:
            return None
        return max(images, key=lambda image: image.area).dpi

    def invisible_share(self) -> float:
        import pypdfium2.raw as pdfium_c

        modes = [
            pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
            for item in self._objects(pdfium_c.FPDF_PAGEOBJ_TEXT)
        ]
        hidden = pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
        return sum(mode == hidden for mode in modes) / len(modes) if modes else 0.0

    def _objects(self, kind: int) -> Iterator[Any]:
        """What pdfium can list of a kind, in forms too."""
        import pypdfium2

        with contextlib.suppress(pypdfium2.PdfiumError):
            yield from self._page.get_objects(filter=[kind], max_depth=3)

    def raster(self, dpi: float) -> Image:
        width, height = (int(v * dpi / POINTS_PER_INCH) for v in (self.width, self.height))
        guard_pixels(width, height, self._max_pixels, self._path, self.number)
        import pypdfium2

        try:
            bitmap = self._page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=False)
        except (pypdfium2.PdfiumError, ValueError) as error:
            message = "the page cannot be rendered; repair the PDF"
            raise UnreadableError(message, path=self._path, page=self.number) from error
        return _bgr(bitmap.to_numpy())


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An image as it is drawn: its place and area in points, before the page is turned."""

    box: Box
    area: float
    dpi: float


def _drawn(item: Any) -> _Drawn | None:
    """An image object of pdfium, None where it is damaged or empty."""
    import pypdfium2

    try:
        box, (width_px, _) = Box(*item.get_bounds()), item.get_px_size()
        a, b, c, d, *_ = item.get_matrix().get()
    except pypdfium2.PdfiumError:
        return None
    # The matrix draws a unit square: (a, b) is its lower side, turned or not.
    width, area = math.hypot(a, b), abs(a * d - b * c)
    if not (area > 0 and width_px > 0):
        return None
    return _Drawn(box, area, width_px / width * POINTS_PER_INCH)


def _covered(boxes: Iterable[Box], page: Box) -> float:
    """Share of the page that lies under the boxes, counted on a grid; they may overlap."""
    import numpy as np

    grid = np.zeros((GRID, GRID), bool)
    for part in filter(None, (box.intersection(page) for box in boxes)):
        x0, x1 = (round((x - page.x0) / page.width * GRID) for x in (part.x0, part.x1))
        y0, y1 = (round((y - page.y0) / page.height * GRID) for y in (part.y0, part.y1))
        grid[y0:y1, x0:x1] = True
    return float(grid.mean())


def reading_dpi(page: PageSource, default: float) -> float:
    """The resolution at which a page is read: its scan's own, within what a recogniser can use."""
    native = page.native_dpi()
    return default if native is None else min(max(native, LOWEST_DPI), HIGHEST_DPI)


def _bgr(pixels: Any) -> Image:
    import cv2
    import numpy as np

    pixels = np.ascontiguousarray(pixels)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    return np.asarray(pixels[:, :, :3], np.uint8)


@contextlib.contextmanager
def _open_pdf(path: Path, data: bytes, options: Options) -> Iterator[tuple[PageSource, ...]]:
    document = _pdfium(path, data, options.password)
    try:
        count = len(document)
        if count == 0:
            raise UnreadableError("the PDF has no pages; get it again", path=path)
        guard_pages(count, options.max_pages, path)
        texts = _texts(data, options.password, count)
        yield tuple(
            _page(document, index, path, options.max_pixels, text)
            for index, text in enumerate(texts)
        )
    finally:
        document.close()


def _page(
    document: Any, index: int, path: Path, max_pixels: int, text: TextSource | None
) -> PageSource:
    import pypdfium2

    try:
        return _PdfPage(document[index], index + 1, path, max_pixels, text)
    except pypdfium2.PdfiumError:
        return BrokenPage(index + 1)


def _pdfium(path: Path, data: bytes, password: str | None) -> Any:
    import pypdfium2
    import pypdfium2.raw as pdfium_c

    # pdfium keeps its last error, and a failure without one of its own would show that of the
    # document before: this sets it to "no PDF".
    pdfium_c.FPDF_LoadMemDocument64(b"-", 1, None)
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            wrong = "the password is wrong; give the right one with --password"
            message = wrong if password else "it is encrypted; give its password with --password"
            raise EncryptedError(message, path=path) from error
        message = "the PDF is damaged and cannot be opened; get it again or repair it"
        raise UnreadableError(message, path=path) from error


def _texts(data: bytes, password: str | None, count: int) -> Sequence[TextSource | None]:
    """The text layers of `count` pages, None for each that cannot be parsed.

    None of them where it cannot be told which is which, because pdfminer finds another number of
    pages than pdfium.
    """
    import io

    import pdfplumber
    from pdfminer.pdfpage import PDFPage

    try:
        with parsing():
            stream = io.BytesIO(data)
            pdf = pdfplumber.open(stream, password=password or "", raise_unicode_errors=False)
            found = list(islice(PDFPage.create_pages(pdf.doc), count + 1))
    except ParserError:
        return [None] * count
    if len(found) != count:
        return [None] * count
    return [_text(pdf, page, number) for number, page in enumerate(found, 1)]


def _text(pdf: Any, page: Any, number: int) -> TextSource | None:
    import pdfplumber.page

    try:
        with parsing():
            return PlumberText(pdfplumber.page.Page(pdf, page, page_number=number))
    except ParserError:
        return None


@dataclass(frozen=True, slots=True)
class PlumberText:
    """The text layer of one of pdfplumber's pages."""

    page: Any

    def is_torn(self) -> bool:
        """As it is where its content cannot even be looked at."""
        try:
            with parsing():
                return torn(self.page)
        except ParserError:
            return True

    def is_cut(self) -> bool:
        """By its boxes."""
        return bool(self.page.bbox[:2] != (0, 0) or self.page.cropbox != self.page.bbox)

    def read(self) -> TextLayer:
        """Parses the page, and lets go of its characters and lines."""
        try:
            with parsing():
                return read_text_layer(self.page)
        finally:
            self.page.close()


@dataclass(slots=True)
class BrokenPage:
    """A page that pdfium cannot load: it becomes a warning in the result."""

    number: int
    width: float = 0.0
    height: float = 0.0
    text: TextSource | None = None

    def native_dpi(self) -> float | None:
        """None: there is nothing on it."""
        return None

    def invisible_share(self) -> float:
        """0: there is no text."""
        return 0.0

    def raster(self, dpi: float) -> Image:
        """Raises UnreadableError."""
        message = f"the page is damaged and cannot be drawn at {dpi:.0f} dpi; repair the PDF"
        raise UnreadableError(message, page=self.number)
