"""Parquet files: typed columns, NULL for what is unknown, and flat memory."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from extractor.document import Normalized, Value
from extractor.export import BATCH_FILES, parquet
from extractor.export.parquet import columns_of, field_types, write_parquet
from extractor.export.rows import FIELD_COLUMNS, SHEETS
from tests.example_documents import example_document, example_field

if TYPE_CHECKING:
    from extractor.document import Document

KINDS = {"int64": int, "double": float, "string": str, "bool": bool}


def table_of(sheet: str, *documents: Document) -> pq.Table:
    stream = io.BytesIO()
    write_parquet(documents, stream, sheet)
    return pq.read_table(io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize("sheet", SHEETS)
def test_rows_are_those_of_the_sheet(sheet: str) -> None:
    """Each value as its column's type says, in the order of CSV and Excel."""
    documents = (example_document("a.pdf"), example_document("b.pdf"))
    table = table_of(sheet, *documents)
    header, *rows = SHEETS[sheet](documents)
    found = [name for name in table.column_names if name != "number"]
    assert found == list(header)
    assert table.num_rows == len(rows) > 0
    for name, column in zip(header, zip(*rows, strict=True), strict=True):
        kind = KINDS[str(table.schema.field(name).type)]
        expected = [None if value is None else kind(value) for value in column]
        assert table.column(name).to_pylist() == expected


def test_values_are_text_and_numbers() -> None:
    """What is no number is NULL there, so that sums are right."""
    table = table_of("fields", example_document())
    values = dict(zip(table["id"].to_pylist(), table["value"].to_pylist(), strict=True))
    numbers = dict(zip(table["id"].to_pylist(), table["number"].to_pylist(), strict=True))
    assert values["applications.new_received.total"] == "18"
    assert numbers["applications.new_received.total"] == 18.0
    assert (values["disclosure.fees.amount"], numbers["disclosure.fees.amount"]) == ("3.5", 3.5)
    assert numbers["report.title"] is None
    assert values["report.phone"] is numbers["report.phone"] is None
    assert table.column_names.index("number") == table.column_names.index("value") + 1


def test_fields_of_reports_have_the_types_of_their_kinds() -> None:
    """Counts and years are integers, amounts doubles, all others text; also where all are NULL."""
    schema = table_of("reports", example_document()).schema
    types = {name: str(schema.field(name).type) for name in schema.names[7:]}
    assert types == {
        "report.title": "string",
        "report.year": "int64",
        "report.phone": "string",
        "applications.new_received.natural_person": "int64",
        "applications.new_received.total": "int64",
        "applications.carried_over.total": "int64",
        "disclosure.fees.amount": "double",
    }


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1, None), "int64"), ((1, 2.5), "double"), ((1, "一"), "string"), ((2**70,), "double"),
        ((None,), "int64"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_widens_its_column(values: tuple[Value, ...], kind: str) -> None:
    """Rather than to lose it."""
    documents = [
        example_document(f"{i}.pdf", (example_field("x.y", "x", value),))
        for i, value in enumerate(values)
    ]
    assert field_types(documents) == {"x.y": kind}
    column = table_of("reports", *documents)["x.y"].to_pylist()
    assert column == [v if v is None else KINDS[kind](v) for v in values]


def test_an_amount_of_the_prose_is_a_number() -> None:
    """Normalised values are of several kinds as well."""
    document = example_document()
    entity = document.entities[0]
    date = replace(entity, label="DATE", normalized=Normalized("2023-12-31"))
    table = table_of("entities", replace(document, entities=(entity, date)))
    assert table["value"].to_pylist() == ["102", "2023-12-31"]
    assert table["number"].to_pylist() == [102.0, None]
    assert table["approximate"].to_pylist() == [False, False]


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_documents_are_a_table_without_rows(sheet: str) -> None:
    """With all columns that do not depend on them."""
    table = table_of(sheet)
    assert table.num_rows == 0
    assert table.column_names[0] == "file"


def test_rows_are_written_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory holds one group, however many documents there are."""
    rows = len(example_document().fields)
    monkeypatch.setattr(parquet, "GROUP", 2 * rows * (len(FIELD_COLUMNS) + 1))
    stream = io.BytesIO()
    write_parquet([example_document(f"{n}.pdf") for n in range(5)], stream)
    file = pq.ParquetFile(io.BytesIO(stream.getvalue()))
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert groups == [2 * rows, 2 * rows, rows]


def test_every_column_is_known() -> None:
    """A new column is text unless it is listed: numbers and truths among them are found here."""
    document = example_document()
    for sheet, rows in SHEETS.items():
        if sheet == "reports":
            continue
        header, *found = rows([document])
        for column in columns_of(header, {}):
            values = [row[column.source] for row in found]
            if column.name not in ("value", "number"):
                kinds = {type(value).__name__ for value in values if value is not None}
                assert kinds <= {KINDS[column.type].__name__}, (sheet, column.name)


def test_the_files_of_a_batch_open() -> None:
    """All five, each under its name."""
    for name, export in BATCH_FILES["parquet"].items():
        stream = io.BytesIO()
        export([example_document()], stream)
        assert pq.read_table(io.BytesIO(stream.getvalue())).num_rows > 0, name
