"""Pages set by hand for tests: lines of text at given places, as a text layer or OCR gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.document import Char, Word
from extractor.geometry import Box
from extractor.layout import PageText

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = 12.0
LEFT, RIGHT, TOP, PITCH = 72.0, 528.0, 80.0, 20.0
WIDTH, HEIGHT = 600.0, 840.0
COLUMNS = int((RIGHT - LEFT) / SIZE)  # full-width characters that a line holds


def word(
    text: str, x: float, y: float, size: float = SIZE, *, confidence: float | None = None
) -> Word:
    """A run of characters at (x, y), its top left corner; Western characters are half as wide."""
    chars = []
    for char in text:
        step = size / 2 if char.isascii() else size
        if char != " ":
            chars.append(Char(char, Box(x, y, x + step, y + size), confidence))
        x += step
    box = Box(chars[0].bbox.x0, y, chars[-1].bbox.x1, y + size)
    return Word(text, box, confidence, tuple(chars), size)


def width(text: str, size: float = SIZE) -> float:
    """Width of a run in points."""
    return sum(size / 2 if char.isascii() else size for char in text)


def centred(text: str, y: float, size: float = SIZE) -> Word:
    """A run in the middle of the page."""
    return word(text, (LEFT + RIGHT - width(text, size)) / 2, y, size)


def wrapped(text: str, indent: int = 2) -> list[tuple[float, str]]:
    """A paragraph as lines (x, text) that fill the page from edge to edge."""
    lines: list[tuple[float, str]] = []
    x, run = LEFT + indent * SIZE, ""
    for char in text:
        if x + width(run + char) > RIGHT + 0.1:
            lines.append((x, run))
            x, run = LEFT, ""
        run += char
    return [*lines, (x, run)]


def page(
    *paragraphs: str | Word,
    number: int = 1,
    indent: int = 2,
    top: float = TOP,
    tables: Sequence[Box] = (),
) -> PageText:
    """A page of paragraphs below each other; a Word stands where it says."""
    words: list[Word] = []
    y = top
    for item in paragraphs:
        if isinstance(item, Word):
            words.append(item)
            y = max(y, item.bbox.y1 + PITCH - SIZE)
            continue
        for x, text in wrapped(item, 0 if item[:2] in HEADS else indent):
            words.append(word(text, x, y))
            y += PITCH
    return PageText(number, WIDTH, HEIGHT, tuple(words), tuple(tables))


HEADS = tuple(f"{number}、" for number in "一二三四五六")
