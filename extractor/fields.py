"""Fields of a report's tables: what a template asks for, with value, place and evidence.

A value is what the paper says. It is never changed by arithmetic, and what is not found is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.document import Alternative, Evidence, Field
from extractor.matching import Placement, place, printed_ways
from extractor.normalize import (
    cell_state,
    label_unit,
    needs_repair,
    parse_count,
    parse_money,
    printed_unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.document import Cell, FieldOrigin, Kind, Table, Value
    from extractor.template import Column, Row, Template

_REPAIRED = 0.6  # factor on the reading where letters were taken for digits
_NOT_A_NUMBER = 0.2  # reading of a cell that prints something else than the number it should


def fill_fields(
    template: Template, tables: Sequence[Table], sources: Mapping[int, FieldOrigin]
) -> tuple[Field, ...]:
    """One field for every row × column of the template, in its order; `sources` is by page number.

    Of rows that are printed in one of several ways only the printed way is there. Confidence is 0
    and review "needs_review" until checks and `confidence` have seen the fields.
    """
    placed = place(template, tables)
    left_out = printed_ways(template, placed)
    return tuple(
        _field(field_id, row, column, placed.get(field_id), sources)
        for field_id, form, row, column in template.cells()
        if f"{form.id}.{row.id}" not in left_out
    )


def _field(
    field_id: str,
    row: Row,
    column: Column,
    found: Placement | None,
    sources: Mapping[int, FieldOrigin],
) -> Field:
    label = " / ".join((*row.path, column.path[-1]))
    if found is None:
        return _missing(field_id, label, column)
    cell, source = found.cell, sources.get(found.cell.page, "ocr")
    state = cell_state(cell.text)
    value, unit = read_value(cell.text, column.kind, column_unit(column), ocr=source == "ocr")
    return Field(
        id=field_id,
        label=label,
        kind=column.kind,
        value=value if state == "printed" else None,
        state=state,
        text=cell.text,
        unit=unit,
        confidence=0.0,
        alternatives=_alternatives(cell, column),
        page=cell.page,
        bbox=cell.bbox,
        source=source,
        checks=(),
        review="needs_review",
        evidence=Evidence(
            reading=_reading(cell, column, value, source),
            structure=cell.structure,
            second_reader=cell.ink.agreed if cell.ink is not None else None,
            hidden=cell.hidden if source == "ocr" else None,
            row=found.row,
            column=found.column,
            ink=cell.ink,
        ),
    )


def _missing(field_id: str, label: str, column: Column) -> Field:
    return Field(
        id=field_id,
        label=label,
        kind=column.kind,
        value=None,
        state="missing",
        text="",
        unit=None,
        confidence=0.0,
        alternatives=(),
        page=None,
        bbox=None,
        source=None,
        checks=(),
        review="needs_review",
    )


def column_unit(column: Column) -> str | None:
    """The unit of a column's values where the cell prints none."""
    return column.unit or next(
        (unit for label in column.path if (unit := label_unit(label)) is not None), None
    )


def read_value(text: str, kind: Kind, unit: str | None, *, ocr: bool) -> tuple[Value, str | None]:
    """The value that a cell prints, and its unit; None where the text is not of that kind.

    Letters that OCR confuses with digits are only repaired where the source is OCR.
    """
    if kind == "text":
        return text.strip() or None, unit
    if kind == "money":
        return parse_money(text, unit, repair=ocr) or (None, unit)
    return parse_count(text, repair=ocr), printed_unit(text) or unit


def _reading(cell: Cell, column: Column, value: Value, source: FieldOrigin) -> float | None:
    """How sure the text is: None for a text layer that reads as the kind asked for."""
    own = None if source == "text_layer" else cell.confidence
    if column.kind == "text" or cell_state(cell.text) != "printed":
        return own
    if value is None:
        return min(_NOT_A_NUMBER, 1.0 if own is None else own)
    return own * _REPAIRED if own is not None and needs_repair(cell.text) else own


def _alternatives(cell: Cell, column: Column) -> tuple[Alternative, ...]:
    """Other readings of the cell: values of the column's kind, blank, or "/"."""
    found = []
    for other in cell.alternatives:
        value, text = other.value, other.text
        if isinstance(value, str):
            text = value
            printed = cell_state(text) == "printed"
            value = read_value(text, column.kind, None, ocr=True)[0] if printed else None
            if printed and value is None:
                continue
        plain = text is None or text == str(value)
        found.append(Alternative(value, other.confidence, None if plain else text))
    return tuple(found)
