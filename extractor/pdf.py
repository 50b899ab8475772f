"""Opening a document: PDF or image file → pages that are rasterised and read on demand.

pypdfium2 renders, pdfplumber reads the text layer and the vector rulings (in extractor.textlayer).
Every foreign exception becomes one of extractor.errors here and nowhere later.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from extractor.errors import (
    EncryptedError,
    TooLargeError,
    UnreadableError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from extractor.options import Options

    Image = NDArray[np.uint8]

POINTS_PER_INCH = 72.0
A4_HEIGHT_IN = 11.69
LOWEST_DPI, HIGHEST_DPI = 100.0, 300.0  # beyond these a scan is resampled: nothing is gained above
KINDS = "PDF, PNG, JPEG, BMP, WEBP or TIFF"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"BM", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
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
    """An open document; `plumber` is pdfplumber's, None where there is no text layer to read."""

    path: Path
    sha256: str
    pages: tuple[PageSource, ...]
    plumber: Any = None

    def plumber_page(self, index: int) -> Any:
        """pdfplumber's page, None where there is none or it cannot be parsed."""
        if self.plumber is None:
            return None
        try:
            return self.plumber.pages[index]
        except Exception:  # noqa: BLE001  pdfminer raises anything; the pixels remain
            return None


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
    opener = _open_pdf if kind == "pdf" else _open_image
    with opener(path, data, options) as (pages, plumber):
        yield OpenedFile(path, sha256, pages, plumber)


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
            raise UnreadableError("this is a folder; name a file in it", path=path)
        if size > options.max_bytes:
            limit = options.max_bytes // 2**20
            message = f"{size // 2**20} MB, more than {limit} MB; raise max_bytes"
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
        _guard_pixels(width, height, self._max_pixels, self._path, self.number)
        import pypdfium2

        try:
            bitmap = self._page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=False)
        except (pypdfium2.PdfiumError, ValueError) as error:
            message = "the page cannot be rendered; repair the PDF"
            raise UnreadableError(message, path=self._path, page=self.number) from error
        return _bgr(bitmap.to_numpy())


class _ImagePage:
    """A picture file's frame."""

    def __init__(self, frame: Image, dpi: float, number: int) -> None:
        self._frame, self._dpi = frame, dpi
        self.number = number
        self.height, self.width = (v * POINTS_PER_INCH / dpi for v in frame.shape[:2])

    def native_dpi(self) -> float | None:
        return self._dpi

    def invisible_share(self) -> float:
        return 0.0

    def raster(self, dpi: float) -> Image:
        return resized(self._frame, dpi / self._dpi)


def resized(image: Image, factor: float) -> Image:
    """The image scaled by `factor`, by area when shrinking; unchanged within 1 %."""
    import cv2
    import numpy as np

    if abs(factor - 1) < 0.01:
        return image
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=mode), np.uint8)


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


def _guard_pixels(width: int, height: int, limit: int, path: Path, number: int) -> None:
    if width * height > limit:
        message = f"{width} × {height} pixels, more than {limit}; raise max_pixels or lower dpi"
        raise TooLargeError(message, path=path, page=number)
    if width < 1 or height < 1:
        raise UnreadableError("the page has no area", path=path, page=number)


@contextlib.contextmanager
def _open_pdf(
    path: Path, data: bytes, options: Options
) -> Iterator[tuple[tuple[PageSource, ...], Any]]:
    import pypdfium2

    document = _pdfium(path, data, options.password)
    try:
        count = len(document)
        if count == 0:
            raise UnreadableError("the PDF has no pages", path=path)
        if count > options.max_pages:
            message = f"{count} pages, more than {options.max_pages}; split it or raise max_pages"
            raise TooLargeError(message, path=path)
        pages = []
        for index in range(count):
            try:
                page: Any = _PdfPage(document[index], index + 1, path, options.max_pixels)
            except pypdfium2.PdfiumError:
                page = BrokenPage(index + 1)
            pages.append(page)
        plumber = _plumber(data, options.password)
        try:
            yield tuple(pages), plumber
        finally:
            if plumber is not None:
                plumber.close()
    finally:
        document.close()


def _pdfium(path: Path, data: bytes, password: str | None) -> Any:
    import pypdfium2
    import pypdfium2.raw as pdfium_c

    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            hint = "the password is wrong" if password else "it is encrypted"
            message = f"{hint}; give the right one with --password"
            raise EncryptedError(message, path=path) from error
        message = "the PDF is damaged and cannot be opened; get it again or repair it"
        raise UnreadableError(message, path=path) from error


def _plumber(data: bytes, password: str | None) -> Any:
    """The pdfplumber document, None where pdfminer cannot parse what pdfium could."""
    import io

    import pdfplumber

    try:
        stream = io.BytesIO(data)
        return pdfplumber.open(stream, password=password or "", raise_unicode_errors=False)
    except Exception:  # noqa: BLE001  pdfminer raises anything on damaged files; the pixels remain
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
        raise UnreadableError(f"the page cannot be rendered at {dpi:.0f} dpi", page=self.number)


@contextlib.contextmanager
def _open_image(
    path: Path, data: bytes, options: Options
) -> Iterator[tuple[tuple[PageSource, ...], Any]]:
    yield _pictures(path, data, options), None


def _pictures(path: Path, data: bytes, options: Options) -> tuple[PageSource, ...]:
    import io

    import PIL.Image

    try:
        # Pillow warns of damage and of size: the one shows in the pixels, the other is guarded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with PIL.Image.open(io.BytesIO(data)) as image:
                return tuple(_frames(image, path, options))
    except PIL.Image.DecompressionBombError as error:
        raise TooLargeError("the picture has too many pixels; scale it down", path=path) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        message = "the picture is damaged and cannot be decoded; scan or export it again"
        raise UnreadableError(message, path=path) from error


def _frames(image: Any, path: Path, options: Options) -> Iterator[PageSource]:
    count = getattr(image, "n_frames", 1)
    if count > options.max_pages:
        message = f"{count} pages, more than {options.max_pages}; split it or raise max_pages"
        raise TooLargeError(message, path=path)
    for index in range(count):
        image.seek(index)
        width, height = image.size
        _guard_pixels(width, height, options.max_pixels, path, index + 1)
        yield _ImagePage(_decoded(image), _picture_dpi(image), index + 1)


def _decoded(image: Any) -> Image:
    import numpy as np
    import PIL.ImageOps

    upright = PIL.ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        # What is transparent is paper.
        paper = PIL.Image.new("RGBA", upright.size, "white")
        upright = PIL.Image.alpha_composite(paper, upright.convert("RGBA"))
    elif upright.mode.startswith(("I", "F")):
        upright = PIL.Image.fromarray(_eight_bit(np.asarray(upright)))
    return np.ascontiguousarray(np.asarray(upright.convert("RGB"))[:, :, ::-1])


def _eight_bit(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey of 16 or more bits a pixel, or of floats: 16 bits unless all values fit into 8."""
    import numpy as np

    shift = 256 if pixels.size and pixels.max() > 255 else 1
    return np.clip(pixels / shift, 0, 255).astype(np.uint8)


def _picture_dpi(image: Any) -> float:
    """Resolution from the file where it is plausible, else as if the picture were an A4 page."""
    width, height = image.size
    stated = float(image.info.get("dpi", (0, 0))[0] or 0)
    page_inches = max(width, height) / stated if stated > 0 else 0.0
    if 3.0 <= page_inches <= 40.0 and stated >= 50:
        return stated
    return float(max(width, height)) / A4_HEIGHT_IN
