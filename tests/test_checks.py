"""Relations, prose against tables, dates: what is tried, and what is said."""

from __future__ import annotations

import dataclasses

import pytest

from extractor.checks import attach_checks, run_checks
from extractor.document import Check, Entity, Field, Kind, Section, Value
from extractor.entities import tag
from extractor.fields import fill_fields
from extractor.geometry import Box
from extractor.layout import Paragraph, Prose, ProseSection
from extractor.template import load_templates
from tests.printed_tables import (
    HEADER,
    LABELS_ONE_ROW,
    applications,
    disclosure_2021,
    filled,
    grid,
    numbers,
    review,
)

TEMPLATES = {template.id: template for template in load_templates()}
NEW, OWN = TEMPLATES["gov-disclosure-annual/2021"], TEMPLATES["enforcement-statistics"]


def zeros(**rows: list[str]) -> list[list[str]]:
    """三 with 0 everywhere but in some rows, by their number (r3 is （一）予以公开)."""
    table = [[*label, *["0"] * 7] for label in LABELS_ONE_ROW]
    for name, values in rows.items():
        table[int(name[1:]) - 1][3:] = values
    return [*HEADER, *table]


def checks_of(rows: list[list[str]], *paragraphs: str, year: int | None = None) -> dict[str, Check]:
    """The checks of a 三, with prose; of a report on that year by 某街道办事处."""
    fields = fill_fields(NEW, (grid(rows),), {})
    if year is not None:
        own = field("report.agency", "青屿市某街道办事处", "agency")
        fields = (field("report.year", year, "year"), own, *fields)
    section = Section("一", "总体情况", 1, 1, paragraphs)
    checks = run_checks(NEW, fields, tagged(*paragraphs), (section,))
    return {check.id: check for check in checks}


def tagged(*paragraphs: str) -> tuple[Entity, ...]:
    """The entities of paragraphs of 一."""
    places = [tuple((1, Box(0, 0, 9, 9)) for _ in text) for text in paragraphs]
    read = tuple(Paragraph(*pair) for pair in zip(paragraphs, places, strict=True))
    return tag(Prose((), "", (ProseSection("一", "总体情况", 1, 1, read),), ()))


SIXTEEN = ["16", "0", "0", "0", "0", "0", "16"]
NOTHING = [""] * 7


def test_all_hold() -> None:
    """A consistent table holds in every column and row."""
    checks = checks_of(zeros(r1=SIXTEEN, r3=SIXTEEN, r22=SIXTEEN))
    assert len(checks) == 7 + 7 + 23
    assert all(check.passed and check.severity == "error" for check in checks.values())
    assert checks["applications.balance.natural_person"].expression == "16 + 0 = 16 + 0"


def test_balance_broken() -> None:
    """第一项加第二项之和，等于第三项加第四项之和, as in the contract's example."""
    check = checks_of(zeros(r1=SIXTEEN))["applications.balance.natural_person"]
    assert not check.passed
    assert check.expression == "16 + 0 = 0 + 0"
    assert check.fields == (
        "applications.new_received.natural_person",
        "applications.carried_in.natural_person",
        "applications.total.natural_person",
        "applications.carried_out.natural_person",
    )
    assert "自然人" in check.message
    assert "16" in check.message


def test_total_of_parts() -> None:
    """The parts of a column, （六） as one row or as three."""
    one = checks_of(zeros(r3=SIXTEEN, r22=SIXTEEN))["applications.total.total"]
    assert (one.passed, len(one.fields)) == (True, 20)
    three = checks_of(applications(three_rows=True))["applications.total.total"]
    assert (three.passed, len(three.fields)) == (False, 22)


def test_row_sum() -> None:
    """A row whose total is not the sum of its columns."""
    check = checks_of(zeros(r4=["2", "0", "0", "0", "0", "0", "8"]))[
        "applications.row.partly_granted"
    ]
    assert not check.passed
    assert check.expression == "8 = 2 + 0 + 0 + 0 + 0 + 0"


def test_blank_total_cannot_be_tried() -> None:
    """A relation whose sum is blank is not tried."""
    checks = checks_of(zeros(r1=SIXTEEN, r22=NOTHING))
    assert "applications.balance.total" not in checks
    assert "applications.total.total" not in checks
    assert "applications.row.total" not in checks


def test_blank_counts_as_nothing() -> None:
    """Blank addends beside printed ones count as 0, and so does a stroke."""
    blank = ["16", "", "/", "", "", "", "16"]
    checks = checks_of(zeros(r1=blank, r3=SIXTEEN, r22=SIXTEEN))
    assert checks["applications.row.new_received"].passed
    assert checks["applications.balance.business"].passed


def test_missing_is_unknown() -> None:
    """A relation with a missing or unreadable operand is not tried."""
    rows = zeros(r1=SIXTEEN, r3=SIXTEEN, r22=SIXTEEN)
    del rows[10]
    checks = checks_of(rows)
    assert not any(key.startswith("applications.total.") for key in checks)
    assert "applications.balance.total" in checks
    rows = zeros(r1=["见附件", "0", "0", "0", "0", "0", "16"])
    assert "applications.row.new_received" not in checks_of(rows)


