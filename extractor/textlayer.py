"""The text layer of a PDF page: words, vector rulings, and whether the layer can be trusted."""

from __future__ import annotations

import contextlib
import gc
import logging
import unicodedata
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from extractor.document import Char, Word
from extractor.drawings import drawn_edges
from extractor.geometry import Box, Segment, bounding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]

# Characters that any page of Chinese prose or forms is full of. A wrong character map gives
# well-formed but random characters, of which hardly any is among these.
COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当"
    "使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反"
    "你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五"
    "果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论"
    "运农指几九区强放决西被干做必战先回则任取据处府信息开请申告年度市县镇街办事务处理收情况项目总计"
)
Doubt = Literal["invisible", "unmapped", "garbled", "mismatch"]
DOUBLE_PT = 2.0  # a character drawn again for boldness is shifted by no more than this
SMALLER = 0.88  # of a character's height, up to which one behind it may be the number of a note
RAISED = 0.08  # of its height, from which the middle of such a number is higher
PIECE = 2**20  # bytes that are unpacked at a time
# pdfminer warns of every odd font: to whoever listens, not to the terminal of a program without
# logging.
logging.getLogger("pdfminer").addHandler(logging.NullHandler())
_RAISED = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
_ODD = frozenset({"Cc", "Co", "Cn", "Cs"})


class ParserError(Exception):
    """A page, or a whole PDF, that pdfminer or what stands on it cannot parse."""


@contextlib.contextmanager
def parsing() -> Iterator[None]:
    """The door to pdfminer, pdfplumber and camelot, which raise anything on damaged files.

    Raises ParserError for all of it, but MemoryError where memory is what lacked: that says nothing
    about the file.
    """
    try:
        yield
    except Exception as error:
        if any(isinstance(cause, MemoryError) for cause in _causes(error)):
            raise MemoryError from error
        raise ParserError from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those it was raised after: pdfplumber wraps pdfminer's."""
    while error is not None:
        yield error
        error = error.__context__


@dataclass(frozen=True, slots=True)
class TextLayer:
    """Words and rulings in points of the upright page.

    `rotation` is by how many degrees the page had to be turned clockwise.
    """

    words: tuple[Word, ...]
    rulings: tuple[Segment, ...]
    width: float
    height: float
    rotation: int


def read_text_layer(page: Any) -> TextLayer:
    """Reads a pdfplumber page. Text set sideways turns the page: most characters decide."""
    with _uncollected():
        rotation = _rotation(page.chars)  # the first use parses the page
    shown = shown_box(page)
    turn = _Turn(rotation, shown.width, shown.height, shown.x0, shown.y0)
    chars = _without_doubles(c for c in page.chars if _visible(c, shown))
    words = tuple(_words(chars, turn))
    width, height = turn.size
    segments = (_clipped(turn.segment(edge), width, height) for edge in drawn_edges(page))
    rulings = tuple(segment for segment in segments if segment is not None)
    return TextLayer(words, rulings, width, height, rotation)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Holds the cyclic collector off: a page becomes 100,000 objects, none of which it could free.

    Its passes over them, and over all that is loaded, take a tenth of a document's time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def distrust(
    layer: TextLayer, gray: Gray, *, invisible: float = 0.0, scanned: bool = False
) -> Doubt | None:
    """Why a layer that has words cannot be trusted, None where it can.

    `gray` is the page rendered upright, at any resolution, to see whether there is ink under the
    text; `invisible` the share of text drawn in invisible mode (an OCR layer under a scan);
    `scanned` tells that images fill the page: then there must be no more ink than the text
    accounts for.
    """
    text = "".join(word.text for word in layer.words)
    if invisible > 0.5:
        return "invisible"
    if _unmapped(text) > 0.02:
        return "unmapped"
    if _implausible(text):
        return "garbled"
    if _inkless(layer, gray) > 0.2 or (scanned and _uncovered(layer, gray) > 0.4):
        return "mismatch"
    return None


def shown_box(page: Any) -> Box:
    """What viewers show of a pdfplumber page, in its own coordinates: the crop box.

    pdfplumber and pdfminer measure from the media box as it is written, corners swapped or not.
    """
    media = page.page_obj.mediabox
    whole = _sorted_box(media)
    crop = whole.intersection(_sorted_box(page.page_obj.cropbox)) or whole
    xa, ya = _placed(crop.x0, crop.y0, media, page.rotation)
    xb, yb = _placed(crop.x1, crop.y1, media, page.rotation)
    left, top = page.bbox[0], page.bbox[1] + float(page.height)
    return Box(left + min(xa, xb), top - max(ya, yb), left + max(xa, xb), top - min(ya, yb))


