"""Printed text to values."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import normalize

FIGURES = "零一二三四五六七八九"


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
            text += ("零" if gap and text else "") + FIGURES[digit] + name
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
    assert normalize.parse_chinese(spell(value)) == value


@given(st.integers(0, 9999))
def test_digits_read_one_by_one(value: int) -> None:
    """二〇二一 is 2021, as years are written."""
    text = "".join(FIGURES[int(c)] for c in f"{value:04d}")
    assert normalize.parse_chinese(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("三亿五千万", 350000000), ("二百十五", 215), ("一万二", 12000), ("一万零二", 10002),
     ("两千", 2000), ("一万亿", 10**12), ("伍佰", 500), ("", None), ("十a", None)],
)  # fmt: skip
def test_chinese_numeral(text: str, value: int | None) -> None:
    """Elided units, 亿 with 万, and the forms of accounts; cells and prose read them alike."""
    assert normalize.parse_chinese(text) == value
    assert normalize.parse_number(text) == value


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
    "text", ["", "/", "—", "无", "万", "百", "①", "0 0", "12,34", "001", "1.5.2", "O", "见附件"]
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
    assert normalize.iso_date(text, context) == iso


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_dates_round_trip(day: date) -> None:
    """A date printed the Chinese way reads as its ISO form, and so does the ISO form."""
    assert normalize.iso_date(f"{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert normalize.iso_date(day.isoformat()) == day.isoformat()
    assert normalize.iso_date(f"{day.month}月{day.day}日", str(day.year)) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "year"), [("2023年度", 2023), ("二〇二一年", 2021), ("2 0 2 3 年", 2023), ("无", None)]
)
def test_year(text: str, year: int | None) -> None:
    """The first year of a text."""
    assert normalize.parse_year(text) == year


@pytest.mark.parametrize(
    "text", ["云街办〔2023〕4号", "云街办[2023]4号", "云街办（2023） 4 号", "云街办［2023年］第4号"]
)
def test_document_number(text: str) -> None:
    """Whatever brackets were printed or read; a span of the prose keeps its 第."""
    assert normalize.find_document_number(f"见{text}文件") == "见云街办〔2023〕4号"
    assert normalize.document_number(text).replace("第", "") == "云街办〔2023〕4号"


def test_no_document_number() -> None:
    """A house number, or a decree, which has no year."""
    assert normalize.find_document_number("湖滨路8号") is None
    assert normalize.find_document_number("第711号") is None
    assert normalize.document_number("国令第 711 号") == "国令第711号"


def test_widths() -> None:
    """Full width becomes half width one to one; full-width spaces go too."""
    assert normalize.half_width("１２．５％") == "12.5%"
    assert normalize.unspaced("邮　编 ：") == "邮编："


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
    normalize.iso_date(text, "2021")
    normalize.parse_chinese(text)
    normalize.find_document_number(text)
    assert normalize.plain(normalize.plain(text)) == normalize.plain(text)


def test_a_count_has_no_decimals() -> None:
    """OCR reads the comma between thousands as a point."""
    assert normalize.parse_count("4.668", repair=True) == 4668
    assert normalize.parse_count("1.234,567", repair=True) == 1234567
    assert normalize.parse_count("4.668") is None
    assert normalize.parse_count("4.66", repair=True) is None
    assert normalize.parse_count("0.668", repair=True) is None
