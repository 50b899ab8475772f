"""Where fields are found, and what their cells say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.fields import fill_fields
from extractor.template import Template, load_templates
from tests.printed_tables import (
    applications,
    disclosure_2019,
    disclosure_2021,
    grid,
    numbers,
    review,
)

if TYPE_CHECKING:
    from extractor.document import Field, Table

BY_ID = {template.id: template for template in load_templates()}
NEW, OLD = BY_ID["gov-disclosure-annual/2021"], BY_ID["gov-disclosure-annual/2019"]
SEVEN = [
    "natural_person", "business", "research", "public_welfare", "legal_services",
    "other_organisation", "total",
]  # fmt: skip


def read(template: Template, *tables: Table) -> dict[str, Field]:
    """The fields by id, all pages from OCR."""
    return {field.id: field for field in fill_fields(template, tables, {})}


def texts(fields: dict[str, Field], prefix: str = "") -> dict[str, str]:
    """The text of the fields that were found."""
    return {k: f.text for k, f in fields.items() if k.startswith(prefix) and f.state != "missing"}


def row(fields: dict[str, Field], name: str) -> list[object]:
    """The values of a row of 三."""
    return [fields[f"applications.{name}.{column}"].value for column in SEVEN]


@pytest.mark.parametrize("three_rows", [True, False])
def test_form_of_2021(three_rows: bool) -> None:
    """All cells of the three tables are found, in the order of the contract."""
    values = numbers()
    tables = (
        grid(disclosure_2021(values)),
        grid(applications(values, three_rows=three_rows)),
        grid(review(values)),
    )
    fields = fill_fields(NEW, tables, {1: "text_layer"})
    assert [f.text for f in fields] == [str(101 + k) for k in range(len(fields))]
    assert len(fields) == (200 if three_rows else 186)
    assert all(f.evidence.row == pytest.approx(1, abs=0.001) for f in fields)
    assert all(f.evidence.column == pytest.approx(1, abs=0.001) for f in fields)
    assert all(f.evidence.reading is None for f in fields)
    assert fields[10].label == "一、本年新收政府信息公开申请数量 / 自然人"


def test_form_of_2019() -> None:
    """The older form has nine columns of its own in its first table."""
    values = numbers()
    tables = (
        grid(disclosure_2019(values)),
        grid(applications(values)),
        grid(review(values)),
    )
    fields = fill_fields(OLD, tables, {})
    assert [f.text for f in fields] == [str(101 + k) for k in range(198)]


def test_rows_of_one_way_only() -> None:
    """Of the two ways to print （六）其他处理 only the printed one is there."""
    one, three = grid(applications()), grid(applications(three_rows=True))
    for template in (NEW, OLD):
        assert "applications.other.total" in read(template, one)
        assert "applications.other.other.total" not in read(template, one)
        assert "applications.other.other.total" in read(template, three)
        assert "applications.other.total" not in read(template, three)


def test_nothing_found() -> None:
    """Without tables every field is there and missing, in the form's own way."""
    fields = read(NEW)
    assert len(fields) == 200
    assert {f.state for f in fields.values()} == {"missing"}
    assert fields["review.reconsideration.total"].bbox is None
    assert len(read(OLD)) == 198