def _placed(x: float, y: float, media: Sequence[float], rotation: int) -> tuple[float, float]:
    """A point as pdfminer turns and moves it (PDFPageInterpreter.process_page)."""
    x0, y0, x1, y1 = media
    if rotation == 90:
        return y - y0, x1 - x
    if rotation == 180:
        return x1 - x, y1 - y
    if rotation == 270:
        return y1 - y, x - x0
    return x - x0, y - y0


def _sorted_box(raw: Sequence[float]) -> Box:
    x0, y0, x1, y1 = (float(v) for v in raw)
    return Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def torn(page: Any) -> bool:
    """Whether what draws a pdfplumber page is damaged: then all behind the damage is not there.

    To be asked before anything else is read of the page: pdfminer lets go of the packed bytes.
    """
    return any(_is_torn(stream) for stream in page.page_obj.contents)


def _is_torn(stream: Any) -> bool:
    from pdfminer.pdftypes import resolve1

    stream = resolve1(stream)
    raw = getattr(stream, "rawdata", None)
    if not raw or stream.decipher is not None:
        return False
    names = [getattr(name, "name", None) for name, _ in stream.get_filters()]
    if names not in (["FlateDecode"], ["Fl"]):
        return False
    try:
        # Without its checksum alone, the two bytes of the header and the data are all there.
        return not (_ends(raw, zlib.MAX_WBITS) or _ends(raw[2:], -zlib.MAX_WBITS))
    except zlib.error:
        return True


def _ends(packed: bytes, bits: int) -> bool:
    """Whether packed data goes on to its end mark; unpacked in pieces, as 1 MB may hold 1 GB."""
    unpacker = zlib.decompressobj(bits)
    size = PIECE
    while size == PIECE and not unpacker.eof:
        size = len(unpacker.decompress(packed, PIECE))
        packed = unpacker.unconsumed_tail
    return unpacker.eof


def _visible(char: dict[str, Any], shown: Box) -> bool:
    across = char["x1"] > shown.x0 and char["x0"] < shown.x1
    down = char["bottom"] > shown.y0 and char["top"] < shown.y1
    return bool(shown.area and across and down)


def _clipped(ruling: Segment, width: float, height: float) -> Segment | None:
    """The part of a ruling that lies on the page, None where none does."""
    x0, x1 = max(ruling.x0, 0.0), min(ruling.x1, width)
    y0, y1 = max(ruling.y0, 0.0), min(ruling.y1, height)
    return Segment(x0, y0, x1, y1, ruling.thickness) if x0 <= x1 and y0 <= y1 else None


def _rotation(chars: Sequence[dict[str, Any]]) -> int:
    """Clockwise turn that makes most characters upright, from their text matrices."""
    votes = {0: 0, 90: 0, 180: 0, 270: 0}
    for char in chars:
        a, b, c, d = char["matrix"][:4]
        if abs(a) + abs(d) >= abs(b) + abs(c):
            votes[0 if a >= 0 else 180] += 1
        else:
            votes[90 if b > 0 else 270] += 1
    return max(votes, key=lambda turn: votes[turn])


@dataclass(frozen=True, slots=True)
class _Turn:
    """Page coordinates → those after a clockwise turn by `rotation`, origin moved to (0, 0)."""

    rotation: int
    width: float
    height: float
    left: float
    top: float

    @property
    def size(self) -> tuple[float, float]:
        turned = self.rotation in (90, 270)
        return (self.height, self.width) if turned else (self.width, self.height)

    def point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.top
        if self.rotation == 90:
            return self.height - y, x
        if self.rotation == 180:
            return self.width - x, self.height - y
        if self.rotation == 270:
            return y, self.width - x
        return x, y

    def box(self, item: dict[str, Any]) -> Box:
        xa, ya = self.point(item["x0"], item["top"])
        xb, yb = self.point(item["x1"], item["bottom"])
        return Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))

    def segment(self, edge: tuple[float, float, float, float, float]) -> Segment:
        x0, y0, x1, y1, thickness = edge
        xa, ya = self.point(x0, y0)
        xb, yb = self.point(x1, y1)
        return Segment(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb), thickness)


