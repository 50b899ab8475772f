"""Lines → paragraphs: indents, early ends, spacing and sentence ends tell where one starts."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.geometry import Box
from extractor.headings import mark_of, without_markup
from extractor.lines import characters, columns_of, em_of, western

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extractor.document import Char, Line

DEFAULT_EM = 12.0  # points; for a document without a line long enough to measure
INDENT_EM = (1.2, 3.2)  # the first line of a paragraph stands in by about two characters
SPACING = 1.35  # times the usual pitch of lines: more is the space between two paragraphs
SLACK_EM = 1.0  # a line may end this much before the edge without ending its paragraph
SCAN_SLACK_EM = 1.8  # the same where the page is bent or OCR cut the line's box short
SHRINK = 1.2  # times smaller type than the line before: that was a heading or title
_SENTENCE_END = re.compile(r"[。！？!?…][”’）)》】\]\"']*$")
_FIRST_TOKEN = re.compile(r"(?:[!-~]+|.)[，。、；：！？”’）》】]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text with a place (page, box) and a confidence for every character.

    The text has no spaces that only come from line breaks or from justified setting. A confidence
    is None where the text layer gave the character.
    """

    text: str
    places: tuple[tuple[int, Box], ...]
    confidences: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of text with what its place says, in characters (em) of body text.

    `indent` is the distance from the left edge of the text, `room` what is free up to the right
    one, `pitch` the distance from the line before, None where a page or table lies between.
    """

    line: Line
    chars: tuple[Char, ...]
    text: str
    indent: float
    room: float
    pitch: float | None
    after_table: bool
    size: float
    columns: int

    @property
    def page(self) -> int:
        """Number of the page it stands on."""
        return self.line.page

    @property
    def ends_sentence(self) -> bool:
        """Whether it ends with a full stop, marks that close behind it included."""
        return _SENTENCE_END.search(self.text) is not None

    @property
    def centred(self) -> bool:
        """Whether it stands in the middle between the edges of the text."""
        return self.indent > 1 and abs(self.indent - self.room) < max(2.5, 0.2 * self.indent)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a document sets its paragraphs: with first-line indents or not; its usual pitch in em."""

    indented: bool
    pitch: float


def rows_of(lines: Sequence[Line], tables: Mapping[int, Sequence[Box]]) -> tuple[Row, ...]:
    """The lines, in reading order, measured against the edges of the text on their pages.

    `tables` are the boxes of the tables of each page, by its number.
    """
    if not lines:
        return ()
    em = _body_em(lines)
    edges = _edges(lines, em)
    rows: list[Row] = []
    for i, line in enumerate(lines):
        last = lines[i - 1] if i else None
        between = last is not None and _table_between(last, line, tables)
        left, right = edges[line.page]
        chars = characters(line.words)
        rows.append(
            Row(
                line=line,
                chars=chars,
                text="".join(char.text for char in chars),
                indent=(line.bbox.x0 - left) / em,
                room=(right - line.bbox.x1) / em,
                pitch=None if between else _pitch(last, line, em),
                after_table=between,
                size=em_of(line) / em,
                columns=columns_of(line),
            )
        )
    return tuple(rows)


def setting_of(rows: Sequence[Row]) -> Setting:
    """How the document sets its paragraphs, as most of its rows show."""
    running = [row for row in rows if row.columns == 1]
    inner = sum(_is_indent(row.indent) for row in running)
    flush = sum(abs(row.indent) < 0.7 for row in running)
    pitches = [row.pitch for row in running if row.pitch is not None and 0.8 < row.pitch < 4]
    return Setting(
        indented=inner >= 2 and flush >= 2 and inner >= 0.06 * len(running),
        pitch=statistics.median_low(pitches) if pitches else 1.6,
    )


def starts_paragraph(row: Row, last: Row, setting: Setting) -> bool:
    """Whether a paragraph starts with `row`, when `last` is the row before it."""
    if row.after_table or last.size > SHRINK * row.size:
        return True
    usual = setting.pitch * max(1.0, min(row.size, last.size))
    if row.pitch is not None and row.pitch > SPACING * usual:
        return True
    if setting.indented and _is_indent(row.indent):
        return True
    if ends_early(last, row):
        return not setting.indented or last.ends_sentence or last.room > 4
    return not setting.indented and last.ends_sentence and mark_of(row.text) is not None


def ends_early(last: Row, row: Row) -> bool:
    """Whether the first token of `row` would have found room on the line before."""
    found = _FIRST_TOKEN.match(row.text)
    token = found.group() if found else ""
    slack = SLACK_EM if last.line.confidence is None else SCAN_SLACK_EM
    return last.room > slack + sum(0.55 if c.isascii() else 1.0 for c in token)


