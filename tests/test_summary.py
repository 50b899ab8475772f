"""The result as a person reads it in a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console, RenderableType

from extractor.summary import overview, shown, summary
from tests.example_documents import example_document, example_field


def plain(renderable: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100, color_system=None).print(renderable)
    return stream.getvalue()


def test_everything_a_reader_needs_is_there() -> None:
    """Facts, metadata, values, doubts with their alternatives, broken relations, warnings."""
    text = plain(summary(example_document()))
    for part in (
        "临江.pdf", "2 (2 ocr)", "gov-disclosure-annual/2021 (99.8%)", "rapidocr",
        "临江县2022年政府信息公开工作年度报告", "本年新收", "自然人", "18?",
        "To look at (1)", "61.0%", "or 16 (39.0%)", "Broken relations (1)",
        "the columns add up to 16, printed is 18  [16 + 0 = 18]",
        "Warnings (1)", "page 2: page 2 cannot be rendered",
    ):  # fmt: skip
        assert part in text, part


def test_the_fields_of_a_table_stand_in_a_grid() -> None:
    """Rows by rows, columns by columns, holes where the form has no cell."""
    lines = [line.split() for line in plain(summary(example_document())).splitlines()]
    assert ["自然人", "总计"] in lines
    assert ["本年新收", "16", "18?"] in lines
    assert ["上年结转", "/"] in lines


def test_the_groups_of_rows_are_said_once() -> None:
    """A row under two headings stands below them, indented."""
    fields = tuple(
        example_field(f"a.{row}.{column}", f"三、办理结果 / （三）不予公开 / {row} / {column}", 7)
        for row in ("秘密", "隐私")
        for column in ("甲", "乙")
    )
    lines = plain(summary(example_document(fields=fields))).splitlines()
    shown = [line.strip() for line in lines if "办理" in line or "不予" in line or " 7 " in line]
    assert [" ".join(line.split()) for line in shown] == [
        "三、办理结果", "（三）不予公开", "秘密 7 7", "隐私 7 7",
    ]  # fmt: skip


def test_markup_in_a_document_is_not_obeyed() -> None:
    """Text from paper is shown as it is, brackets too."""
    field = example_field("report.title", "标题", "[red]a[/red] [/]", kind="text")
    text = plain(summary(example_document("[bold].pdf", (field,))))
    assert "[red]a[/red] [/]" in text
    assert "[bold].pdf" in text


def test_states_are_told_apart() -> None:
    """0 is a value, blank is empty, a stroke is a stroke, missing is said."""
    assert str(shown(example_field("a.b", "", 0))) == "0"
    assert str(shown(example_field("a.b", "", None, state="blank"))) == ""
    assert str(shown(example_field("a.b", "", None, state="not_applicable"))) == "/"
    assert str(shown(example_field("a.b", "", None, state="missing"))) == "missing"


def test_a_document_without_template_and_fields_is_shown() -> None:
    """Nothing is invented for it."""
    document = example_document(fields=())
    source = replace(document.document, template=None, template_confidence=None, pages=())
    text = plain(summary(replace(document, document=source, checks=(), warnings=())))
    assert "none fits" in text
    assert "To look at" not in text


def test_several_documents_are_one_line_each() -> None:
    """With their counts."""
    text = plain(overview([example_document("a.pdf"), example_document("b.pdf")]))
    assert text.count("gov-disclosure-annual/2021") == 2
