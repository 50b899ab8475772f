"""Finders that a template names for metadata: title, agency, year, period and date of signature.

They look where labels and patterns do not reach: at the place on the paper, and at the agencies and
dates that the tagger has found in the prose.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING

from extractor.agency import agency_in_title, full_name, is_plausible, speaking_agency
from extractor.frame import is_agency
from extractor.lookups import INFERRED, MATCHED, PLACED, Find, labelled, matched
from extractor.normalize import compact, parse_date, parse_year, unspaced
from extractor.passages import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extractor.lookups import Report
    from extractor.report import MetadataPattern, Template
    from extractor.template import Finder


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
        value = value.replace(letterhead, full_name(letterhead, report.organs), 1)
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
    spoken = speaking_agency(report.organs, report.body)
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
    value = full_name(name, report.organs)
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
    named = [
        e for e in report.entities if e.label == "DATE" and isinstance(e.normalized.value, str)
    ]
    if not named:
        return None
    most, _ = Counter(str(e.normalized.value)[:4] for e in named).most_common(1)[0]
    first = next(e for e in named if str(e.normalized.value).startswith(most))
    return Find(int(most), _place(unspaced(first.text), report), INFERRED)


def _place(printed: str, report: Report) -> Span | None:
    """Where a text of the prose first stands."""
    for passage in report.body:
        if (at := passage.printed.find(printed)) >= 0:
            return Span(passage, at, at + len(printed))
    return None


def _period(pattern: MetadataPattern, _: Template, report: Report, side: int) -> Find | None:
    """A side of the period: as the template's patterns say, else the first printed as A至B."""
    if (found := matched(pattern, report)) is not None:
        return found
    if not report.periods:
        return None
    day = report.periods[0][side]
    return Find(day.normalized.value, _place(unspaced(day.text), report), INFERRED)


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
FINDERS: Mapping[Finder, Callable[[MetadataPattern, Template, Report], Find | None]] = {
    "title": _title,
    "agency": _agency,
    "year": _year,
    "signed_on": _signed_on,
    "period_start": functools.partial(_period, side=0),
    "period_end": functools.partial(_period, side=1),
}