def _words(chars: Iterable[dict[str, Any]], turn: _Turn) -> list[Word]:
    """Characters in drawing order → words; a gap, a step or a space ends one.

    Small raised digits, the numbers of notes, are given as ¹²³: they are none of the number's.
    """
    words: list[Word] = []
    run: list[Char] = []
    fonts: list[str] = []
    for item in chars:
        text = unicodedata.normalize("NFC", item["text"])
        box = turn.box(item)
        blank = not text.strip() and not text.startswith("\x00")
        base = next((c.bbox for c in reversed(run) if c.text not in _RAISED.values()), None)
        if base is not None and text in _RAISED and _is_raised(base, box):
            text = _RAISED[text]
        elif run and (blank or not _continues(run[-1].bbox, box)):
            words.append(_word(run, fonts))
            run, fonts = [], []
        if not blank:
            run.append(Char(text, box))
            fonts.append(item["fontname"])
    if run:
        words.append(_word(run, fonts))
    return words


def _is_raised(base: Box, box: Box) -> bool:
    """Whether a character is small, and stands high behind another."""
    small = box.height <= SMALLER * base.height
    raised = RAISED * base.height <= base.center[1] - box.center[1] <= base.height
    return small and raised and box.x0 - base.x1 <= base.height and box.x0 >= base.center[0]


def _continues(last: Box, box: Box) -> bool:
    size = max(last.height, box.height, 1.0)
    same_line = abs(last.center[1] - box.center[1]) < 0.35 * size
    return same_line and -0.5 * size < box.x0 - last.x1 < 0.3 * size


def _word(run: Sequence[Char], fonts: Sequence[str]) -> Word:
    box = bounding(char.bbox for char in run)
    text = "".join(char.text for char in run)
    bold = sum("bold" in font.lower() or "heavy" in font.lower() for font in fonts)
    return Word(text, box, None, tuple(run), box.height, bold > len(run) / 2)


def _without_doubles(chars: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drops characters drawn again at the same place, as makeshift bold type does."""
    seen: dict[tuple[str, int], list[tuple[float, float]]] = {}
    kept = []
    for char in chars:
        text, x, y = char["text"], char["x0"], char["top"]
        row = int(y // DOUBLE_PT)
        reach = _double_reach(char["x1"] - x, char["bottom"] - y)
        near = (seen.get((text, row + step), ()) for step in (0, -1, 1))
        if any(
            abs(x - px) <= reach and abs(y - py) <= reach for places in near for px, py in places
        ):
            continue
        seen.setdefault((text, row), []).append((x, y))
        kept.append(char)
    return kept


def _double_reach(width: float, height: float) -> float:
    """How far a double may be shifted: less than narrow letters like "11" stand apart."""
    return min(0.15 * max(width, height), 0.5 * min(width, height), DOUBLE_PT)


def _unmapped(text: str) -> float:
    bad = sum(c == "\ufffd" or unicodedata.category(c) in _ODD for c in text)
    return (bad + text.count("(cid:") * 3) / len(text)


def _implausible(text: str) -> bool:
    """Mojibake (UTF-8 or GBK bytes shown as Latin-1) or a shifted character map."""
    latin = sum("\u0080" <= c <= "\u024f" for c in text)
    if latin > 0.3 * len(text):
        return True
    han = [c for c in text if "\u3400" <= c <= "\u9fff" or c > "\U00020000"]
    return len(han) >= 40 and sum(c in COMMON for c in han) < 0.12 * len(han)


def _inkless(layer: TextLayer, gray: Gray) -> float:
    """Share of words without any contrast in their box."""
    scale = gray.shape[1] / layer.width
    empty = counted = 0
    for word in layer.words:
        x0, y0, x1, y1 = (int(v * scale) for v in word.bbox)
        patch = gray[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1]
        if patch.size:
            counted += 1
            empty += int(patch.max()) - int(patch.min()) < 24
    return empty / counted if counted else 0.0


def _uncovered(layer: TextLayer, gray: Gray) -> float:
    """Share of the page's dark pixels that lie outside all words."""
    dark = gray < 140
    total = int(dark.sum())
    scale = gray.shape[1] / layer.width
    for word in layer.words:
        x0, y0, x1, y1 = (int(v * scale) for v in word.bbox)
        dark[max(y0 - 1, 0) : y1 + 2, max(x0 - 1, 0) : x1 + 2] = False
    return int(dark.sum()) / total if total else 0.0
