"""What a page carries besides its text: page numbers, running headers, notes of a break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor.normalize import compact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Line

MARGIN = 0.13  # share of the page height, at its top and at its foot, where furniture stands
SAME_HEIGHT = 0.012  # share of the page height by which repeated furniture may move
MIN_LIKENESS = 80.0  # per cent; OCR reads the same footer a little differently on every page

# A page number: 2, - 2 -, 第2页 共5页, 2/5, Page 2 of 5. OCR reads its dashes as 一 too.
_PAGE_NUMBER = re.compile(
    r"[-一_.·~*|<>《》]*(?:第?\d{1,3}页?|[ivxIVX]{1,5})[-一_.·~*|<>《》]*"
    r"|第\d{1,4}页[,，/;；]?[(（]?共\d{1,4}页[)）]?|共\d{1,4}页[,，/;；]?第\d{1,4}页"
    r"|\d{1,4}/\d{1,4}|[Pp]age\d{1,4}(?:(?:of|/)\d{1,4})?|第[一二三四五六七八九十]{1,3}页"
)
# What a browser prints around a page: its address, or the clock time with the page's title.
_BROWSER = re.compile(
    r"(?:https?://|file:///|www\.)\S+(?:\d{1,4}/\d{1,4})?|.*(?:https?://|file:///)\S*\d/\d{1,4}"
    r"|\d{2,4}[/.-]\d{1,2}[/.-]\d{1,2}[,，]?(?:上午|下午)?\d{1,2}:\d{2}.*"
)
_NUMBERED = re.compile(r"[(（]?[一二三四五六七八九十\d]{1,3}[)）、.]")
_BREAK_NOTE = re.compile(
    r"[(（\[【]?(?:续上?表|接上[页表]|上接第?\d*页|下转第?\d*页|转下页|接下页|未完[,，]?(?:待续|接下页|转下页)?)"
    r"\d*[)）\]】]?"
)


def without_furniture(lines: Sequence[Line], heights: dict[int, float]) -> tuple[Line, ...]:
    """The lines that are text. `heights` gives each page's height in points by its number.

    Page numbers and a browser's print marks are dropped in the margins of any page; other lines
    where a like line stands at the same height of another page; notes of a break anywhere.
    """
    return tuple(line for line in lines if not _is_furniture(line, lines, heights))


def _is_furniture(line: Line, lines: Sequence[Line], heights: dict[int, float]) -> bool:
    text = compact(line.text)
    if _BREAK_NOTE.fullmatch(text) or _is_speck(text):
        return True
    side = _side(line, heights)
    if side is None:
        return False
    if _PAGE_NUMBER.fullmatch(text) or _BROWSER.fullmatch(text):
        return True
    return (
        len(text) >= 3
        and not _NUMBERED.match(text)
        and any(other.page != line.page and _repeats(line, other, heights) for other in lines)
    )


def _is_speck(text: str) -> bool:
    """Marks without any letter, which OCR makes of dirt; stops that end a sentence stay."""
    return not any(c.isalnum() for c in text) and not set(text) & set("。.!?”)》】]")


def _side(line: Line, heights: dict[int, float]) -> str | None:
    middle = line.bbox.center[1] / heights[line.page]
    return "top" if middle < MARGIN else "foot" if middle > 1 - MARGIN else None


def _repeats(line: Line, other: Line, heights: dict[int, float]) -> bool:
    if _side(line, heights) != _side(other, heights):
        return False
    if not _same_height(line, other, heights):
        return False
    if line.confidence is None and other.confidence is None:
        return _numberless(line) == _numberless(other)
    return _alike(_numberless(line), _numberless(other))


def _same_height(line: Line, other: Line, heights: dict[int, float]) -> bool:
    """Measured from the nearer edge: a turned page has another height."""
    limit = SAME_HEIGHT * heights[line.page]
    from_top = line.bbox.center[1] - other.bbox.center[1]
    from_foot = from_top - heights[line.page] + heights[other.page]
    return min(abs(from_top), abs(from_foot)) < limit


def _numberless(line: Line) -> str:
    """The text with every number as one mark: a running header may count."""
    return re.sub(r"\d+", "#", compact(line.text))


def _alike(a: str, b: str) -> bool:
    if a == b:
        return True
    from rapidfuzz import fuzz

    return fuzz.ratio(a, b) >= MIN_LIKENESS
