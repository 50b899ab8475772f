"""Proofs: the picture of a page as it was read, its words, and where they stand on the original.

A result's boxes count on the upright, level and straightened page. A proof's picture is that page,
with its colours and seals; its `origin` leads back to the page of the file.
"""

from __future__ import annotations

import io
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from extractor.document import Char
from extractor.geometry import Box, bounding
from extractor.inkless import natural_width
from extractor.lines import lines_of, western
from extractor.pictures import POINTS_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from extractor.document import Page, Word
    from extractor.image import Warp
    from extractor.pdf import PageSource
    from extractor.scanning import ScannedPage

    Image = NDArray[np.uint8]
    Points = NDArray[np.float64]

PROOF_DPI = 150.0  # small digits are still told apart; beyond that files grow and nothing is gained
MOST_PX = 5_000_000  # an A3 page; larger sheets get fewer dots an inch
LONGEST_PX = 16_000  # of a side: WebP ends at 16,383
# Small digits are as legible as in the original. A page takes 75 ms and 60 to 90 KB as WebP, 10 ms
# and 160 to 230 KB as JPEG.
WEBP: dict[str, Any] = {"format": "WEBP", "quality": 60, "method": 2}
JPEG: dict[str, Any] = {"format": "JPEG", "quality": 75, "optimize": True}
LEVEL = 0.5  # of its height by which a text may rise: viewers mark upright rectangles
UNEVEN = 0.4  # of its height by which a character may be marked beside its print
LEAST = 0.5  # of its em that a text is high: the box of a dash is as flat as its ink
DIGITS = 2  # behind the point of a place in points


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an upright page comes from: its points → points of the page of the file.

    width, height: of that page in points, as it is displayed: a PDF page as pdfium shows it, a
    picture as its headers turn it; dpi: of the pixels that `warp` counts.
    """

    width: float
    height: float
    warp: Warp
    dpi: float

    def points(self, upright: Points) -> Points:
        """N × 2 points (x, y) of the upright page → points of the original, from the top left."""
        before = self.warp.before(upright * (self.dpi / POINTS_PER_INCH))
        return before * (self.width / self.warp.width, self.height / self.warp.height)


@dataclass(frozen=True, slots=True, eq=False)
class PageProof:
    """A page as it was read.

    picture: H × W × 3 BGR, upright, level and straightened: a place (x, y) of a result, in points,
    is the pixel (x, y) × dpi / 72 of it; words: all that were read, also those of tables.
    """

    page: Page
    picture: Image
    dpi: float
    words: tuple[Word, ...]
    origin: Origin

    @property
    def number(self) -> int:
        """The page's, from 1."""
        return self.page.number


