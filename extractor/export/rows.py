"""Results as rows, each a tuple made by a pure function.

fields (long): one row a field; reports (wide): one row a report, a column a field; tables: one row
a cell; checks: one row a relation; entities: one row an entity of the prose. Every row starts with
the document's file name.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from extractor.document import Document
    from extractor.geometry import Box

    Scalar = str | int | float | bool | None
    Row = tuple[Scalar, ...]
    # Documents are gone through more than once: a sequence, or files that are read anew.
    Documents = Iterable[Document]

PLACE = ("page", "x0", "y0", "x1", "y1")
FIELD_COLUMNS = (
    "file", "template", "id", "label", "kind", "value", "unit", "state", "text", "confidence",
    "review", *PLACE, "source", "alternatives", "checks", "sha256", "right_cell", "right_state",
    "right_reading", "look", "drawn",
)  # fmt: skip
CHECK_COLUMNS = (
    "file", "id", "passed", "severity", "expression", "message", "fields", "sha256", "misread",
    "suspects",
)  # fmt: skip
CELL_COLUMNS = (
    "file", "table", "title", "row", "column", "row_span", "column_span", "text", "confidence",
    *PLACE, "sha256",
)  # fmt: skip
ENTITY_COLUMNS = (
    "file", "section", "label", "text", "value", "unit", "approximate", "subject", "confidence",
    "start", "end", *PLACE, "sha256",
)  # fmt: skip
REPORT_COLUMNS = (
    "file",
    "sha256",
    "template",
    "pages",
    "needs_review",
    "broken_relations",
    "warnings",
)


def field_rows(document: Document) -> Iterator[Row]:
    """One row a field, in FIELD_COLUMNS; `look` is its place among the fewest looks."""
    source, plan = document.document, document.review
    looks = {name: i for i, name in enumerate(plan.looks, 1)} if plan is not None else {}
    drawn = frozenset(plan.drawn) if plan is not None else frozenset[str]()
    for item in document.fields:
        others = "; ".join(f"{other} ({other.confidence:.4f})" for other in item.alternatives)
        yield (
            source.filename, source.template, item.id, item.label, item.kind, item.value, item.unit,
            item.state, item.text, item.confidence, item.review, item.page, *_corners(item.bbox),
            item.source, others, "; ".join(item.checks), source.sha256, item.certainty.place,
            item.certainty.state, item.certainty.reading, looks.get(item.id), item.id in drawn,
        )  # fmt: skip


def check_rows(document: Document) -> Iterator[Row]:
    """One row a relation that was tried, in CHECK_COLUMNS."""
    source = document.document
    for check in document.checks:
        yield (
            source.filename, check.id, check.passed, check.severity, check.expression,
            check.message, "; ".join(check.fields), source.sha256, check.misread,
            "; ".join(f"{one.field} ({one.probability:.4f})" for one in check.suspects),
        )  # fmt: skip


def cell_rows(document: Document) -> Iterator[Row]:
    """One row a cell of every table, in CELL_COLUMNS."""
    source = document.document
    for table in document.tables:
        for cell in table.cells:
            yield (
                source.filename, table.id, table.title, cell.row, cell.column, cell.row_span,
                cell.column_span, cell.text, cell.confidence, cell.page, *_corners(cell.bbox),
                source.sha256,
            )  # fmt: skip


def entity_rows(document: Document) -> Iterator[Row]:
    """One row an entity of the prose, in ENTITY_COLUMNS."""
    source = document.document
    for item in document.entities:
        normal = item.normalized
        yield (
            source.filename, item.section, item.label, item.text, normal.value, normal.unit,
            normal.approximate, item.subject, item.confidence, item.start, item.end, item.page,
            *_corners(item.bbox), source.sha256,
        )  # fmt: skip


def report_row(document: Document, field_ids: Iterable[str]) -> Row:
    """The one row of a report: REPORT_COLUMNS, then the value of each field of `field_ids`."""
    source = document.document
    values = {item.id: item.value for item in document.fields}
    doubtful = sum(item.review == "needs_review" for item in document.fields)
    broken = sum(not check.passed for check in document.checks)
    return (
        source.filename, source.sha256, source.template, source.page_count, doubtful, broken,
        len(document.warnings), *(values.get(field_id) for field_id in field_ids),
    )  # fmt: skip


def field_ids(documents: Documents) -> tuple[str, ...]:
    """The ids of all fields, in the order in which they are first met."""
    return tuple(dict.fromkeys(item.id for document in documents for item in document.fields))


def _corners(box: Box | None) -> tuple[float | None, ...]:
    return (None, None, None, None) if box is None else tuple(box)


def _field_sheet(documents: Documents) -> Iterator[Row]:
    return chain([FIELD_COLUMNS], chain.from_iterable(map(field_rows, documents)))


def _check_sheet(documents: Documents) -> Iterator[Row]:
    return chain([CHECK_COLUMNS], chain.from_iterable(map(check_rows, documents)))


def _cell_sheet(documents: Documents) -> Iterator[Row]:
    return chain([CELL_COLUMNS], chain.from_iterable(map(cell_rows, documents)))


def _entity_sheet(documents: Documents) -> Iterator[Row]:
    return chain([ENTITY_COLUMNS], chain.from_iterable(map(entity_rows, documents)))


def _report_sheet(documents: Documents) -> Iterator[Row]:
    ids = field_ids(documents)
    return chain([REPORT_COLUMNS + ids], (report_row(document, ids) for document in documents))


SHEETS: dict[str, Callable[[Documents], Iterator[Row]]] = {
    "fields": _field_sheet,
    "reports": _report_sheet,
    "tables": _cell_sheet,
    "checks": _check_sheet,
    "entities": _entity_sheet,
}
