"""Canonical values of entities, as pure functions of what is printed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.document import Normalized
from extractor.normalize import document_number, iso_date
from extractor.tagging.values import NORMALISERS

DAYS = st.dates(date(1949, 10, 1), date(2035, 12, 31))


@given(st.text("区委政府办公室 \n　", max_size=12))
def test_agencies_lose_their_white_space_only(text: str) -> None:
    """All characters stay in order; doing it twice changes nothing."""
    value = NORMALISERS["AGENCY"](text).value
    assert value == "".join(text.split())
    assert NORMALISERS["AGENCY"](str(value)).value == value


@given(DAYS, DAYS)
def test_a_month_day_takes_the_year_before_it(before: date, day: date) -> None:
    """Whatever kind of date stands before it; a day alone takes the month too."""
    if (day.month, day.day) == (2, 29):
        return
    for context in (f"{before.year}", f"{before:%Y-%m}", before.isoformat()):
        completed = iso_date(f"{day.month}月{day.day}日", context)
        assert completed == f"{before.year:04d}-{day:%m-%d}"
    if day.day <= 28:
        assert iso_date(f"{day.day}日", before.isoformat()) == f"{before:%Y-%m}-{day.day:02d}"
    assert iso_date(f"{day.month}月{day.day}日") is None


@given(st.integers(1949, 2030), st.integers(1, 10), st.sampled_from("-—–～至"))
def test_a_span_of_years_has_both(first: int, more: int, to: str) -> None:
    """2006—2010年 is 2006/2010, and later months belong to its last year."""
    value = iso_date(f"{first}{to}{first + more}年")
    assert value == f"{first}/{first + more}"
    assert iso_date("5月", value) == f"{first + more}-05"


@given(
    st.integers(1990, 2030), st.integers(1, 9999), st.sampled_from(["[]", "［］", "【】", "（）"])
)
def test_document_numbers_get_official_brackets(year: int, number: int, marks: str) -> None:
    """〔〕 around the year, no white space."""
    printed = f"青政 办{marks[0]}{year}{marks[1]} {number} 号"
    assert document_number(printed) == f"青政办〔{year}〕{number}号"


@pytest.mark.parametrize(
    ("label", "text", "value"),
    [
        ("COUNT", "三十余篇", Normalized(30, "篇", approximate=True)),
        ("COUNT", "1.2万人次", Normalized(12000, "人次")),
        ("COUNT", "一亿二千万条", Normalized(120_000_000, "条")),
        ("MONEY", "3.2万元", Normalized(32000, "元")),
        ("PERCENT", "百分之二十", Normalized(20)),
        ("DOC_TITLE", "《新\n条例》", Normalized("新条例")),
        ("DOC_NUMBER", "国务院令 第711号", Normalized("国务院令第711号")),
        ("COUNT", "若干", Normalized(None)),
    ],
)
def test_values(label: str, text: str, value: Normalized) -> None:
    """One of each kind."""
    assert NORMALISERS[label](text) == value