class PlacedWord(NamedTuple):
    """A text on the page of the file: its lower left and lower right corner, and its height.

    In points from the upper left corner of the page as it is displayed, y down; lower and left are
    those of the text, whichever way it is turned.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    height: float


@dataclass(frozen=True, slots=True)
class PageWords:
    """What was read on a page from its pixels, in reading order; its size in points as displayed.

    These words take the place of any text that the page has of its own. None where it was not read
    from its pixels: it is blank, or has a text layer that was trusted and stays as it is.
    """

    number: int
    width: float
    height: float
    words: tuple[PlacedWord, ...] | None


def scanned_proof(page: Page, image: Image, scan: ScannedPage, source: PageSource) -> PageProof:
    """The proof of a page that was read from its pixels, the BGR picture `image`."""
    from extractor.image import Warp

    flat = scan.flat
    height, width = image.shape[:2]
    warp = Warp(width, height, flat.rotation, flat.skew, flat.field)
    dpi = min(proof_dpi(page.width, page.height), flat.dpi)
    origin = Origin(source.width, source.height, warp, flat.dpi)
    return PageProof(page, warp.applied(image, dpi / flat.dpi), dpi, scan.all_words(), origin)


def drawn_proof(
    page: Page, words: tuple[Word, ...], source: PageSource, max_pixels: int
) -> PageProof:
    """The proof of a page that was not read from its pixels: it is drawn.

    Raises UnreadableError or TooLargeError where it cannot be.
    """
    from extractor.image import Warp, turned

    dpi = proof_dpi(source.width, source.height, max_pixels)
    picture = turned(source.raster(dpi), page.rotation)
    warp = Warp(source.width, source.height, page.rotation)
    origin = Origin(source.width, source.height, warp, POINTS_PER_INCH)
    return PageProof(page, picture, dpi, words, origin)


def proof_dpi(width: float, height: float, max_pixels: int = MOST_PX) -> float:
    """The resolution of the picture of a page of that size in points."""
    inches = max(width, 1.0) / POINTS_PER_INCH, max(height, 1.0) / POINTS_PER_INCH
    within = math.sqrt(min(MOST_PX, max_pixels) / (inches[0] * inches[1]))
    return min(PROOF_DPI, within, LONGEST_PX / max(inches))


def encoded(picture: Image, kind: Literal["webp", "jpeg"] = "webp") -> bytes:
    """A picture (H × W × 3 BGR) as the bytes of a file for browsers."""
    import numpy as np
    import PIL.Image

    stream = io.BytesIO()
    rgb = np.ascontiguousarray(picture[:, :, ::-1])
    PIL.Image.fromarray(rgb).save(stream, **(WEBP if kind == "webp" else JPEG))
    return stream.getvalue()


def words_of(proof: PageProof) -> PageWords:
    """The words of a page as they stand in the file: plain data, to make a searchable PDF of."""
    size = round(proof.origin.width, DIGITS), round(proof.origin.height, DIGITS)
    if proof.page.quality is None:
        return PageWords(proof.number, *size, None)
    lines = lines_of(proof.words, proof.number)
    runs = [run for line in lines for word in line.words for run in _runs(word)]
    return PageWords(proof.number, *size, tuple(_placed(runs, proof.origin)))


def _runs(word: Word) -> Iterator[tuple[Char, ...]]:
    """The word's characters; parted between Western and others where these stand unevenly.

    A viewer stretches a text as a whole, so a number in it would be marked beside its print.
    """
    chars = word.chars or tuple(_shared_out(word))
    if _is_even(word, chars):
        yield chars
        return
    for _, group in itertools.groupby(chars, key=lambda char: western(char.text)):
        yield tuple(group)


def _is_even(word: Word, chars: Sequence[Char]) -> bool:
    """Whether each character starts where its usual width and those before it let it start."""
    usual = zip(chars, _shared_out(word), strict=False)
    return all(abs(a.bbox.x0 - b.bbox.x0) <= UNEVEN * word.bbox.height for a, b in usual)


def _shared_out(word: Word) -> Iterator[Char]:
    """The characters of a word that brings none, by their usual widths."""
    step = word.bbox.width / max(natural_width(word.text), 0.5)
    x = word.bbox.x0
    for text in word.text:
        end = x + step * natural_width(text)
        yield Char(text, Box(x, word.bbox.y0, end, word.bbox.y1), word.confidence)
        x = end


def _placed(runs: Sequence[tuple[Char, ...]], origin: Origin) -> list[PlacedWord]:
    """The runs on the page of the file, halved until each lies as good as level or upright."""
    left: dict[tuple[int, ...], tuple[Char, ...]] = {(i,): run for i, run in enumerate(runs)}
    placed: dict[tuple[int, ...], PlacedWord] = {}
    while left:
        words = _on_page(list(left.values()), origin)
        halves: dict[tuple[int, ...], tuple[Char, ...]] = {}
        for (key, run), word in zip(left.items(), words, strict=True):
            if len(run) > 1 and _rise(word) > LEVEL * word.height:
                middle = len(run) // 2
                halves |= {(*key, 0): run[:middle], (*key, 1): run[middle:]}
            else:
                placed[key] = word
        left = halves
    return [placed[key] for key in sorted(placed)]


def _rise(word: PlacedWord) -> float:
    """How far a text is from lying along a side of the page, in points at its end."""
    return min(abs(word.x1 - word.x0), abs(word.y1 - word.y0))


def _on_page(runs: Sequence[tuple[Char, ...]], origin: Origin) -> list[PlacedWord]:
    import numpy as np

    boxes = [_high_enough(run) for run in runs]
    corners = np.array([[(b.x0, b.y1), (b.x1, b.y1), (b.x0, b.y0)] for b in boxes], np.float64)
    ends = origin.points(corners.reshape(-1, 2)).reshape(-1, 3, 2)
    heights = np.linalg.norm(ends[:, 2] - ends[:, 0], axis=1)
    places = np.column_stack([ends[:, :2].reshape(-1, 4), heights]).round(DIGITS).tolist()
    texts = ("".join(char.text for char in run) for run in runs)
    return [PlacedWord(text, *place) for text, place in zip(texts, places, strict=True)]


def _high_enough(run: Sequence[Char]) -> Box:
    box = bounding(char.bbox for char in run)
    em = box.width / max(natural_width("".join(char.text for char in run)), 0.5)
    more = max(LEAST * em - box.height, 0.0) / 2
    return Box(box.x0, box.y0 - more, box.x1, box.y1 + more)
