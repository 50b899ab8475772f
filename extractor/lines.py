"""Words → lines of text, and the characters of a line without the spaces of typesetting."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from extractor.document import Char, Line, Word
from extractor.geometry import Box, bounding
from extractor.normalize import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMN_GAP_EM = 1.5  # a wider gap inside a line parts columns, as in a head of labels and values


def lines_of(words: Iterable[Word], page: int) -> tuple[Line, ...]:
    """The lines of a page from top to bottom, words from left to right.

    Works on runs of a text layer as on whole lines or fragments from OCR, whose boxes are a little
    uneven: words share a line where their boxes overlap by more than half of the lower one.
    """
    rows: list[list[Word]] = []
    printed = (word for word in words if word.text.strip())
    for word in sorted(printed, key=lambda w: (w.bbox.center[1], w.bbox.x0)):
        row = next((row for row in reversed(rows[-4:]) if _same_line(row, word)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    lines = (_line(sorted(row, key=lambda w: w.bbox.x0), page) for row in rows)
    return tuple(sorted(lines, key=lambda line: (line.bbox.center[1], line.bbox.x0)))


def _same_line(row: Sequence[Word], word: Word) -> bool:
    widest = max(row, key=lambda w: w.bbox.width).bbox
    box = word.bbox
    common = min(widest.y1, box.y1) - max(widest.y0, box.y0)
    if common < 0.5 * min(widest.height, box.height):
        return False
    return all(_beside(other.bbox, box) for other in row)


def _beside(a: Box, b: Box) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) < 0.5 * min(a.width, b.width)


def _line(words: Sequence[Word], page: int) -> Line:
    known = [word.confidence for word in words if word.confidence is not None]
    return Line(
        "".join(char.text for char in characters(words, columns=True)),
        bounding(word.bbox for word in words),
        page,
        tuple(words),
        min(known) if known else None,
    )


def characters(words: Sequence[Word], *, columns: bool = False) -> tuple[Char, ...]:
    """The characters of a line's words in order.

    A space stays only between letters or digits of Western script; with `columns` also where the
    gap is so wide that it parts columns. Radicals that fonts map to are made characters.
    """
    kept: list[Char] = []
    for word in words:
        for char in _word_characters(word):
            if char.text.isspace():
                continue
            if kept and _spaced(kept[-1], char, columns=columns):
                gap = Box(kept[-1].bbox.x1, char.bbox.y0, char.bbox.x0, char.bbox.y1)
                kept.append(Char(" ", gap, None))
            kept.append(char)
    return tuple(kept)


def _spaced(last: Char, char: Char, *, columns: bool) -> bool:
    gap = char.bbox.x0 - last.bbox.x1
    height = max(last.bbox.height, char.bbox.height)
    if columns and gap > COLUMN_GAP_EM * height:
        return True
    return western(last.text) and western(char.text) and gap > 0.18 * height


def western(text: str) -> bool:
    """Whether a character is an ASCII letter or digit: only these are set apart by spaces."""
    return text.isascii() and text.isalnum()


def _word_characters(word: Word) -> tuple[Char, ...]:
    """The word's characters; where it brings none, its box is shared out evenly."""
    chars = word.chars
    if not chars:
        step = word.bbox.width / max(len(word.text), 1)
        x0, y0, _, y1 = word.bbox
        chars = tuple(
            Char(text, Box(x0 + i * step, y0, x0 + (i + 1) * step, y1), word.confidence)
            for i, text in enumerate(word.text)
        )
    if any("\u2e80" <= char.text[:1] <= "\u2fdf" for char in chars):
        return tuple(_mended(char) for char in chars)
    return chars


def _mended(char: Char) -> Char:
    if not "\u2e80" <= char.text[:1] <= "\u2fdf":
        return char
    return Char(plain(char.text), char.bbox, char.confidence)


def em_of(line: Line) -> float:
    """The size of a full-width character in points, by the width: OCR boxes vary in height.

    Short lines, and lines set with gaps, fall back on the height of their words.
    """
    height = statistics.median(word.bbox.height for word in line.words)
    advance = sum(0.5 if char.isascii() else 1.0 for char in line.text)
    pitch = line.bbox.width / advance if advance else height
    return pitch if 0.6 * height <= pitch <= 1.25 * height else height


def columns_of(line: Line) -> int:
    """How many columns the line's words form: 1 for running text."""
    limit = COLUMN_GAP_EM * em_of(line)
    pairs = zip(line.words, line.words[1:], strict=False)
    return 1 + sum(right.bbox.x0 - left.bbox.x1 > limit for left, right in pairs)
