"""Picture files: PNG, JPEG, BMP, WEBP and TIFF → pages that are decoded when they are asked for.

A TIFF may hold hundreds of pages of 25 MB each, so one decoded page is kept at a time.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from extractor.errors import TooLargeError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

    from extractor.options import Options

    Image = NDArray[np.uint8]

POINTS_PER_INCH = 72.0
A4_IN = (8.27, 11.69)
SIDES_IN = (
    3.0,
    24.0,
)  # longer side of a page, up to A2: editors write 72 or 96 dpi into any picture
LONGEST_IN = 10 * A4_IN[1]  # a picture that states no resolution is at most as long as ten pages
SCREEN_DPI = 120.0  # of text on a screen that is set to be read
DAMAGED = "the picture is damaged and cannot be decoded; scan or export it again"
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF")
PAGED = ("TIFF", "WEBP")  # elsewhere further frames are previews, depth maps or an animation
_ORIENTATION, _SUBFILE, _WIDTH, _HEIGHT = 0x0112, 254, 256, 257  # tags of EXIF and TIFF
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError)


def guard_pixels(width: int, height: int, limit: int, path: Path, number: int) -> None:
    """Raises TooLargeError over `limit` pixels and UnreadableError where there are none."""
    if width * height > limit:
        message = (
            f"{width} × {height} pixels, more than {limit} (max_pixels); scan it more coarsely"
        )
        raise TooLargeError(message, path=path, page=number)
    if width < 1 or height < 1:
        raise UnreadableError("the page has no area; take it out", path=path, page=number)


def guard_pages(count: int, limit: int, path: Path) -> None:
    """Raises TooLargeError over `limit` pages."""
    if count > limit:
        message = f"{count} pages, more than {limit} (max_pages); split it"
        raise TooLargeError(message, path=path)


@contextlib.contextmanager
def open_pictures(path: Path, data: bytes, options: Options) -> Iterator[tuple[PicturePage, ...]]:
    """The pages of a picture file.

    Raises UnreadableError and TooLargeError for the file; pages raise their own when drawn.
    """
    import PIL.Image

    try:
        with _quietly():
            image = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
    except PIL.Image.DecompressionBombError as error:
        limit = min(options.max_pixels, 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0))
        message = f"the picture has too many pixels, more than {limit}; scan it more coarsely"
        raise TooLargeError(message, path=path) from error
    except _FAULTS as error:
        raise UnreadableError(DAMAGED, path=path) from error
    with image:
        reel = _Reel(image, path, options.max_pixels)
        guard_pages(reel.count, options.max_pages, path)
        yield tuple(PicturePage(reel, index, n) for n, index in enumerate(reel.pages(), 1))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Pillow warns of damage and of size: the one shows in the pixels, the other is guarded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, slots=True)
class _Shape:
    """A frame as it is seen: pixels and dots per inch along its two sides."""

    width: int
    height: int
    dpi_x: float
    dpi_y: float


class _Reel:
    """An open picture file; keeps the frame that was decoded last."""

    def __init__(self, image: Picture, path: Path, max_pixels: int) -> None:
        self._image, self.path, self._max_pixels = image, path, max_pixels
        self._held: tuple[int, Image] | None = None
        with _quietly():
            self.count = _frame_count(image)

    def pages(self) -> list[int]:
        """Indices of the frames that are pages: a TIFF may also hold thumbnails of them."""
        kept = [index for index in range(self.count) if not self._is_thumbnail(index)]
        return kept or list(range(self.count))

    def _is_thumbnail(self, index: int) -> bool:
        if self._image.format != "TIFF" or self.count == 1:
            return False
        try:
            self._seek(index)
            return bool(int(getattr(self._image, "tag_v2", {}).get(_SUBFILE, 0)) & 1)
        except _FAULTS:
            return False

    def _seek(self, index: int) -> None:
        with _quietly():
            self._image.seek(index)

    def shape(self, index: int) -> _Shape:
        """What the file's headers say of a frame; raises what Pillow raises."""
        self._seek(index)
        width, height = _stored_size(self._image)
        x, y = _stated_dpi((width, height), self._image.info.get("dpi", ()))
        # Reading EXIF may decode the picture: one that is too large is refused when it is drawn.
        fits = width * height <= self._max_pixels
        if fits and self._image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8):
            width, height, x, y = height, width, y, x
        return _Shape(width, height, x, y)

    def frame(self, index: int, number: int) -> Image:
        """The decoded frame; raises UnreadableError or TooLargeError for the page `number`."""
        if self._held is None or self._held[0] != index:
            self._held = None
            try:
                self._seek(index)
                width, height = self._image.size
                guard_pixels(width, height, self._max_pixels, self.path, number)
                with _quietly():
                    self._held = index, _decoded(self._image)
            except _FAULTS as error:
                raise UnreadableError(DAMAGED, path=self.path, page=number) from error
        return self._held[1]


