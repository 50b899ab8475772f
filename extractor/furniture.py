"""What a page carries besides its text: page numbers, running headers, notes of a break."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.normalize import compact

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from extractor.document import Line

    _Slot = tuple[str, str, int]  # side of the page, edge measured from, height in slots

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
    margins = [_margin(line, heights) for line in lines]
    repeated = _repeated([margin for margin in margins if margin is not None])
    return tuple(
        line
        for line, margin in zip(lines, margins, strict=True)
        if not _is_furniture(line, margin, repeated)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Margin:
    """A line in a margin: heights from either edge of its page, and the text without numbers."""

    page: int
    side: str
    from_top: float
    from_foot: float
    reach: float  # points by which the same line may stand elsewhere on another page
    text: str
    exact: bool  # of a text layer


def _margin(line: Line, heights: dict[int, float]) -> _Margin | None:
    """None where the line stands in no margin."""
    height, middle = heights[line.page], line.bbox.center[1]
    side = "top" if middle < MARGIN * height else "foot" if middle > (1 - MARGIN) * height else None
    if side is None:
        return None
    # A running header may count.
    text = re.sub(r"\d+", "#", compact(line.text))
    exact = line.confidence is None
    return _Margin(line.page, side, middle, height - middle, SAME_HEIGHT * height, text, exact)


def _is_furniture(line: Line, margin: _Margin | None, repeated: Container[_Margin]) -> bool:
    text = compact(line.text)
    if _BREAK_NOTE.fullmatch(text) or _is_speck(text):
        return True
    if margin is None:
        return False
    if _PAGE_NUMBER.fullmatch(text) or _BROWSER.fullmatch(text):
        return True
    return len(text) >= 3 and not _NUMBERED.match(text) and margin in repeated


def _repeated(margins: Sequence[_Margin]) -> frozenset[_Margin]:
    """The margin lines that another page repeats; only those at like heights are compared."""
    # No line reaches farther than one slot.
    size = max((margin.reach for margin in margins), default=1.0)
    by_slot: defaultdict[_Slot, list[_Margin]] = defaultdict(list)
    for margin in margins:
        for slot in _slots(margin, size):
            by_slot[slot].append(margin)
    return frozenset(
        margin
        for margin in margins
        if any(
            _repeats(margin, other)
            for side, edge, slot in _slots(margin, size)
            for near in (slot - 1, slot, slot + 1)
            for other in by_slot.get((side, edge, near), ())
        )
    )


def _slots(margin: _Margin, size: float) -> tuple[_Slot, _Slot]:
    """Its height from both edges: a turned page has another height."""
    return (
        (margin.side, "top", int(margin.from_top // size)),
        (margin.side, "foot", int(margin.from_foot // size)),
    )


def _repeats(line: _Margin, other: _Margin) -> bool:
    if line.page == other.page:
        return False
    moved = min(abs(line.from_top - other.from_top), abs(line.from_foot - other.from_foot))
    if moved >= line.reach:
        return False
    if line.text == other.text:
        return True
    if line.exact and other.exact:
        return False
    from rapidfuzz import fuzz

    return fuzz.ratio(line.text, other.text) >= MIN_LIKENESS


def _is_speck(text: str) -> bool:
    """Marks without any letter, which OCR makes of dirt; stops that end a sentence stay."""
    return not any(c.isalnum() for c in text) and not set(text) & set("。.!?”)》】]")
