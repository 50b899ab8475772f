"""Results as files for other programs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.document import Document
from extractor.export import BATCH_FILES, EXPORTERS
from extractor.export.plain import guarded, write_csv
from extractor.export.rows import FIELD_COLUMNS, SHEETS, report_row
from extractor.export.workbook import Sheet, write_xlsx
from tests.example_documents import example_document, example_field

NASTY = example_field(
    "report.agency", "发布机关", '=HYPERLINK("http://x")\x07\ud800', kind="agency"
)


def exported(name: str, documents: list[Document]) -> bytes:
    stream = io.BytesIO()
    EXPORTERS[name](documents, stream)
    return stream.getvalue()


def csv_rows(documents: list[Document], sheet: str) -> list[list[str]]:
    stream = io.BytesIO()
    write_csv(documents, stream, sheet)
    return list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", EXPORTERS)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_exporter_takes_any_number_of_documents(name: str, count: int) -> None:
    """None, one and several; the stream stays open for its owner."""
    stream = io.BytesIO()
    EXPORTERS[name]([example_document(f"{n}.pdf") for n in range(count)], stream)
    assert not stream.closed
    assert stream.getvalue() or (name == "json" and count == 0)


@pytest.mark.parametrize("name", [name for name in EXPORTERS if name != "json"])
def test_no_exporter_stumbles_over_odd_text(name: str) -> None:
    """Control characters, half a surrogate pair, a formula, and a document without anything."""
    empty = replace(
        example_document(fields=()), tables=(), sections=(), entities=(), checks=(), warnings=()
    )
    assert exported(name, [example_document(fields=(NASTY,)), empty])


def test_json_lines_are_results() -> None:
    """Each line is the whole document."""
    documents = [example_document("a.pdf"), example_document("b.pdf")]
    lines = exported("json", documents).splitlines()
    assert [Document.from_json(line) for line in lines] == documents


def test_csv_opens_in_excel() -> None:
    """A byte order mark, CRLF, and Chinese as it is."""
    data = exported("csv", [example_document()])
    assert data.startswith(b"\xef\xbb\xbffile,")
    assert data.count(b"\r\n") == len(example_document().fields) + 1
    assert "临江" in data.decode("utf-8-sig")


def test_a_row_a_field() -> None:
    """Values, places and doubts of the long form."""
    rows = csv_rows([example_document()], "fields")
    total = dict(zip(rows[0], rows[5], strict=True))
    assert tuple(rows[0]) == FIELD_COLUMNS
    assert total["id"] == "applications.new_received.total"
    assert (total["value"], total["confidence"], total["page"]) == ("18", "0.61", "1")
    assert (total["x0"], total["y1"]) == ("10.0", "32.5")
    assert total["alternatives"] == "16 (0.3900)"
    assert total["checks"] == "applications.sum.new_received"


def test_a_row_a_report() -> None:
    """A column a field; a field that a report does not have stays empty."""
    other = example_document(
        "b.pdf", (example_field("report.year", "报告年度", 2021, kind="year"),)
    )
    rows = csv_rows([example_document("a.pdf"), other], "reports")
    first, second = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (first["file"], first["report.year"], first["needs_review"]) == ("a.pdf", "2022", "1")
    assert first["broken_relations"] == "1"
    assert (second["report.year"], second["disclosure.fees.amount"]) == ("2021", "")
    assert report_row(other, ())[0] == "b.pdf"


def test_rows_of_tables_and_checks() -> None:
    """A cell with its span, a relation with its outcome; a formula in a cell is quoted."""
    cells = csv_rows([example_document()], "tables")
    assert [row[cells[0].index("text")] for row in cells[1:]] == ["项目", "'=1+1", ""]
    checks = csv_rows([example_document()], "checks")
    assert [row[:4] for row in checks[1:]] == [
        ["临江.pdf", "applications.sum.new_received", "false", "error"],
        ["临江.pdf", "held", "true", "warning"],
    ]


def test_a_row_an_entity() -> None:
    """Value, unit and subject of a count, with its place in text and on paper."""
    rows = csv_rows([example_document()], "entities")
    count = dict(zip(rows[0], rows[1], strict=True))
    assert (count["label"], count["value"], count["unit"]) == ("COUNT", "102", "条")
    assert (count["subject"], count["start"], count["page"]) == ("信息", "2", "1")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+86 10", "'+86 10"), ("-", "'-"), ("@x", "'@x"), ("\t=1", "'\t=1"),
        ("-3.5", "-3.5"), ("+7", "+7"), (-3, -3), ("—", "—"), ("16", "16"), (None, None),
        (True, "true"), ("", ""), ("-1-1", "'-1-1"), ("-٣", "'-٣"),
    ],
)  # fmt: skip
def test_nothing_is_taken_for_a_formula(value: str | float | None, cell: object) -> None:
    """Numbers stay numbers; text that would be run is quoted."""
    assert guarded(value) == cell


@given(st.text())
def test_a_guarded_text_is_itself_or_quoted(text: str) -> None:
    """Nothing is lost, and what is left unquoted is no formula."""
    cell = guarded(text)
    assert cell in (text, f"'{text}")
    if cell == text and text[:1] in {"=", "+", "-", "@"}:
        float(text)


def test_a_workbook_has_its_sheets() -> None:
    """Numbers are numbers, a formula is a text, empty is empty."""
    fields = (*example_document().fields, NASTY)
    data = exported("xlsx", [example_document(fields=fields), example_document("b.pdf")])
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == list(SHEETS)
    rows = list(book["fields"].iter_rows(values_only=True))
    assert rows[0] == FIELD_COLUMNS
    assert rows[5][FIELD_COLUMNS.index("value")] == 18
    assert str(rows[8][FIELD_COLUMNS.index("value")]).startswith("=HYPERLINK")
    assert book["fields"].cell(9, FIELD_COLUMNS.index("value") + 1).data_type == "s"
    assert book["reports"].max_row == 3
    book.close()


def test_a_full_sheet_goes_on_in_another() -> None:
    """Under the same header; nothing is dropped."""
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    with Workbook(stream) as book:
        sheet = Sheet(book, "fields", limit=3)
        for n in range(6):
            sheet.append(("n",) if n == 0 else (n,))
    written = openpyxl.load_workbook(stream)
    values = {s.title: [row[0] for row in s.iter_rows(values_only=True)] for s in written}
    assert values == {"fields": ["n", 1, 2], "fields 2": ["n", 3, 4], "fields 3": ["n", 5]}
    written.close()


def test_the_files_of_a_batch_cover_all_sheets() -> None:
    """CSV and Parquet have one a sheet, Excel one with all."""
    assert set(BATCH_FILES) == set(EXPORTERS) - {"json"}
    assert set(BATCH_FILES["csv"]) == {f"{sheet}.csv" for sheet in SHEETS}
    assert set(BATCH_FILES["parquet"]) == {f"{sheet}.parquet" for sheet in SHEETS}
    assert BATCH_FILES["xlsx"] == {"reports.xlsx": write_xlsx}
