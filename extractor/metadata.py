"""The report's own data: title, agency, year, numbers, dates, period, and where to ask.

What a report prints where is data of its template (labels and patterns). What these do not tell a
finder does that the template names: title and signature by their place, the agency by weighing (see
`agency`), the year.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor.agency import agency_in_title, full_name, is_plausible, speaking_agency
from extractor.document import Evidence, Field, Kind, State, Value
from extractor.frame import is_agency
from extractor.normalize import cell_state, compact, find_document_number, parse_date, parse_year
from extractor.passages import Passage, Span, joined, of_cell, of_line, of_paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from extractor.document import FieldOrigin, Table
    from extractor.layout import Prose
    from extractor.report import MetadataPattern, Template
    from extractor.template import Finder

# How strongly a find speaks for its field: the evidence `label`.
LABELLED = 1.0  # beside its printed label
PLACED = 0.99  # by its place: title, signature
MATCHED = 0.98  # by a pattern in running text
INFERRED = 0.9  # from other data of the report

MIN_LABEL_LIKENESS = 74.0  # per cent: one wrong character in a label of four
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

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Head, cells, prose and tail."""
        return self.head + tuple(cell for cell, _ in self.cells) + self.body + self.tail


def metadata_fields(
    template: Template,
    prose: Prose,
    tables: Sequence[Table],
    sources: Mapping[int, FieldOrigin] | None = None,
) -> tuple[Field, ...]:
    """Every `report.*` field of the template, printed or missing.

    `sources` tells how each page was read. Confidence and review are left to `confidence`.
    """
    report = report_text(prose, tables, template)
    return tuple(
        _field(name, pattern, _find(pattern, template, report), sources or {})
        for name, pattern in template.metadata.items()
    )


def report_text(prose: Prose, tables: Sequence[Table], template: Template) -> Report:
    """The passages of a document; of its tables those of the template's labels and values."""
    labels = frozenset(compact(x) for pattern in template.metadata.values() for x in pattern.labels)
    paragraphs = [p for section in prose.sections for p in section.paragraphs if p.text.strip()]
    return Report(
        compact(prose.title),
        tuple(of_line(line, "head") for line in prose.head),
        tuple(pair for table in tables if _is_form(table, labels) for pair in _neighbours(table)),
        tuple(of_paragraph(paragraph) for paragraph in paragraphs),
        tuple(of_line(line, "tail") for line in prose.tail),
    )


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


def _find(pattern: MetadataPattern, template: Template, report: Report) -> Find | None:
    if pattern.finder is not None:
        found = _FINDERS[pattern.finder](pattern, template, report)
        if found is not None:
            return found
    return (
        labelled(pattern.labels, pattern, template, report)
        or matched(pattern, report)
        or labelled(pattern.weak_labels, pattern, template, report)
    )


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
    """The canonical value of a printed text, None where it is none of that kind."""
    kind = pattern.kind
    if pattern.rejects is not None and re.search(pattern.rejects, compact(text)):
        return None
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


def _title(_: MetadataPattern, __: Template, report: Report) -> Find | None:
    """The title by its place. A letterhead on its own line is the agency: its full name is used."""
    if not report.title:
        return None
    lines = [p for p in report.head if p.printed and compact(p.printed) in report.title]
    if not lines:
        return Find(report.title, None, PLACED, report.title)
    value = report.title
    if len(lines) > 1 and is_agency(lines[0].printed):
        letterhead = compact(lines[0].printed)
        value = value.replace(letterhead, full_name(letterhead, report.body), 1)
    return Find(value, Span(lines[0], 0, len(lines[0].text)), PLACED, report.title)


def _agency(pattern: MetadataPattern, template: Template, report: Report) -> Find | None:
    """The signature, the head's label, the title, who compiled the report, or who speaks in it."""
    for find in (
        _signature(report),
        labelled(pattern.labels, pattern, template, report),
        _agency_of_title(report),
        matched(pattern, report),
        labelled(pattern.weak_labels, pattern, template, report),
    ):
        if find is not None and isinstance(find.value, str) and is_plausible(find.value):
            return find
    spoken = speaking_agency(report.body)
    return Find(spoken.text, spoken, INFERRED) if spoken is not None else None


