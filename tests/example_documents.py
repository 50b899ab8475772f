"""Small hand-made results for the tests of what comes after reading."""

from __future__ import annotations

from extractor.document import (
    SCHEMA_VERSION,
    Alternative,
    Cell,
    Check,
    Document,
    EngineInfo,
    Entity,
    Evidence,
    Field,
    Kind,
    Normalized,
    Notice,
    Page,
    Review,
    Section,
    Source,
    State,
    Table,
    Value,
)
from extractor.geometry import Box

BOX = Box(10.0, 20.0, 60.0, 32.5)


def example_field(
    field_id: str,
    label: str,
    value: Value,
    *,
    kind: Kind = "count",
    state: State = "printed",
    confidence: float = 0.999,
    review: Review = "accepted",
    alternatives: tuple[Alternative, ...] = (),
    checks: tuple[str, ...] = (),
) -> Field:
    """A field that stands on page 1."""
    text = "" if value is None else str(value)
    return Field(
        field_id, label, kind, value, state, text, "件" if kind == "count" else None, confidence,
        alternatives, 1, BOX, "ocr", checks, review, Evidence(reading=confidence),
    )  # fmt: skip


FIELDS = (
    example_field("report.title", "标题", "临江县2022年政府信息公开工作年度报告", kind="text"),
    example_field("report.year", "报告年度", 2022, kind="year"),
    example_field("report.phone", "电话", None, kind="phone", state="missing"),
    example_field("applications.new_received.natural_person", "本年新收 / 自然人", 16),
    example_field(
        "applications.new_received.total",
        "本年新收 / 总计",
        18,
        confidence=0.61,
        review="needs_review",
        alternatives=(Alternative(16, 0.39),),
        checks=("applications.sum.new_received",),
    ),
    example_field(
        "applications.carried_over.total", "上年结转 / 总计", None, state="not_applicable"
    ),
    example_field("disclosure.fees.amount", "行政事业性收费 / 本年收费金额", 3.5, kind="money"),
)


def example_document(
    filename: str = "临江.pdf", fields: tuple[Field, ...] = FIELDS, pages: int = 2
) -> Document:
    """A result with one of everything."""
    source = Source(
        filename,
        "ab" * 32,
        pages,
        tuple(Page(n + 1, 595.3, 841.9, 90, -1.7, "ocr") for n in range(pages)),
        "gov-disclosure-annual/2021",
        0.998,
        EngineInfo("rapidocr", {"det.onnx": "cd" * 32}, "0.1.0"),
    )
    cells = (
        Cell(0, 0, 1, 2, "项目", 0.99, 1, BOX),
        Cell(1, 0, 1, 1, "=1+1", 0.98, 1, BOX),
        Cell(1, 1, 1, 1, "", 0.97, 1, BOX, alternatives=(Alternative("1", 0.02),)),
    )
    entity = Entity("COUNT", "102条", 2, 6, "一", Normalized(102, "条"), "信息", 0.97, 1, BOX)
    broken = Check(
        "applications.sum.new_received", False, "error", "16 + 0 = 18",
        "本年新收: the columns add up to 16, printed is 18",
        ("applications.new_received.natural_person", "applications.new_received.total"),
    )  # fmt: skip
    return Document(
        SCHEMA_VERSION,
        source,
        fields,
        (Table("t1", "三、收到和处理政府信息公开申请情况", (1,), 2, 2, cells),),
        (Section("一", "总体情况", 1, 1, ("公开102条。",)),),
        (entity,),
        (broken, Check("held", True, "warning", "1 = 1", "fine", ())),
        (Notice("page_unreadable", 2, "page 2 cannot be rendered"),),
    )
