"""Corrections to the structure of a result: shifted rows, spans of cells, sections.

An edit changes tables or sections as they stand in the result; fields follow from the tables as
they do when a document is read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic import Field as Setting

from extractor.confidence import with_confidence
from extractor.corrections import METADATA, tried_again
from extractor.errors import CorrectionError
from extractor.fields import fill_fields
from extractor.sections import Head, joined, parted, renamed
from extractor.tables.edits import Region, shifted, spanned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Document, Field, FieldOrigin, Table
    from extractor.template import Template

Place = Annotated[int, Setting(ge=0, le=10_000)]
Count = Annotated[int, Setting(ge=1, le=10_000)]
Text = Annotated[str, Setting(max_length=1000)]


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shift(_Edit):
    """Contents of a region of a table belong `by` rows further down; up if it is negative."""

    op: Literal["shift"]
    table: Text
    row: Place
    column: Place
    rows: Count
    columns: Count
    by: Annotated[int, Setting(ge=-1000, le=1000)]


class Span(_Edit):
    """The cell at a slot of a table spans so many rows and columns."""

    op: Literal["span"]
    table: Text
    row: Place
    column: Place
    rows: Count
    columns: Count


class Rename(_Edit):
    """A section has another number, heading or level."""

    op: Literal["rename"]
    section: Place
    number: Text | None
    heading: Text
    level: Annotated[int, Setting(ge=0, le=9)]


class Join(_Edit):
    """What was taken for a section goes on with the one before it."""

    op: Literal["join"]
    section: Place


class Part(_Edit):
    """A paragraph of a section is the heading of another one."""

    op: Literal["part"]
    section: Place
    paragraph: Place
    number: Text | None
    heading: Text
    level: Annotated[int, Setting(ge=0, le=9)]


Edit = Annotated[Shift | Span | Rename | Join | Part, Setting(discriminator="op")]
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


def restructured(document: Document, edits: Sequence[Edit], template: Template | None) -> Document:
    """A result after some edits, one after the other.

    Raises CorrectionError where one does not fit.
    """
    after = document
    for edit in edits:
        after = _edited(after, edit)
    if template is None:
        return after
    if after.tables != document.tables:
        after = replace(after, fields=_refilled(document, after, template))
    return tried_again(document, after, template)


def _edited(document: Document, edit: Edit) -> Document:
    match edit:
        case Shift():
            region = Region(edit.row, edit.column, edit.rows, edit.columns)
            return _with_table(document, edit.table, region, edit.by)
        case Span():
            region = Region(edit.row, edit.column, edit.rows, edit.columns)
            return _with_table(document, edit.table, region, None)
        case Rename():
            return renamed(document, edit.section, Head(edit.number, edit.heading, edit.level))
        case Join():
            return joined(document, edit.section)
        case Part():
            head = Head(edit.number, edit.heading, edit.level)
            return parted(document, edit.section, edit.paragraph, head)


def _with_table(document: Document, table_id: str, region: Region, by: int | None) -> Document:
    if table_id not in {table.id for table in document.tables}:
        raise CorrectionError(f"the report has no table {table_id}")

    def edited(table: Table) -> Table:
        return spanned(table, region) if by is None else shifted(table, region, by)

    tables = tuple(edited(t) if t.id == table_id else t for t in document.tables)
    return replace(document, tables=tables)


def _refilled(before: Document, after: Document, template: Template) -> tuple[Field, ...]:
    """The fields as the edited tables print them; those that the edits do not touch stay."""
    pages = after.document.pages
    sources: dict[int, FieldOrigin] = {
        page.number: "text_layer" if page.source == "text_layer" else "ocr" for page in pages
    }
    known = {field.id: field for field in before.fields}
    read = {field.id: field for field in fill_fields(template, before.tables, sources)}
    filled = fill_fields(template, after.tables, sources)
    judged = with_confidence(filled, pages, after.checks)
    own = tuple(field for field in before.fields if field.id.partition(".")[0] == METADATA)
    return own + tuple(
        known[new.id] if new.id in known and read.get(new.id) == raw else new
        for new, raw in zip(judged, filled, strict=True)
    )