def paragraphs_of(rows: Sequence[Row], setting: Setting) -> tuple[Paragraph, ...]:
    """The rows, joined to paragraphs across lines and pages."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and not starts_paragraph(row, groups[-1][-1], setting):
            groups[-1].append(row)
        else:
            groups.append([row])
    return tuple(joined(group) for group in groups)


def joined(rows: Sequence[Row]) -> Paragraph:
    """One paragraph of all the rows."""
    placed: list[tuple[int, Char]] = []
    for row in rows:
        if placed and _word_break(placed[-1][1], row):
            placed.append((row.page, _space(row.chars[0])))
        placed.extend((row.page, char) for char in row.chars)
    return paragraph(placed)


def paragraph(placed: Iterable[tuple[int, Char]]) -> Paragraph:
    """A paragraph of characters with their pages; ** and ## of printed markup are left out."""
    kept = _unmarked(list(placed))
    # A glyph may stand for several characters (a ligature): each gets the glyph's box.
    spread = [(page, char, text) for page, char in kept for text in char.text]
    return Paragraph(
        "".join(text for _, _, text in spread),
        tuple((page, char.bbox) for page, char, _ in spread),
        tuple(char.confidence for _, char, _ in spread),
    )


def _unmarked(placed: list[tuple[int, Char]]) -> list[tuple[int, Char]]:
    text = "".join(char.text[:1] or " " for _, char in placed)
    if without_markup(text) == text:
        return placed
    dropped = {
        i for found in re.finditer(r"\*{2,3}|^#{1,6}\s*|__", text) for i in range(*found.span())
    }
    return [item for i, item in enumerate(placed) if i not in dropped]


def _word_break(last: Char, row: Row) -> bool:
    """Whether a line break parts two Western words; numbers and addresses are broken without."""
    if not row.chars or not western(last.text) or not western(row.chars[0].text):
        return False
    return last.text.isalpha() and row.chars[0].text.isalpha() and "@" not in row.text


def _space(char: Char) -> Char:
    x0, y0, _, y1 = char.bbox
    return type(char)(" ", Box(x0, y0, x0, y1), None)


def _is_indent(indent: float) -> bool:
    return INDENT_EM[0] <= indent <= INDENT_EM[1]


def _body_em(lines: Sequence[Line]) -> float:
    sizes = [em_of(line) for line in lines if len(line.text) >= 10 and columns_of(line) == 1]
    return statistics.median_low(sizes) if sizes else DEFAULT_EM


def _edges(lines: Sequence[Line], em: float) -> dict[int, tuple[float, float]]:
    """Left and right edge of the text, in points, by page; scans shift from page to page."""
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    whole_left = _left_edge(lines, em)
    whole_right = _right_edge(lines)
    edges = {}
    for page, own in by_page.items():
        left = _left_edge(own, em)
        if len(own) < 4 or 1.2 * em < left - whole_left < 3.2 * em:
            left = min([whole_left, *(line.bbox.x0 for line in own)])
        long = [line for line in own if line.bbox.width > 0.8 * (whole_right - whole_left)]
        edges[page] = (left, _right_edge(long) if len(long) >= 3 else whole_right)
    return edges


def _left_edge(lines: Sequence[Line], em: float) -> float:
    """The leftmost place where several lines start; the outermost line where none agree."""
    starts = sorted(line.bbox.x0 for line in lines)
    least = max(2, round(0.12 * len(starts)))
    for start in starts:
        if sum(abs(other - start) < 0.6 * em for other in starts) >= least:
            return statistics.median_low(s for s in starts if abs(s - start) < 0.6 * em)
    return starts[0]


def _right_edge(lines: Sequence[Line]) -> float:
    ends = sorted(line.bbox.x1 for line in lines)
    return ends[int(0.85 * (len(ends) - 1))]


def _pitch(last: Line | None, line: Line, em: float) -> float | None:
    if last is None or last.page != line.page:
        return None
    return (line.bbox.center[1] - last.bbox.center[1]) / em


def _table_between(last: Line, line: Line, tables: Mapping[int, Sequence[Box]]) -> bool:
    top, foot = last.bbox.center[1], line.bbox.center[1]
    if last.page == line.page:
        return any(top < box.center[1] < foot for box in tables.get(line.page, ()))
    return (
        any(box.center[1] > top for box in tables.get(last.page, ()))
        or any(box.center[1] < foot for box in tables.get(line.page, ()))
        or any(tables.get(page, ()) for page in range(last.page + 1, line.page))
    )
