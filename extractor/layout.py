"""Words → lines → paragraphs → numbered sections, with what stands before and behind them.

The parts lie in files of their own: lines, furniture (headers, footers, page numbers), headings,
paragraphs, frame (head, title, signature). `read_prose` puts them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.document import Line, Section, Word
from extractor.frame import find_head, split_tail, title_text
from extractor.furniture import without_furniture
from extractor.headings import (
    MAX_HEADING,
    NO_OFFICIAL,
    Mark,
    Official,
    Start,
    mark_of,
    official_length,
    top_level,
)
from extractor.lines import characters, lines_of
from extractor.normalize import compact
from extractor.paragraphs import (
    Paragraph,
    Row,
    Setting,
    ends_early,
    joined,
    paragraphs_of,
    rows_of,
    setting_of,
    starts_paragraph,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.geometry import Box

__all__ = [
    "PageText",
    "Paragraph",
    "Prose",
    "ProseSection",
    "lines_of",
    "read_prose",
    "to_sections",
]

_STOP = re.compile(r"[。：:]")
_CONTENTS_ENTRY = re.compile(r"[.…·．]{3,}\s*\d*$")


@dataclass(frozen=True, slots=True)
class PageText:
    """The words of a page outside its tables, and the boxes of the tables, in points."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    tables: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class ProseSection:
    """A top-level section, sub-headings as paragraphs; the preamble has no number or heading."""

    number: str | None
    heading: str
    level: int
    page: int
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of a document in order.

    `head` holds the lines before and around the title, those of the title too; `tail` the lines of
    the signature, the date and a web page's navigation. The last section holds the tail's lines as
    well, as they stand under its heading. `lines` are all lines but the furniture of the pages.
    """

    head: tuple[Line, ...]
    title: str
    sections: tuple[ProseSection, ...]
    tail: tuple[Line, ...]
    lines: tuple[Line, ...] = ()


def read_prose(pages: Sequence[PageText], official: Official = NO_OFFICIAL) -> Prose:
    """Reads the sections of a document from its pages' words.

    Sections are those of the outermost numbering (一、 first of all); a table between two lines
    parts paragraphs, a page break does not. `official` headings are known in spite of damage.
    """
    heights = {page.number: page.height for page in pages}
    every = [line for page in pages for line in lines_of(page.words, page.number)]
    lines = without_furniture(every, heights)
    rows = rows_of(lines, {page.number: page.tables for page in pages})
    setting = setting_of(rows)
    marks = top_level(_starts(rows, setting), official)
    first = min(marks, default=len(rows))
    head = find_head(rows[:first])
    title = title_text([rows[i] for i in head.title])
    tail = _tail_start(rows, max(marks, default=head.prose - 1) + 1)
    sections = _sections(rows, marks, setting, tail, official)
    preamble = paragraphs_of(rows[head.prose : min(first, tail)], setting)
    if preamble:
        sections = (ProseSection(None, "", 1, preamble[0].places[0][0], preamble), *sections)
    return Prose(
        head=tuple(row.line for row in rows[: head.prose]),
        title=title,
        sections=sections,
        tail=tuple(row.line for row in rows[tail:]),
        lines=lines,
    )


def second_report(prose: Prose, pages: Sequence[PageText]) -> int | None:
    """The page on which a second report begins: the first heading stands there again after tables.

    A table of contents repeats headings too, but no table comes before the report itself.
    """
    first = next((s for s in prose.sections if s.number is not None and s.heading), None)
    if first is None:
        return None
    heading = compact(f"{first.number}、{first.heading}")
    seen = False
    for page in pages:
        # Lines are put together only where the heading's letters are on the page at all.
        there = heading[2:] in compact("".join(word.text for word in page.words))
        repeated = there and any(
            compact(line.text) == heading for line in lines_of(page.words, page.number)
        )
        if repeated and seen and page.number > first.page:
            return page.number
        seen = seen or bool(page.tables)
    return None


def with_head(prose: Prose) -> Prose:
    """The prose with the head's lines at the start of its preamble, one paragraph a line.

    So nothing printed before the first heading is lost to who reads sections and entities only.
    """
    lines = tuple(_paragraph(line) for line in prose.head)
    if not lines:
        return prose
    first = prose.sections[0] if prose.sections else None
    if first is not None and first.number is None:
        preamble = replace(first, page=prose.head[0].page, paragraphs=(*lines, *first.paragraphs))
        return replace(prose, sections=(preamble, *prose.sections[1:]))
    preamble = ProseSection(None, "", 1, prose.head[0].page, lines)
    return replace(prose, sections=(preamble, *prose.sections))


def _paragraph(line: Line) -> Paragraph:
    chars = characters(line.words)
    return Paragraph(
        "".join(char.text for char in chars),
        tuple((line.page, char.bbox) for char in chars for _ in char.text),
        tuple(char.confidence for char in chars for _ in char.text),
    )


def to_sections(prose: Prose) -> tuple[Section, ...]:
    """The sections as they stand in a result."""
    return tuple(
        Section(
            section.number,
            section.heading,
            section.level,
            section.page,
            tuple(paragraph.text for paragraph in section.paragraphs),
        )
        for section in prose.sections
    )


def _starts(rows: Sequence[Row], setting: Setting) -> list[Start]:
    """The rows that may be headings: they start a paragraph and stand in no table or contents."""
    contents = _contents_pages(rows)
    found = []
    for i, row in enumerate(rows):
        if row.columns > 2 or _CONTENTS_ENTRY.search(row.text) or row.page in contents:
            continue
        if i and not _may_head(row, rows[i - 1], setting):
            continue
        found.append(Start(i, row.text, _type_weight(row)))
    return found


def _may_head(row: Row, last: Row, setting: Setting) -> bool:
    return last.ends_sentence or starts_paragraph(row, last, setting) or ends_early(last, row)


def _type_weight(row: Row) -> float:
    """How far size, weight and length speak for a heading."""
    bold = all(word.bold for word in row.line.words)
    short = len(row.text) <= 40 and "。" not in row.text[:-1]
    return 0.3 * (bold or row.size > 1.06) + 0.4 * short - 0.3 * (row.columns > 1)


def _contents_pages(rows: Sequence[Row]) -> frozenset[int]:
    """Pages that list the contents and hold nothing else: no sentence ends on them."""
    listed = {row.page for row in rows if compact(row.text) in ("目录", "目次")}
    return frozenset(
        page for page in listed if not any(row.page == page and row.ends_sentence for row in rows)
    )


def _tail_start(rows: Sequence[Row], last_heading: int) -> int:
    return last_heading + split_tail(rows[last_heading:])


def _sections(
    rows: Sequence[Row],
    marks: Mapping[int, Mark],
    setting: Setting,
    tail: int,
    official: Official,
) -> tuple[ProseSection, ...]:
    bounds = [*marks, len(rows)]
    found = []
    for (start, mark), end in zip(marks.items(), bounds[1:], strict=True):
        heading, body = _heading(rows, start, mark, min(end, tail), setting, official)
        closing = tuple(joined([row]) for row in rows[tail:end])
        found.append(
            ProseSection(mark.number or None, heading, 1, rows[start].page, (*body, *closing))
        )
    return tuple(found)


def _heading(
    rows: Sequence[Row], start: int, mark: Mark, end: int, setting: Setting, official: Official
) -> tuple[str, tuple[Paragraph, ...]]:
    """The heading's text, and the paragraphs below it, prose that is run into it first."""
    after = _heading_end(rows, start, end, setting)
    whole = joined(rows[start:after])
    text = whole.text
    skip = mark_of(text)
    lost = 0 if mark.style == "hash" else min(mark.end, len(text))
    begin = skip.end if skip is not None else lost
    cut = _cut(rows[start:after], text, begin, official)
    if cut is None:
        return text[begin:].strip(), paragraphs_of(rows[after:end], setting)
    rest = cut + (1 if _STOP.match(text, cut) else 0)
    heading = text[begin:cut].strip()
    if rest >= len(text):
        return heading, paragraphs_of(rows[after:end], setting)
    return heading, _run_in(whole, rest, rows[start:end], after - start, setting)


