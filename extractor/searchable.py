"""Searchable PDFs: the original pages, and over them as invisible text the words that were read."""

from __future__ import annotations

import contextlib
import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.errors import EncryptedError, UnreadableError
from extractor.inkless import DESCENT, EM, add_font, natural_width
from extractor.options import Options
from extractor.pdf import sniff
from extractor.proofs import PageWords
from extractor.sheets import add_pictures
from extractor.textless import copied, real_box, remove_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from pikepdf import Page, Pdf
    from pydantic import TypeAdapter

    from extractor.inkless import Inkless
    from extractor.proofs import PlacedWord

FONT = "/Inkless"
BROKEN = "the PDF is damaged, no text can be put into it; repair it or print it anew"
LEAST_PT = 0.1  # of a text's width and height
# What qpdf and pikepdf raise on objects that are not what they should be.
_FAULTS = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError)


def words_to_json(pages: Iterable[PageWords]) -> bytes:
    """The words of a document as compact JSON, to be kept until its PDF is asked for."""
    return _adapter().dump_json(tuple(pages))


def words_from_json(data: bytes) -> tuple[PageWords, ...]:
    """The words of a document; raises ValueError where these are no such data."""
    return _adapter().validate_json(data)


@functools.cache
def _adapter() -> TypeAdapter[tuple[PageWords, ...]]:
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[PageWords, ...])


def write_searchable(
    path: Path, pages: Iterable[PageWords], stream: BinaryIO, options: Options | None = None
) -> None:
    """Writes a PDF of the document at `path` to a seekable stream; its pages look as they did.

    A PDF keeps its pages, links and bookmarks; a picture file becomes a PDF of its pages, a JPEG as
    it is, other pictures without loss. The words of `pages`, invisible, are the only text of their
    page; all other pages are left alone, and so is a PDF of such pages only. The same input gives
    the same bytes.

    A PDF that needs a password is written without encryption, as whoever has the password may; it
    is opened with that of `options`. One that opens without a password but is encrypted stays
    so, with its permissions (and with other bytes each time, as ciphers want it). Signatures of a
    PDF no longer fit it. Raises UnreadableError, EncryptedError or TooLargeError.
    """
    options = options or Options()
    data = _read(path)
    by_number = {page.number: page for page in pages if page.words is not None}
    if not by_number and sniff(data) == "pdf" and not options.password:
        stream.write(data)
        return
    with _damage(path), _opened(path, data, options) as pdf:
        if max(by_number, default=0) > len(pdf.pages):
            raise UnreadableError(BROKEN, path=path)
        _add_words(pdf, by_number)
        keep = pdf.is_encrypted and not options.password
        pdf.save(stream, encryption=keep, deterministic_id=not keep)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise UnreadableError(f"{reason}; check the name and the rights", path=path) from error


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Raises what pikepdf raises as errors of ours."""
    from pikepdf import PasswordError, PdfError

    try:
        yield
    except PasswordError as error:
        message = "it is encrypted; give its password with --password"
        raise EncryptedError(message, path=path) from error
    except (PdfError, *_FAULTS) as error:
        raise UnreadableError(BROKEN, path=path) from error


@contextlib.contextmanager
def _opened(path: Path, data: bytes, options: Options) -> Iterator[Pdf]:
    import io

    import pikepdf

    if sniff(data) == "pdf":
        with pikepdf.open(io.BytesIO(data), password=options.password or "") as pdf:
            yield pdf
        return
    with pikepdf.new() as pdf:
        add_pictures(pdf, path, data, options)
        yield pdf


def _add_words(pdf: Pdf, by_number: Mapping[int, PageWords]) -> None:
    font = add_font(pdf, (word.text for page in by_number.values() for word in page.words or ()))
    for number, page in enumerate(pdf.pages, 1):
        words = by_number.get(number)
        if words is not None:
            remove_text(pdf, page)
            _write(pdf, page, words, font)


def _write(pdf: Pdf, page: Page, words: PageWords, font: Inkless) -> None:
    from pikepdf import Dictionary, Name

    if not words.words:
        return
    resources = copied(page.resources)
    fonts = copied(resources.get(Name.Font, Dictionary()))
    name = FONT
    while name in fonts:
        name += "x"
    fonts[name] = font.font
    resources.Font = fonts
    page.obj[Name.Resources] = resources
    view = _View.of(page, words.width, words.height)
    lines = (_shown(word, view, name, font) for word in words.words if word.text)
    content = b"\n".join((b"q BT 3 Tr", *lines, b"ET Q\n"))
    # First, while nothing on the page has changed the coordinates; text is found under a picture.
    page.contents_add(pdf.make_stream(content), prepend=True)


@dataclass(frozen=True, slots=True)
class _View:
    """How viewers show a page: its box in the coordinates of the PDF, turned clockwise, scaled."""

    box: tuple[float, float, float, float]
    rotation: int
    scale_x: float
    scale_y: float

    @classmethod
    def of(cls, page: Page, width: float, height: float) -> _View:
        """Of a page that is shown with this size in points."""
        x0, y0, x1, y1 = box = _shown_box(page)
        across, down = x1 - x0, y1 - y0
        if page.rotation in (90, 270):
            across, down = down, across
        return cls(box, page.rotation, across / (width or across), down / (height or down))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """A place as shown, in points from the top left → coordinates of the PDF."""
        x, y = x * self.scale_x, y * self.scale_y
        x0, y0, x1, y1 = self.box
        if self.rotation == 90:
            return x0 + y, y0 + x
        if self.rotation == 180:
            return x1 - x, y0 + y
        if self.rotation == 270:
            return x1 - y, y1 - x
        return x0 + x, y1 - y


def _shown_box(page: Page) -> tuple[float, float, float, float]:
    """What pdfium shows of a page: its crop box, as far as it lies in the media box."""
    media, crop = real_box(page.mediabox), real_box(page.cropbox)
    x0, y0, x1, y1 = (
        max(media[0], crop[0]), max(media[1], crop[1]),
        min(media[2], crop[2]), min(media[3], crop[3]),
    )  # fmt: skip
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else media


def _shown(word: PlacedWord, view: _View, name: str, font: Inkless) -> bytes:
    """The operators that show a word, as wide and as high as it is printed."""
    (x0, y0), (x1, y1) = view.point(word.x0, word.y0), view.point(word.x1, word.y1)
    length = max(math.hypot(x1 - x0, y1 - y0), LEAST_PT)
    size = max(word.height * (view.scale_x + view.scale_y) / 2, LEAST_PT)
    a, b = (x1 - x0) / length, (y1 - y0) / length
    rise = -DESCENT / EM * size  # of the baseline above the lower side
    matrix = (a, b, -b, a, x0 - b * rise, y0 + a * rise)
    stretch = 100 * length / (size * natural_width(word.text))
    return b"%s %.2f Tf %.2f Tz %s Tm %s Tj" % (
        name.encode(), size, stretch, b" ".join(b"%.4f" % v for v in matrix),
        font.encoded(word.text),
    )  # fmt: skip
