"""Printed text to values."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import normalize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16", 16),
        ("１，２３４", 1234),
        ("1,234,567", 1234567),
        ("1 234 567", 1234567),
        ("16件", 16),
        ("3 项", 3),
        ("-3", -3),
        ("－3", -3),
        ("增2", 2),
        ("减少1", -1),
        ("+4", 4),
        ("7730.28", 7730.28),
        ("5①", 5),
        ("5*", 5),
        ("5[1]", 5),
        ("2 0 2 3", 2023),
        ("十二", 12),
        ("一百零五", 105),
        ("1.5万", 15000),
    ],
)
def test_number(text: str, value: object) -> None:
    """A number is read in every form in which reports print one."""
    assert normalize.parse_number(text) == value


@pytest.mark.parametrize(
    "text", ["", "/", "—", "无", "①", "0 0", "12,34", "001", "1.5.2", "O", "见附件"]
)
def test_no_number(text: str) -> None:
    """What prints no number, or more than one, is None."""
    assert normalize.parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("O", 0), ("1O", 10), ("l2", 12), ("3，", 3), ("B", 8), ("_-7.5", 7.5), ("0★", 0), ("00", 0)],
)
def test_repair(text: str, value: object) -> None:
    """Letters are taken for digits only where that is asked for."""
    assert normalize.parse_number(text, repair=True) == value
    assert normalize.needs_repair(text)


def test_repair_leaves_words() -> None:
    """A word is no number, also where some of its letters look like digits."""
    assert normalize.parse_number("Oslo", repair=True) is None
    assert normalize.parse_number("口头", repair=True) is None


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("0", "printed"), ("", "blank"), ("  ", "blank"), ("。", "blank"), ("/", "not_applicable"),
        ("—", "not_applicable"), ("－", "not_applicable"), ("-", "not_applicable"),
        ("无", "not_applicable"), ("\\", "not_applicable"), ("一", "not_applicable"),
    ],
)  # fmt: skip
def test_cell_state(text: str, state: str) -> None:
    """0 is printed, an empty cell is blank, and a stroke says that nothing applies."""
    assert normalize.cell_state(text) == state


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("15903365.56 元", None, (15903365.56, "元")),
        ("3.2万元", "元", (3.2, "万元")),
        ("3.2万", None, (3.2, "万元")),
        ("7730.28", "万元", (7730.28, "万元")),
        ("¥1,200.50", "元", (1200.5, "元")),
        ("/", "元", None),
    ],
)
def test_money(text: str, unit: str | None, value: object) -> None:
    """An amount keeps its printed unit, and takes the column's where it prints none."""
    assert normalize.parse_money(text, unit) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2021 年1月5日", "2021-01-05"),
        ("二〇二一年十二月三十一日", "2021-12-31"),
        ("2021-01-25 17:15", "2021-01-25"),
        ("2021-1-15 9:30", "2021-01-15"),
        ("发布时间：2022-01-25 8:05", "2022-01-25"),
        ("2022-01-258:05", "2022-01-25"),
        ("2021-1-19:30", "2021-01-01"),
        ("2022-11-218:05", None),  # the 21st at 8 or the 2nd at 18
        ("2021/1/5", "2021-01-05"),
        ("2 0 2 1 年 1 月 5 日", "2021-01-05"),
        ("2021年2月30日", None),
        ("12月31日", None),
        ("索引号004017030009125/2021-118305", None),
    ],
)
def test_date(text: str, value: object) -> None:
    """A day is read in every form, and never where the calendar has no such day."""
    assert normalize.parse_date(text) == value


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.times(),
    st.sampled_from(["{:%Y-%m-%d}", "{:%Y/%m/%d}", "{0.year}-{0.month}-{0.day}",
                     "{0.year}.{0.month}.{0.day}", "{0.year}年{0.month}月{0.day}日"]),
    st.sampled_from(["{:%H:%M}", "{:%H:%M:%S}", "{0.hour}:{0:%M}", "{0.hour}：{0:%M}"]),
)  # fmt: skip
def test_date_with_a_clock_time(day: date, clock: time, printed: str, hour: str) -> None:
    """However both are printed the day is read; run together it is read or not known."""
    first, last = printed.format(day), hour.format(clock)
    assert normalize.parse_date(f"{first} {last}") == day.isoformat()
    assert normalize.parse_date(first + last) in (day.isoformat(), None)


def test_date_without_year() -> None:
    """A month and day take the year of the context."""
    assert normalize.parse_date("至12月31日", default_year=2021) == "2021-12-31"


@pytest.mark.parametrize(
    ("text", "year"), [("2023年度", 2023), ("二〇二一年", 2021), ("2 0 2 3 年", 2023), ("无", None)]
)
def test_year(text: str, year: int | None) -> None:
    """The first year of a text."""
    assert normalize.parse_year(text) == year


def test_plain() -> None:
    """Radicals, full width and dashes of all kinds become one form."""
    assert normalize.plain("⼀、⺠１２３　—") == "一、民123 -"
    assert normalize.letters("（六）其他 处理！") == "六其他处理"


@pytest.mark.parametrize(
    ("label", "unit"),
    [("本年收费金额（单位：万元）", "万元"), ("案件数量（件）", "件"), ("自然人", None)],
)
def test_label_unit(label: str, unit: str | None) -> None:
    """A label may name the unit of its column."""
    assert normalize.label_unit(label) == unit


@given(st.integers(0, 10**9))
def test_round_trip(number: int) -> None:
    """Every count is read back, with thousands separators and in full width too."""
    wide = str(number).translate({ord(str(k)): chr(0xFF10 + k) for k in range(10)})
    assert normalize.parse_count(str(number)) == number
    assert normalize.parse_count(f"{number:,}") == number
    assert normalize.parse_count(wide) == number


@given(st.text())
def test_never_fails(text: str) -> None:
    """Any text gives a value or None."""
    normalize.parse_number(text, repair=True)
    normalize.parse_money(text)
    normalize.parse_date(text, 2021)
    normalize.parse_year(text)
    assert normalize.plain(normalize.plain(text)) == normalize.plain(text)