def _run_in(
    whole: Paragraph, rest: int, rows: Sequence[Row], after: int, setting: Setting
) -> tuple[Paragraph, ...]:
    """The prose behind a heading on its own line, with the lines that continue it."""
    run = Paragraph(whole.text[rest:], whole.places[rest:], whole.confidences[rest:])
    below = paragraphs_of(rows[after:], setting)
    if not below or starts_paragraph(rows[after], rows[after - 1], setting):
        return (run, *below)
    return (_glued(run, below[0]), *below[1:])


def _glued(first: Paragraph, second: Paragraph) -> Paragraph:
    return Paragraph(
        first.text + second.text,
        first.places + second.places,
        first.confidences + second.confidences,
    )


def _heading_end(rows: Sequence[Row], start: int, end: int, setting: Setting) -> int:
    """One past the last row of a heading: a long one goes on where its line was full."""
    after = start + 1
    length = len(rows[start].text)
    while after < end and not starts_paragraph(rows[after], rows[after - 1], setting):
        row = rows[after]
        length += len(row.text)
        if length > MAX_HEADING or _STOP.search(rows[after - 1].text) or _STOP.search(row.text):
            break
        if mark_of(row.text) is not None or rows[after - 1].room > 3 or row.room < 3:
            break
        after += 1
    return after


def _cut(rows: Sequence[Row], text: str, begin: int, official: Official) -> int | None:
    """Where prose that is run into the heading starts, None where all is heading."""
    if stop := _STOP.search(text, begin):
        return stop.start()
    length = official_length(text[begin:], official)
    if length is None or begin + length >= len(text):
        return None
    rest = text[begin + length :]
    runs_in = rest.startswith("无") or rest[0].isdigit() or "，" in rest or rows[-1].columns > 1
    return begin + length if runs_in else None
