"""Where a report prints something: its text cut into passages, searched by labels and patterns."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.normalize import (
    cell_state,
    compact,
    find_document_number,
    parse_date,
    parse_year,
    unspaced,
)
from extractor.passages import Passage, Span, joined, of_cell, of_line, of_paragraph

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from extractor.document import Entity, Kind, Table, Value
    from extractor.layout import Prose
    from extractor.report import MetadataPattern, Template

# How strongly a find speaks for its field: the evidence `label`.
LABELLED = 1.0  # beside its printed label
PLACED = 0.99  # by its place: title, signature
MATCHED = 0.98  # by a pattern in running text
INFERRED = 0.9  # from other data of the report

MIN_LABEL_LIKENESS = 74.0  # per cent: one wrong character in a label of four
_TO = re.compile(r"\s*起?\s*(?:至|到|-|－|—|–|~|～)+\s*")
_NEXT_LABEL = re.compile(r"[一-鿿]{2,8}:")


@dataclass(frozen=True, slots=True)
class Find:
    """A value, the place it was read from (None where it follows from others), its strength."""

    value: Value
    span: Span | None
    strength: float
    text: str = ""  # as printed, where it is more than the span


@dataclass(frozen=True, slots=True)
class Report:
    """The text of a document, cut into passages."""

    title: str
    head: tuple[Passage, ...]
    cells: tuple[tuple[Passage, Passage | None], ...]  # a cell and the one to its right
    body: tuple[Passage, ...]
    tail: tuple[Passage, ...]
    entities: tuple[Entity, ...] = ()
    periods: tuple[tuple[Entity, Entity], ...] = ()  # first and last day, printed as A至B

    @property
    def organs(self) -> list[str]:
        """Every mention of an organ in the prose."""
        return [unspaced(e.text) for e in self.entities if e.label == "AGENCY"]

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Head, cells, prose and tail."""
        return self.head + tuple(cell for cell, _ in self.cells) + self.body + self.tail


def report_text(
    prose: Prose, tables: Sequence[Table], template: Template, entities: Sequence[Entity] = ()
) -> Report:
    """The passages of a document; of its tables those of the template's labels and values."""
    labels = frozenset(compact(x) for pattern in template.metadata.values() for x in pattern.labels)
    paragraphs = [p for section in prose.sections for p in section.paragraphs if p.text.strip()]
    return Report(
        compact(prose.title),
        tuple(of_line(line, "head") for line in prose.head),
        tuple(pair for table in tables if _is_form(table, labels) for pair in _neighbours(table)),
        tuple(of_paragraph(paragraph) for paragraph in paragraphs),
        tuple(of_line(line, "tail") for line in prose.tail),
        tuple(entities),
        tuple(_periods(prose, entities)),
    )