def _frame_count(image: Picture) -> int:
    """Frames that are pages; of a file that breaks off, the one at the break is the last."""
    if image.format not in PAGED:
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except _FAULTS:
        pass
    for index in count(1):
        try:
            image.seek(index)
        except EOFError:
            return index
        except _FAULTS:
            return index + 1
    raise AssertionError  # count() does not end


class PicturePage:
    """A frame of a picture file as a page; sizes in points as seen."""

    text = None  # pictures have no text layer

    def __init__(self, reel: _Reel, index: int, number: int) -> None:
        """`index` is the frame's, `number` the page's; a frame without headers has no size."""
        self._reel, self._index = reel, index
        self.number = number
        self._fault: Exception | None = None
        try:
            self._shape = reel.shape(index)
        except _FAULTS as error:
            # Kept: what Pillow refused once it may give as a black or white frame when asked again.
            self._fault = error
            self._shape = _Shape(0, 0, POINTS_PER_INCH, POINTS_PER_INCH)
        self.width = self._shape.width * POINTS_PER_INCH / self._shape.dpi_x
        self.height = self._shape.height * POINTS_PER_INCH / self._shape.dpi_y

    def native_dpi(self) -> float | None:
        """The finer one of the two directions: faxes have fewer lines than columns."""
        return max(self._shape.dpi_x, self._shape.dpi_y)

    def invisible_share(self) -> float:
        """0: there is no text."""
        return 0.0

    def frame(self) -> Image:
        """All its pixels, upright (BGR); raises UnreadableError or TooLargeError."""
        if self._fault is not None:
            raise UnreadableError(DAMAGED, path=self._reel.path, page=self.number) from self._fault
        return self._reel.frame(self._index, self.number)

    def raster(self, dpi: float) -> Image:
        """The frame at `dpi`; raises UnreadableError or TooLargeError."""
        return resized(self.frame(), dpi / self._shape.dpi_x, dpi / self._shape.dpi_y)


def resized(image: Image, factor: float, factor_y: float | None = None) -> Image:
    """The image scaled, by area when shrinking; unchanged within 1 %, never less than a pixel."""
    import cv2
    import numpy as np

    factors = factor, factor if factor_y is None else factor_y
    if all(abs(f - 1) < 0.01 for f in factors):
        return image
    height, width = image.shape[:2]
    size = max(round(width * factors[0]), 1), max(round(height * factors[1]), 1)
    mode = cv2.INTER_AREA if min(factors) < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=mode), np.uint8)


def _decoded(image: Picture) -> Image:
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
    """Grey of 16 or more bits a pixel, or of floats; the largest value tells the depth."""
    import numpy as np

    pixels = np.nan_to_num(pixels)
    largest = float(pixels.max()) if pixels.size else 0.0
    unit = pixels.dtype.kind == "f" and 0 < largest <= 1.0  # floats from black 0 to white 1
    scale = 255.0 if unit else 1 / 256 if largest > 255 else 1.0
    return np.clip(pixels * scale, 0, 255).astype(np.uint8)


def _stored_size(image: Picture) -> tuple[int, int]:
    """Width and height before the picture is turned upright.

    Since version 11 Pillow gives those of a TIFF as it is seen, of other files as they are stored.
    """
    tags = getattr(image, "tag_v2", {})
    return tags.get(_WIDTH, image.size[0]), tags.get(_HEIGHT, image.size[1])


def _stated_dpi(size: tuple[int, int], dpi: Sequence[Any]) -> tuple[float, float]:
    """Resolution across and down where it is plausible, else as if the picture were an A4 page.

    A small picture would be a page too coarse to read: it is rather a piece of a screen.
    """
    short, long = sorted(size)
    stated = [float(v or 0) for v in dpi[:2]]
    x, y = (stated * 2)[:2] if stated else (0.0, 0.0)
    if min(x, y) >= 50 and max(x, y) <= 3 * min(x, y):
        inches = max(size[0] / x, size[1] / y)
        if SIDES_IN[0] <= inches <= SIDES_IN[1]:
            return x, y
    assumed = max(min(long / A4_IN[1], short / A4_IN[0]), long / LONGEST_IN, SCREEN_DPI)
    return assumed, assumed