def _signature(report: Report) -> Find | None:
    """The organ that signs: the first line of the tail that is one, or the part before a date."""
    for passage in report.tail:
        found = _DATE_AT_END.search(passage.text)
        span = Span(passage, 0, found.start() if found else len(passage.text)).trimmed("()")
        if is_agency(span.text):
            return Find(span.text, span, PLACED)
    return None


def _agency_of_title(report: Report) -> Find | None:
    name = agency_in_title(report.title)
    if name is None:
        return None
    value = full_name(name, report.body)
    for passage in (*report.head, *report.body):
        for text in (value, name):
            if (at := passage.printed.find(text)) >= 0 and (
                text == value or passage.zone == "head"
            ):
                return Find(value, Span(passage, at, at + len(text)), MATCHED)
    return Find(value, None, INFERRED, name)


def _year(pattern: MetadataPattern, template: Template, report: Report) -> Find | None:
    """The year reported on: the title's, else the period's, else the one the prose names most."""
    for passage in report.head:
        if passage.printed and compact(passage.printed) in report.title:
            for found in _YEAR.finditer(passage.text):
                if (year := parse_year(found.group())) is not None:
                    return Find(year, Span(passage, *found.span()), PLACED)
    dated = template.metadata[pattern.year_of] if pattern.year_of is not None else None
    period = matched(dated, report) if dated is not None else None
    if period is not None and isinstance(period.value, str):
        return Find(int(period.value[:4]), period.span, MATCHED)
    named = [Span(p, *found.span("year")) for p in report.body for found in _YEAR.finditer(p.text)]
    if not named:
        return None
    most, _ = Counter(span.text for span in named).most_common(1)[0]
    return Find(parse_year(most), next(s for s in named if s.text == most), INFERRED)


def _signed_on(_: MetadataPattern, __: Template, report: Report) -> Find | None:
    """The date under the signature."""
    for passage in report.tail:
        found = _DATE_AT_END.search(passage.text)
        if found and (value := parse_date(found.group("date"))) is not None:
            before = passage.text[: found.start()].strip("(")
            if not before or is_agency(before):
                return Find(value, Span(passage, *found.span("date")), PLACED)
    return None


_DATE_AT_END = re.compile(
    r"(?P<date>(?:(?:19|20)\d\d|[一二][九〇○零O0o].{2})(?:年|[-/.]).{3,7}?日?)[)]?$"
)
_YEAR = re.compile(
    r"(?P<year>(?<!\d)20\d\d(?!\d)|二[〇○零O0o][〇○零O0o一二三四五六七八九]{2})(?:年|$)"
)
_FINDERS: Mapping[Finder, Callable[[MetadataPattern, Template, Report], Find | None]] = {
    "title": _title,
    "agency": _agency,
    "year": _year,
    "signed_on": _signed_on,
}


def _field(
    name: str, pattern: MetadataPattern, find: Find | None, sources: Mapping[int, FieldOrigin]
) -> Field:
    span = find.span if find is not None else None
    state: State = "missing" if find is None else "blank" if find.value is None else "printed"
    text = "" if find is None or state == "blank" else find.text or (span.printed if span else "")
    return Field(
        id=f"report.{name}",
        label=pattern.label,
        kind=pattern.kind,
        value=find.value if find is not None else None,
        state=state,
        text=text,
        unit=None,
        confidence=0.0,
        alternatives=(),
        page=span.page if span is not None else None,
        bbox=span.bbox.rounded() if span is not None else None,
        source=sources.get(span.page) if span is not None else None,
        checks=(),
        review="needs_review",
        evidence=_evidence(find),
    )


def _evidence(find: Find | None) -> Evidence:
    if find is None:
        return Evidence()
    return Evidence(reading=find.span.reading if find.span else None, label=find.strength)
