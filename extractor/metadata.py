"""The report's own data: title, agency, year, numbers, dates, period, and where to ask.

What a report prints where is data of its template (labels and patterns, see `lookups`). What these
do not tell a finder does that the template names (see `finders`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.document import Evidence, Field, State
from extractor.finders import FINDERS
from extractor.lookups import labelled, matched, report_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.document import Entity, FieldOrigin, Table
    from extractor.layout import Prose
    from extractor.lookups import Find, Report
    from extractor.report import MetadataPattern, Template


def metadata_fields(
    template: Template,
    prose: Prose,
    tables: Sequence[Table],
    sources: Mapping[int, FieldOrigin] | None = None,
    entities: Sequence[Entity] = (),
) -> tuple[Field, ...]:
    """Every `report.*` field of the template, printed or missing.

    `sources` tells how each page was read; `entities` are those of the prose. Confidence and review
    are left to `confidence`.
    """
    report = report_text(prose, tables, template, entities)
    return tuple(
        _field(name, pattern, _find(pattern, template, report), sources or {})
        for name, pattern in template.metadata.items()
    )


def _find(pattern: MetadataPattern, template: Template, report: Report) -> Find | None:
    if pattern.finder is not None:
        found = FINDERS[pattern.finder](pattern, template, report)
        if found is not None:
            return found
    return (
        labelled(pattern.labels, pattern, template, report)
        or matched(pattern, report)
        or labelled(pattern.weak_labels, pattern, template, report)
    )


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