def test_review_rows() -> None:
    """Each kind of case adds up by itself."""
    rows = review(
        iter(["10", "1", "0", "0", "0", "1", "2", "3", "4", "10", "5", "0", "0", "0", "0"])
    )
    fields = fill_fields(NEW, (grid(rows),), {})
    passed = {check.id: check.passed for check in run_checks(NEW, fields, (), ())}
    assert passed == {
        "review.row.reconsideration": False,
        "review.row.direct_litigation": True,
        "review.row.litigation_after_reconsideration": False,
    }


def test_amounts() -> None:
    """Amounts add up to a cent; a stroke is nothing."""
    rows = [
        ["执法类别", "上年结存", "本年立案", "本年办结", "年末未结", "罚没金额（万元）"],
        ["行政处罚", "1", "2", "3", "0", "56.30"],
        ["行政强制", "0", "0", "0", "0", "/"],
        ["行政征收", "0", "0", "0", "0", "1.20"],
        ["行政检查", "0", "0", "0", "0", "/"],
        ["合计", "1", "2", "3", "0", "57.50"],
    ]
    fields = fill_fields(OWN, (grid(rows),), {})
    checks = {check.id: check for check in run_checks(OWN, fields, (), ())}
    assert checks["cases.total.amount"].passed
    assert checks["cases.total.amount"].expression == "57.5 = 56.3 + 0 + 1.2 + 0"
    assert checks["cases.balance.penalties"].expression == "1 + 2 = 3 + 0"


@pytest.mark.parametrize(
    ("prose", "key", "passed"),
    [
        (
            "2023年全区受理政府信息公开申请 21 件，均已答复。",
            "applications.prose.new_received",
            False,
        ),
        ("我街道新收依申请公开16件,办结16件。", "applications.prose.new_received", True),
        ("全年共收到政府信息公开申请十六件。", "applications.prose.new_received", True),
        ("本年未收到政府信息公开申请。", "applications.prose.new_received", False),
        ("上年度结转申请2件。", "applications.prose.carried_in", False),
        ("结转下年度继续办理0件。", "applications.prose.carried_out", True),
    ],
)
def test_prose(prose: str, key: str, passed: bool) -> None:
    """What the prose says of a count is a warning, with both numbers."""
    check = checks_of(zeros(r1=SIXTEEN), prose)[key]
    assert (check.passed, check.severity) == (passed, "warning")
    assert check.message.startswith("The table says ")


@pytest.mark.parametrize(
    "prose",
    [
        "主动公开政府信息102条。",
        "依申请公开信息取得进展。",
        "其中网络收到政府信息公开申请3件。",
        "收到各类申请若干件。",
    ],
)
def test_prose_in_doubt(prose: str) -> None:
    """Where the prose counts something else, or several things, nothing is said."""
    assert not any("prose" in key for key in checks_of(zeros(r1=SIXTEEN), prose))


@pytest.mark.parametrize(
    "prose",
    [
        "2021年新收政府信息公开申请16件。",
        "2020年新收政府信息公开申请5件，2021年新收政府信息公开申请16件。",
        "较2020年有所下降，2021年新收政府信息公开申请16件。",
        "自2020年1月1日起施行新条例，2021年新收政府信息公开申请16件。",
        "2021年，青屿市某街道办事处收到政府信息公开申请16件。",
        "2021年，我街道新收政府信息公开申请16件，2020年结转2件。",
    ],
)
def test_the_year_of_a_count(prose: str) -> None:
    """A count is that of the report's year where its clause or the sentence before says so."""
    checks = checks_of(zeros(r1=SIXTEEN), prose, year=2021)
    assert checks["applications.prose.new_received"].passed


def test_carried_over_by_the_year_it_came_from() -> None:
    """2020年结转 in a report on 2021 is what is carried in, 结转至2022年 what is carried out."""
    prose = "2020年结转申请3件，办结1件，结转至2022年继续办理2件。"
    checks = checks_of(zeros(), prose, year=2021)
    assert checks["applications.prose.carried_in"].expression == "0 = 3"
    assert checks["applications.prose.carried_out"].expression == "0 = 2"


@pytest.mark.parametrize(
    "prose",
    [
        "2020年新收政府信息公开申请9件。",
        "其中通过网络收到政府信息公开申请9件。",
        "上半年收到政府信息公开申请9件。",
        "前三季度收到政府信息公开申请9件。",
        "“十三五”以来累计收到政府信息公开申请90件。",
        "青屿市财政局收到政府信息公开申请3件。",
        "2021年1月收到政府信息公开申请3件。",
        "去年共收到政府信息公开申请9件。",
        "近三年来共收到政府信息公开申请46件。",
        "各部门收到政府信息公开申请230件。",
        "收到涉及征地拆迁的政府信息公开申请9件。",
        "2020年未收到政府信息公开申请。",
        "1至6月未收到政府信息公开申请。",
        "部分村居没有收到政府信息公开申请。",
        "未收到政府信息公开申请的村有3个。",
    ],
)
def test_counts_of_something_else(prose: str) -> None:
    """Another year, a part of the year, a channel, another organ: nothing is said."""
    checks = checks_of(zeros(r1=SIXTEEN), prose, year=2021)
    assert "applications.prose.new_received" not in checks


