"""Numerals, counts, money, percentages and dates: small cases and round trips."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.quantities import (
    Quantity,
    chinese_number,
    compact,
    count,
    document_number,
    half_width,
    iso_date,
    money,
    number,
    percent,
    title,
)

DIGITS = "零一二三四五六七八九"


def spell(value: int) -> str:
    """The numeral as a Chinese reader writes it, without elision (12 is 十二, 120 is 一百二十)."""
    if value >= 10**8:
        return _spell_over(value, 10**8, "亿")
    if value >= 10**4:
        return _spell_over(value, 10**4, "万")
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + name
        gap = digit == 0
    return (text or "零").removeprefix("一") if text.startswith("一十") else text or "零"


def _spell_over(value: int, unit: int, name: str) -> str:
    high, low = divmod(value, unit)
    zero = "零" if low and (low < unit // 10 or spell(low).startswith("十")) else ""
    low_text = spell(low) if low else ""
    return spell(high) + name + zero + ("一" if low_text.startswith("十") else "") + low_text


@given(st.integers(0, 10**12 - 1))
def test_a_spelled_numeral_is_read_back(value: int) -> None:
    """Every whole number below a million million survives spelling and reading."""
    assert chinese_number(spell(value)) == value


@given(st.integers(0, 9999))
def test_digits_read_one_by_one(value: int) -> None:
    """二〇二一 is 2021, as years are written."""
    text = "".join(DIGITS[int(c)] for c in f"{value:04d}")
    assert chinese_number(text) == value


@given(st.integers(0, 10**9), st.sampled_from(["", ",", " "]))
def test_arabic_numbers_with_separators(value: int, separator: str) -> None:
    """Thousands separators and spaces do not change a number."""
    assert number(f"{value:,}".replace(",", separator)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十二", 12), ("三百零五", 305), ("两千", 2000), ("一万二", 12000), ("一百二", 120),
        ("一百零二", 102), ("一亿二千万", 120000000), ("一万亿", 10**12), ("二〇二一", 2021),
        ("1,234", 1234), ("3.2万", 32000), ("1.5亿", 150000000), ("１２", 12), ("0.5", 0.5),
        ("", None), ("条", None), ("十a", None), ("1.2.3", None),
    ],
)  # fmt: skip
def test_number(text: str, value: float | None) -> None:
    """Arabic, Chinese and mixed numbers; anything else is None."""
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("102条", Quantity(102, "条")),
        ("30 余人", Quantity(30, "人", approximate=True)),
        ("100余人次", Quantity(100, "人次", approximate=True)),
        ("十二个", Quantity(12, "个")),
        ("1.5万人次", Quantity(15000, "人次")),
        ("3万余条", Quantity(30000, "条", approximate=True)),
        ("30余万条", Quantity(300000, "条", approximate=True)),
        ("百余件", Quantity(100, "件", approximate=True)),
        ("约50份", Quantity(50, "份", approximate=True)),
        ("近百人", Quantity(100, "人", approximate=True)),
        ("100人以上", Quantity(100, "人", approximate=True)),
        ("20多场", Quantity(20, "场", approximate=True)),
        ("3—5个", Quantity("3/5", "个", approximate=True)),
        ("三至五个", Quantity("3/5", "个", approximate=True)),
        ("100人（次）", Quantity(100, "人次")),
        ("多次", None),
        ("条", None),
    ],
)
def test_count(text: str, read: Quantity | None) -> None:
    """Value, measure word and whether it is approximate."""
    assert count(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("15903365.56元", Quantity(15903365.56, "元")),
        ("3.2万元", Quantity(32000, "元")),
        ("0 元", Quantity(0, "元")),
        ("¥500", Quantity(500, "元")),
        ("三百元", Quantity(300, "元")),
        ("人民币三万元", Quantity(30000, "元")),
        ("5万余元", Quantity(50000, "元", approximate=True)),
        ("10万美元", Quantity(100000, "美元")),
        ("元", None),
    ],
)
def test_money(text: str, read: Quantity | None) -> None:
    """Amounts in 元 unless another currency is printed."""
    assert money(text) == read


@pytest.mark.parametrize(
    ("text", "value"),
    [("18.2%", 18.2), ("18.2 ％", 18.2), ("百分之二十", 20), ("百分之十八点二", 18.2),
     ("百分之百", 100), ("百分之18", 18), ("5‰", 0.5), ("18", None), ("百分之点", None)],
)  # fmt: skip
def test_percent(text: str, value: float | None) -> None:
    """Percentages in figures and words."""
    read = percent(text)
    assert (read.value if read else None) == value


@pytest.mark.parametrize(
    ("text", "context", "iso"),
    [
        ("2021年", None, "2021"),
        ("2020年度", None, "2020"),
        ("2021年5月", None, "2021-05"),
        ("2021年5月份", None, "2021-05"),
        ("2020年1月1日", None, "2020-01-01"),
        ("2023 年 12 月 31 日", None, "2023-12-31"),
        ("二〇二一年五月三十一日", None, "2021-05-31"),
        ("2021-01-25", None, "2021-01-25"),
        ("2021.1.5", None, "2021-01-05"),
        ("2006—2010年", None, "2006/2010"),
        ("2020-2021学年", None, "2020/2021"),
        ("1-12月", "2021", "2021-01/2021-12"),
        ("12月31日", "2021-01-01", "2021-12-31"),
        ("12月31日", "2006/2010", "2010-12-31"),
        ("31日", "2021-12-01", "2021-12-31"),
        ("12月31日", None, None),
        ("31日", "2021", None),
        ("2021年2月30日", None, None),
        ("今年", "2021", None),
        ("", "2021", None),
    ],
)
def test_iso_date(text: str, context: str | None, iso: str | None) -> None:
    """Printed dates, completed from the date before them; impossible ones are None."""
    assert iso_date(text, context) == iso


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_dates_round_trip(day: date) -> None:
    """A date printed the Chinese way reads as its ISO form, and so does the ISO form."""
    assert iso_date(f"{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert iso_date(day.isoformat()) == day.isoformat()
    assert iso_date(f"{day.month}月{day.day}日", str(day.year)) == day.isoformat()


@given(st.text(max_size=20))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever is printed, a reading or None comes back."""
    for read in (number, count, money, percent, iso_date, chinese_number, document_number, title):
        read(text)


def test_document_numbers_and_titles() -> None:
    """Brackets become 〔〕 and spaces go; a title loses its marks."""
    assert document_number("泉政办[2021] 1 号") == "泉政办〔2021〕1号"
    assert document_number("国令第 711 号") == "国令第711号"
    assert title("《新\n条例》") == "新条例"
    assert title("《Open Data 指南》") == "Open Data指南"


def test_widths() -> None:
    """Full width becomes half width one to one; compact drops full-width spaces too."""
    assert half_width("１２．５％") == "12.5%"
    assert compact("邮　编 ：") == "邮编："
