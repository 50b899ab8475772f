"""Numbered headings: what a line's numbering says, and which lines head the top-level sections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from extractor.normalize import compact, letters, parse_chinese

if TYPE_CHECKING:
    from collections.abc import Sequence

Style = Literal["part", "han", "paren", "arabic", "hash"]

MAX_HEADING = 60  # characters; what is longer without a stop is prose
_HAN = "一二三四五六七八九十"
_MARKUP = r"(?:#{1,6}|\*{2,3}|__)?\s*"
_STYLES: tuple[tuple[Style, re.Pattern[str]], ...] = (
    (
        "part",
        re.compile(rf"{_MARKUP}第(?P<n>[{_HAN}]{{1,3}}|\d{{1,2}})(?:部分|章|编|篇)[、:：.\s]*"),
    ),
    ("han", re.compile(rf"{_MARKUP}(?P<n>[{_HAN}ニ]{{1,3}})\s*[、.．,，､。]\s*")),
    ("paren", re.compile(rf"{_MARKUP}[(（〔\[](?P<n>[{_HAN}]{{1,3}}|\d{{1,2}})[)）〕\]][、.\s]*")),
    ("arabic", re.compile(rf"{_MARKUP}(?P<n>\d{{1,2}})\s*(?:[、．]|\.(?!\d)|\)|）)\s*")),
    ("hash", re.compile(r"(?P<n>#{1,6})\s*")),
)
# OCR loses or misreads a number: 、总体情况, -、总体情况, 大、其他需要报告的事项.
_DAMAGED = re.compile(r"(?:[^\w\s]|\w)?[、.．,，､]\s*")
# Headings that the forms of reports order, with their numbers (总体情况: 一); the templates name
# them. A prior where a number itself is in doubt.
Official = Mapping[str, str]
NO_OFFICIAL: Official = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mark:
    """The numbering a line starts with: as printed, its value, and where the text behind starts."""

    style: Style
    number: str
    value: int
    end: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Start:
    """A line that may head a section, and how far its type and place speak for it (0 to 1)."""

    index: int
    text: str
    weight: float


def mark_of(text: str) -> Mark | None:
    """The numbering that the text starts with, None where it has none."""
    for style, pattern in _STYLES:
        if found := pattern.match(text):
            number = found.group("n")
            if style == "hash":
                return Mark(style, "", 0, found.end())
            number = number.replace("ニ", "二")
            value = _value(number)
            return Mark(style, number, value, found.end()) if value else None
    return None


def without_markup(text: str) -> str:
    """The text without the ## and ** that some reports are printed with."""
    return re.sub(r"\*{2,3}|^#{1,6}\s*|__", "", text)


def _value(number: str) -> int:
    return int(number) if number.isdigit() else parse_chinese(number) or 0


def damaged_mark(text: str, official: Official) -> Mark | None:
    """The mark of an official heading whose number OCR lost or misread, None for other lines."""
    found = _DAMAGED.match(text)
    for end in (found.end() if found else 0, 0, 1):
        number = official_number(text[end:], official)
        if number is not None:
            return Mark("han", number, _value(number), end, certain=False)
    return None


def official_number(text: str, official: Official, likeness: float = 85.0) -> str | None:
    """The number of the official heading that the text reads like, None where it is none."""
    from rapidfuzz import fuzz, process

    bare = letters(text)
    if not 3 <= len(bare) <= 40:
        return None
    wordings = {letters(wording): number for wording, number in official.items()}
    best = process.extractOne(bare, list(wordings), scorer=fuzz.ratio)
    return wordings[best[0]] if best is not None and best[1] >= likeness else None


def official_length(text: str, official: Official) -> int | None:
    """Length of the official heading that the text starts with, to part it from prose run in."""
    return max((len(wording) for wording in official if text.startswith(wording)), default=None)


def top_level(starts: Sequence[Start], official: Official = NO_OFFICIAL) -> dict[int, Mark]:
    """The lines that head top-level sections, by index, with their marks.

    The outermost style of numbering that counts up over at least two lines is the top level; where
    none does, a single 一、 is enough. Of one style the heaviest chain of rising numbers wins, so
    that a list inside a section, or rows of a table, do not break the sequence.
    """
    marked = _marked(starts, official)
    chains = {
        style: _chain([(start, mark) for start, mark in marked if mark.style == style], official)
        for style in ("part", "han", "paren", "arabic")
    }
    for style, least in (("part", 2), ("han", 2), ("paren", 2), ("arabic", 2), ("han", 1)):
        if len(chains[style]) >= least:
            return chains[style]
    return {start.index: mark for start, mark in marked if mark.style == "hash"}


def _marked(starts: Sequence[Start], official: Official) -> list[tuple[Start, Mark]]:
    found = []
    for start in starts:
        mark = mark_of(start.text)
        if mark is None or mark.style == "hash":
            mark = damaged_mark(start.text, official) or mark
        if mark is not None:
            found.append((start, mark))
    return found


def _chain(marked: Sequence[tuple[Start, Mark]], official: Official) -> dict[int, Mark]:
    """The heaviest subsequence of strictly rising numbers (dynamic programming over the starts)."""
    best: list[tuple[float, int | None]] = []
    for i, (start, mark) in enumerate(marked):
        own = _weight(start, mark, official)
        first = (own + (0.5 if mark.value == 1 else 0.0), None)
        links = [
            (best[j][0] + own + (0.5 if mark.value == earlier.value + 1 else 0.0), j)
            for j, (_, earlier) in enumerate(marked[:i])
            if earlier.value < mark.value
        ]
        best.append(max([first, *links], key=lambda link: link[0]))
    chain: dict[int, Mark] = {}
    at: int | None = max(range(len(best)), key=lambda i: best[i][0]) if best else None
    while at is not None:
        chain[marked[at][0].index] = marked[at][1]
        at = best[at][1]
    return dict(sorted(chain.items()))


def _weight(start: Start, mark: Mark, official: Official) -> float:
    """One for being there, more where type, place or the official wording speak for a heading."""
    number = official_number(compact(start.text[mark.end :]), official)
    ordered = number is not None and _value(number) == mark.value
    return (1.0 if mark.certain else 0.5) + start.weight + (1.0 if ordered else 0.0)
