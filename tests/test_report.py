"""Recognising which template a document prints."""

from __future__ import annotations

import pytest

from extractor.report import coverage, load_templates, recognise
from tests.printed_tables import (
    applications,
    disclosure_2019,
    disclosure_2021,
    grid,
    numbers,
    review,
)

TEMPLATES = load_templates()
TITLE = "某区人民政府{}年政府信息公开工作年度报告"


@pytest.mark.parametrize("year", [2019, 2020, 2021, 2022])
@pytest.mark.parametrize("form", ["2019", "2021"])
@pytest.mark.parametrize("three_rows", [True, False])
def test_form_not_year_decides(form: str, year: int, three_rows: bool) -> None:
    """The rows and columns tell the form, whatever year the title names."""
    values = numbers()
    first = disclosure_2019(values) if form == "2019" else disclosure_2021(values)
    tables = grid(first), grid(applications(values, three_rows=three_rows)), grid(review(values))
    found = recognise(TEMPLATES, tables, TITLE.format(year), "")
    assert found is not None
    assert found[0].id == f"gov-disclosure-annual/{form}"
    assert 0.95 < found[1] < 1


@pytest.mark.parametrize(("year", "form"), [(2020, "2019"), (2023, "2021")])
def test_year_decides_a_tie(year: int, form: str) -> None:
    """Where the first table is lost, both forms fit alike: the year tells, with less confidence."""
    tables = (grid(applications()),)
    found = recognise(TEMPLATES, tables, TITLE.format(year), "")
    assert found is not None
    assert found[0].id == f"gov-disclosure-annual/{form}"
    assert found[1] < 0.5


def test_title_alone() -> None:
    """A report whose tables are lost is still one, with little confidence."""
    found = recognise(TEMPLATES, (), TITLE.format(2023), "")
    assert found is not None
    assert found[0].id == "gov-disclosure-annual/2021"
    assert found[1] < 0.5


def test_tables_alone() -> None:
    """Without any title the tables are enough."""
    values = numbers()
    tables = grid(disclosure_2021(values)), grid(applications(values)), grid(review(values))
    found = recognise(TEMPLATES, tables, "", "")
    assert found is not None
    assert found[0].id == "gov-disclosure-annual/2021"


def test_title_in_the_prose() -> None:
    """Where no title was read, the opening of the prose may hold it."""
    found = recognise(TEMPLATES, (), "", "2023年度行政执法统计年报 填报单位：某局")
    assert found is not None
    assert found[0].id == "enforcement-statistics"


def test_other_document() -> None:
    """Another document is none of them, also where some of its labels are alike."""
    table = grid([["项目", "数量", "合计"], ["行政许可", "3", "4"], ["其他", "1", "2"]])
    assert recognise(TEMPLATES, (table,), "关于召开会议的通知", "各有关单位：") is None
    assert recognise(TEMPLATES, (), "", "") is None


def test_coverage() -> None:
    """The share of cells that are found, all tables of the template alike."""
    assert coverage(TEMPLATES[0], ()) == 0
    assert coverage(TEMPLATES[0], (grid(applications()),)) == pytest.approx(1 / 3, abs=0.01)