def _periods(prose: Prose, entities: Sequence[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Days of one year that the prose joins: 2021年1月1日起至12月31日."""
    days = [e for e in entities if e.label == "DATE" and len(str(e.normalized.value)) == 10]
    texts = ["\n".join(p.text for p in section.paragraphs) for section in prose.sections]
    for first, last in itertools.pairwise(days):
        one, other = str(first.normalized.value), str(last.normalized.value)
        joined = any(
            text[first.start : first.end] == first.text
            and text[last.start : last.end] == last.text
            and _TO.fullmatch(text, first.end, last.start)
            for text in texts
        )
        if first.section == last.section and joined and one[:4] == other[:4] and one < other:
            yield first, last


def _is_form(table: Table, labels: Container[str]) -> bool:
    """Whether a table pairs labels with values: few columns, and a label alone or with a colon."""
    starts = (compact(cell.text).partition(":")[0].strip("[]【】()") for cell in table.cells)
    return table.columns <= 8 and any(start in labels for start in starts)


def _neighbours(table: Table) -> Iterator[tuple[Passage, Passage | None]]:
    by_place = {(cell.row, cell.column): cell for cell in table.cells}
    for cell in table.cells:
        right = by_place.get((cell.row, cell.column + cell.column_span))
        if cell.text.strip():
            has_text = right is not None and right.text.strip()
            yield of_cell(cell), of_cell(right) if right is not None and has_text else None


def labelled(
    labels: Sequence[str], pattern: MetadataPattern, template: Template, report: Report
) -> Find | None:
    """The value beside one of the labels, in the head, a table of labels, or the tail.

    A label without a value is found too: the field is printed blank.
    """
    blank: Find | None = None
    for label in dict.fromkeys(compact(label) for label in labels):
        for span in _beside(label, template.printed_labels, report):
            value = _value(pattern, _worded(span))
            if value is not None and cell_state(span.text) == "printed":
                return Find(value, span, LABELLED)
            if cell_state(span.text) != "printed":
                blank = blank or Find(None, _widened(span), LABELLED)
    return blank


def _worded(span: Span) -> str:
    """The folded text with a space before each word: it parts a day from a clock time."""
    text, starts = span.passage.text, span.passage.word_starts
    return "".join(" " * (i in starts) + text[i] for i in range(span.start, span.end))


def _widened(span: Span) -> Span:
    """A blank value has no place: that of its label's last character stands for it."""
    return Span(span.passage, max(0, span.start - 1), max(1, span.end))


def _beside(label: str, stops: Sequence[str], report: Report) -> Iterator[Span]:
    for passage in (*report.head, *(cell for cell, _ in report.cells), *report.tail):
        for start in _label_ends(label, passage):
            yield _until_next_label(passage, start, stops)
    for cell, right in report.cells:
        if right is not None and cell.text.rstrip(":") == label:
            yield Span(right, 0, len(right.text))


def _label_ends(label: str, passage: Passage) -> Iterator[int]:
    """Where the value starts behind each occurrence of the label with its colon."""
    text = passage.text
    exact = [found.end() for found in re.finditer(re.escape(label) + r"[\])】]?:", text)
             if not re.match(r"[一-鿿]", text[found.start() - 1 : found.start()] or "")
             or found.start() in passage.word_starts
             or any(text[: found.start()].endswith(stop) for stop in ("】", "]"))]  # fmt: skip
    if exact or len(label) < 3:
        yield from exact
        return
    from rapidfuzz import fuzz

    for start in {0, *passage.word_starts}:
        found = re.match(r"[^:]{2,10}:", text[start:])
        if found and fuzz.ratio(found.group()[:-1], label) >= MIN_LABEL_LIKENESS:
            yield start + found.end()


def _until_next_label(passage: Passage, start: int, stops: Sequence[str]) -> Span:
    text = passage.text
    ends = [
        found.start()
        for stop in stops
        if (found := re.search(rf"[\[【(]?{re.escape(compact(stop))}[\])】]?:", text[start:]))
    ]
    ends = [start + end for end in ends]
    ends += [at for at in passage.word_starts if at > start and _NEXT_LABEL.match(text, at)]
    return Span(passage, start, min([len(text), *ends])).trimmed("[]【】|,;、")


def matched(pattern: MetadataPattern, report: Report) -> Find | None:
    """The first match of the template's patterns, tried in order over head, prose and tail."""
    passages = [p for p in report.passages if p.zone != "prose" or pattern.in_prose]
    if len(report.head) > 1:
        passages.append(joined(report.head))
    for regex in pattern.patterns:
        compiled = re.compile(regex)
        for passage in passages:
            # Patterns may be written for the full-width marks of the paper or for the folded ones.
            for text in dict.fromkeys((passage.text, passage.printed)):
                for found in compiled.finditer(text):
                    year = parse_year(found.group()) if pattern.kind == "date" else None
                    value = _value(pattern, found.group("value"), year)
                    if value is not None:
                        span = Span(passage, *found.span("value"))
                        return Find(value, _narrowed(span, value), MATCHED)
    return None


def _value(pattern: MetadataPattern, text: str, year: int | None = None) -> Value:
    """The canonical value of a printed text, None where it is none that the pattern takes."""
    if pattern.rejects is not None and re.search(pattern.rejects, compact(text)):
        return None
    return value_of(pattern.kind, text, year)


def value_of(kind: Kind, text: str, year: int | None = None) -> Value:
    """The canonical value of a text of the prose, None where it is none of that kind."""
    if kind == "date":
        return parse_date(text, year)
    if kind == "year":
        return parse_year(text)
    if kind == "document_number":
        return find_document_number(text)
    text = compact(text)
    if kind in _SHAPES:
        found = _SHAPES[kind].search(text)
        return found.group() if found else None
    return text or None


def _narrowed(span: Span, value: Value) -> Span:
    """The span of the value alone, where the pattern took marks around it too."""
    at = span.text.find(value) if isinstance(value, str) else -1
    return (
        span if at < 0 else Span(span.passage, span.start + at, span.start + at + len(str(value)))
    )


_SHAPES: Mapping[Kind, re.Pattern[str]] = {
    "url": re.compile(r"(?:https?://|www\.)[!-;=?-~]+"),
    "email": re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII),
    "postcode": re.compile(r"(?<!\d)\d{6}(?!\d)"),
    "phone": re.compile(
        r"(?<!\d)(?:(?:[(]0\d{2,3}[)]|0\d{2,3})-?)?[1-9]\d{6,7}(?:-\d{1,5})?(?!\d)|(?<!\d)1\d{10}(?!\d)"
    ),
}
