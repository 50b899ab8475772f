"""Opening a document: PDF or image file → pages that are rasterised and read on demand.

pypdfium2 renders, pdfplumber reads the text layer and the vector rulings (in extractor.textlayer).
Every foreign exception becomes one of extractor.errors here and nowhere later.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from extractor.errors import (
    EncryptedError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)
from extractor.pictures import POINTS_PER_INCH, guard_pages, guard_pixels, open_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from extractor.options import Options

    Image = NDArray[np.uint8]

LOWEST_DPI, HIGHEST_DPI = 100.0, 300.0  # beyond these a scan is resampled: nothing is gained above
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


class PageSource(Protocol):
    """A page that has not been read yet. `number` counts from 1; sizes in points as displayed."""

    number: int
    width: float
    height: float

    def native_dpi(self) -> float | None:
        """Resolution of the scan that fills the page, None for a page that is drawn."""
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
    """An open document; `layers` are pdfplumber's pages, where there are text layers to read."""

    path: Path
    sha256: str
    pages: tuple[PageSource, ...]
    layers: tuple[Any, ...] = ()

    def plumber_page(self, index: int) -> Any:
        """pdfplumber's page, None where there is none or it cannot be parsed."""
        return self.layers[index] if index < len(self.layers) else None


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
    with _open_pdf(path, data, options) as (pages, layers):
        yield OpenedFile(path, sha256, pages, layers)


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
            message = f"{size // 2**20} MB, more than {limit} MB; raise --max-bytes"
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

    def __init__(self, page: Any, number: int, path: Path, max_pixels: int) -> None:
        self._page, self._path, self._max_pixels = page, path, max_pixels
        self.number = number
        self.width, self.height = page.get_size()

    def native_dpi(self) -> float | None:
        import pypdfium2.raw as pdfium_c

        best: tuple[float, float] = (0.0, 0.0)
        for item in self._page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
            left, bottom, right, top = item.get_bounds()
            width_px, _ = item.get_px_size()
            area = (right - left) * (top - bottom)
            if right > left and area > best[0]:
                # A page turned by /Rotate keeps its own axes here, so width goes with width.
                best = (area, width_px / (right - left) * POINTS_PER_INCH)
        return best[1] if best[0] > 0.5 * self.width * self.height else None

    def invisible_share(self) -> float:
        import pypdfium2.raw as pdfium_c

        modes = [
            pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
            for item in self._page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=3)
        ]
        hidden = pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
        return sum(mode == hidden for mode in modes) / len(modes) if modes else 0.0

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
def _open_pdf(
    path: Path, data: bytes, options: Options
) -> Iterator[tuple[tuple[PageSource, ...], tuple[Any, ...]]]:
    document = _pdfium(path, data, options.password)
    try:
        count = len(document)
        if count == 0:
            raise UnreadableError("the PDF has no pages; get it again", path=path)
        guard_pages(count, options.max_pages, path)
        pages = tuple(_page(document, index, path, options.max_pixels) for index in range(count))
        yield pages, _layers(data, options.password, count)
    finally:
        document.close()


def _page(document: Any, index: int, path: Path, max_pixels: int) -> PageSource:
    import pypdfium2

    try:
        return _PdfPage(document[index], index + 1, path, max_pixels)
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


def _layers(data: bytes, password: str | None, count: int) -> tuple[Any, ...]:
    """pdfplumber's pages, None for each that it cannot parse; none at all where it cannot be told
    which is which, because pdfminer finds another number of pages than pdfium.
    """
    import io

    import pdfplumber
    from pdfminer.pdfpage import PDFPage

    try:
        stream = io.BytesIO(data)
        pdf = pdfplumber.open(stream, password=password or "", raise_unicode_errors=False)
        found = list(islice(PDFPage.create_pages(pdf.doc), count + 1))
    except Exception:  # noqa: BLE001  pdfminer raises anything on damaged files; the pixels remain
        return ()
    if len(found) != count:
        return ()
    return tuple(_layer(pdf, page, number) for number, page in enumerate(found, 1))


def _layer(pdf: Any, page: Any, number: int) -> Any:
    import pdfplumber.page

    try:
        return pdfplumber.page.Page(pdf, page, page_number=number)
    except Exception:  # noqa: BLE001  as above, and then it is this page alone
        return None


@dataclass(slots=True)
class BrokenPage:
    """A page that pdfium cannot load: it becomes a warning in the result."""

    number: int
    width: float = 0.0
    height: float = 0.0

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