@pytest.mark.parametrize(
    "prose",
    [
        "上年结转提案3件。",
        "结转下年建议3件。",
        "受理政府信息公开申请16件，咨询32件，答复32件。",
        "受理政府信息公开申请16件，撤回2件，答复14件。",
    ],
)
def test_other_things_are_carried_over_and_answered(prose: str) -> None:
    """Proposals, questions and what was withdrawn are none of the table's."""
    checks = checks_of(zeros(r1=SIXTEEN), prose, year=2021)
    assert not any(".prose." in k and not c.passed for k, c in checks.items())


def test_a_blank_beside_a_printed_number_counts_as_zero() -> None:
    """As in the relations of the tables; the message says on which page the prose stands."""
    rows = review(iter(["0", "0", "0", "0", "0", "1", "0", "0", "0", "1", *[""] * 5]))
    fields = fill_fields(NEW, (grid(rows),), {})
    text = "因政府信息公开引起行政诉讼4件。"
    section = Section("一", "总体情况", 1, 1, (text,))
    checks = {c.id: c for c in run_checks(NEW, fields, tagged(text), (section,))}
    assert checks["review.prose.litigation"].expression == "1 = 4"
    assert "the prose on page 1 says 4" in checks["review.prose.litigation"].message


def test_lawsuits_are_a_sum() -> None:
    """Reviews and both kinds of lawsuits, as the prose counts them together."""
    fields = fill_fields(NEW, (grid(review(iter("000001000100202"))),), {})
    text = "因政府信息公开引起行政诉讼3件。"
    section = Section("一", "总体情况", 1, 1, (text,))
    checks = {c.id: c for c in run_checks(NEW, fields, tagged(text), (section,))}
    assert checks["review.prose.litigation"].expression == "3 = 3"


def test_prose_needs_a_printed_field() -> None:
    """A field that is blank or missing is not compared."""
    assert not any("prose" in key for key in checks_of(HEADER, "受理政府信息公开申请21件。"))


def field(field_id: str, value: Value, kind: Kind) -> Field:
    """A metadata field."""
    return Field(
        id=field_id, label=field_id, kind=kind, value=value, state="printed", text=str(value),
        unit=None, confidence=0, alternatives=(), page=1, bbox=None, source="ocr", checks=(),
        review="needs_review",
    )  # fmt: skip


def test_dates_agree() -> None:
    """Year, title, period and date of issue of a usual report."""
    fields = (
        field("report.title", "某区2021年政府信息公开工作年度报告", "text"),
        field("report.year", 2021, "year"),
        field("report.issued_on", "2022-01-18", "date"),
        field("report.period_start", "2021-01-01", "date"),
        field("report.period_end", "2021-12-31", "date"),
    )
    checks = run_checks(NEW, fields, (), ())
    assert {check.id: check.passed for check in checks} == {
        "report.year.title": True,
        "report.year.period_start": True,
        "report.year.period_end": True,
        "report.issued_on.after_year": True,
    }
    assert {check.severity for check in checks} == {"warning"}


def test_dates_disagree() -> None:
    """Each disagreement is a warning of its own."""
    fields = (
        field("report.title", "某区2020年政府信息公开工作年度报告", "text"),
        field("report.year", 2021, "year"),
        field("report.issued_on", "2021-01-18", "date"),
        field("report.period_start", "2020-01-01", "date"),
    )
    assert not any(check.passed for check in run_checks(NEW, fields, (), ()))
    assert run_checks(NEW, fields[:1], (), ()) == ()


def test_attach() -> None:
    """Fields name their checks and count the arithmetic ones; values stay."""
    fields = fill_fields(NEW, (grid(zeros(r1=SIXTEEN)),), {})
    text = "受理政府信息公开申请21件。"
    section = Section("一", "总体情况", 1, 1, (text,))
    checks = run_checks(NEW, fields, tagged(text), (section,))
    after = {f.id: f for f in attach_checks(fields, checks)}
    total = after["applications.new_received.total"]
    assert total.checks == (
        "applications.balance.total",
        "applications.row.new_received",
        "applications.prose.new_received",
    )
    assert (total.evidence.relations_held, total.evidence.relations_broken) == (1, 1)
    assert [f.value for f in fields] == [f.value for f in after.values()]
    assert [f.id for f in fields] == list(after)


def test_values_are_never_changed() -> None:
    """A table where nothing adds up is returned as printed."""
    values = numbers()
    tables = grid(disclosure_2021(values)), grid([*HEADER, *filled(LABELS_ONE_ROW, 7, values)])
    fields = fill_fields(NEW, tables, {})
    after = attach_checks(fields, run_checks(NEW, fields, (), ()))
    bare = [
        dataclasses.replace(f, checks=(), evidence=b.evidence)
        for f, b in zip(after, fields, strict=True)
    ]
    assert tuple(bare) == fields
