"""Printed text to canonical values: widths, numerals, dates, blanks. Pure functions.

Nothing here guesses: what cannot be read as the asked kind is None.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import date
from typing import Literal

CellState = Literal["printed", "blank", "not_applicable"]

# CJK radicals that PDF fonts map instead of the character, and that NFKC leaves alone.
_RADICALS = str.maketrans(
    "⼾⺠⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳⺟⻁⻒⻑",
    "户民西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟母虎镸長",
)
_HALF_WIDTH = {0xFF10 + i: ord("0") + i for i in range(10)} | {
    ord("％"): "%", ord("．"): ".", ord("，"): ",", ord("－"): "-",
}  # fmt: skip
_DASHES = re.compile("[‐‑‒–—―−﹣－─━]")
_SPACES = re.compile(r"[\s\u200b\ufeff]+")
# Marks of a footnote beside a number. NFKC would turn ① and ² into digits.
_NOTE_MARKS = re.compile(
    r"[①-⑳⑴-⒇⓪-⓿❶-❿²³¹⁰-⁹₀-₉*＊※#＃†‡△▲]|[\[［〔【]注?\s*\d{1,2}[\]］〕】]|注\d{1,2}$"
)
# 一 alone in a cell is a dash read as the numeral: counts are printed in Arabic digits.
_NOT_APPLICABLE = frozenset((
    "/", "//", "\\", "-", "--", "---", "_", "__", "一", "一一", "ー",
    "无", "暂无", "不适用", "不涉及", "n/a",
))  # fmt: skip
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3,
    "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000} | _MYRIADS
NUMERALS = "".join(DIGITS) + "".join(UNITS)
_DOWN = ("减少", "下降", "减", "降", "↓", "-")
_UP = ("增加", "新增", "增长", "增", "上升", "升", "↑", "+")
# What OCR makes of digits. Only used where all the rest of a cell is digits.
_CONFUSED = str.maketrans(
    {c: digit for digit, letters_ in (("0", "OoQDUC口"), ("1", "lI|!i丨"), ("2", "Zz"), ("5", "Ss"),
                                      ("6", "b"), ("8", "B"), ("9", "gq")) for c in letters_}
)  # fmt: skip
# 001 is no number: it is what OCR makes of two cells or of a ruling.
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+")
_WEAR = re.compile(r"^[、,.。'`·…_★^~ ]+-*|[、,.。'`·…_★^~ -]+$")  # rests of rulings and dirt
_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:[,，、'’ ]\d{3})+(?!\d)")
_POINTED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
_MEASURE = re.compile(r"(元|件|条|项|个|次|份|人|起|宗|例|部|家|篇|期|场|户|名)$")
_UNIT = re.compile(r"(万元|亿元|千元|元|件|条|项|个|次|份|人|起|宗|例|部|家|篇|期|场|户|名)$")


@functools.lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """The text in NFKC with radicals as characters, one kind of dash, and single spaces.

    >>> plain("⼀、１２３　—")
    '一、123 -'
    """
    text = unicodedata.normalize("NFKC", text.translate(_RADICALS))
    return _SPACES.sub(" ", _DASHES.sub("-", text)).strip()


def compact(text: str) -> str:
    """`plain` without any space."""
    return plain(text).replace(" ", "")


def unspaced(text: str) -> str:
    """The text without any white space, its characters as printed."""
    return "".join(text.split())


def half_width(text: str) -> str:
    """Full-width digits, percent sign, point, comma and hyphen as ASCII; the length stays."""
    return text.translate(_HALF_WIDTH)


@functools.lru_cache(maxsize=8192)
def letters(text: str) -> str:
    """Only the letters, digits and characters of the text, canonical and in lower case."""
    return "".join(c for c in plain(text) if c.isalnum()).lower()


@functools.lru_cache(maxsize=8192)
def cell_state(text: str) -> CellState:
    """Whether a cell prints something, is blank, or says that nothing applies ("/", "—", "无")."""
    bare = compact(text).strip("。.;,、'`·:…")
    if not bare:
        # A lone stop or comma is wear on the paper, not a value.
        return "blank"
    return "not_applicable" if bare.lower() in _NOT_APPLICABLE else "printed"


def without_notes(text: str) -> str:
    """The text without footnote marks (①, *, [1], ²), which are not digits."""
    return _NOTE_MARKS.sub("", text).strip()


def parse_chinese(text: str) -> int | None:
    """A whole number in Chinese numerals (十二, 一百零五, 二〇二一); None where it is none.

    A digit after 百, 千, 万, 亿 without its own unit takes the next lower one: 一万二 is 12000.

    >>> parse_chinese("三亿五千万"), parse_chinese("二百十五")
    (350000000, 215)
    """
    text = compact(text)
    if not text or any(c not in NUMERALS for c in text):
        return None
    if not any(c in UNITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text))
    return _with_units(text)


def _with_units(text: str) -> int:
    total = section = digit = 0
    step, after_zero = 1, False
    for char in text:
        if char in DIGITS:
            digit, after_zero = DIGITS[char], after_zero or DIGITS[char] == 0
            continue
        step, after_zero = UNITS[char], False
        if char in _MYRIADS:  # a 亿 after a 万 multiplies both (一万亿)
            lower = total if total < step else 0
            total = total - lower + (lower + section + digit or 1) * step
            section = 0
        else:
            section += (digit or 1) * step
        digit = 0
    elided = digit and not after_zero and step >= 100
    return total + section + (digit * step // 10 if elided else digit)


_SEVERAL = re.compile(r"\d\s{2,}\d")  # numbers of cells whose border is lost stand well apart


@functools.lru_cache(maxsize=8192)
def parse_number(text: str, *, repair: bool = False) -> int | float | None:
    """The one number the text prints, 万 and 亿 multiplied in; None where it is none or several.

    Reads thousands separators, full width, signs and the words 增/减, Chinese numerals, and a unit
    or measure word behind. `repair` also takes letters for digits that OCR confuses with them
    (O → 0, l → 1), where all else is digits.

    >>> parse_number("1,234.5 万元"), parse_number("减少１２件")
    (12345000.0, -12)
    """
    if _SEVERAL.search(text):
        return None
    bare, sign = _signed(without_notes(text))
    bare = _MEASURE.sub("", bare).strip()
    factor = 1
    if len(bare) > 1 and bare[-1] in _MYRIADS and parse_chinese(bare) is None:
        factor, bare = _MYRIADS[bare[-1]], bare[:-1].strip()
    value = _digits(bare, repair=repair)
    if value is None:
        return None
    return sign * (round(value * factor, 6) if isinstance(value, float) else value * factor)


def parse_count(text: str, *, repair: bool = False) -> int | None:
    """`parse_number` where it is whole, else None.

    With `repair` a point between thousands is a comma that OCR misread: a count has no decimals.
    """
    if repair and _POINTED.fullmatch(plain(text).strip()):
        return int(re.sub(r"\D", "", plain(text)))
    value = parse_number(text, repair=repair)
    if value is None or value != int(value):
        return None
    return int(value)


def parse_money(
    text: str, unit: str | None = None, *, repair: bool = False
) -> tuple[int | float, str | None] | None:
    """An amount and its unit as printed: "3.2 万元" is (3.2, "万元").

    `unit` is taken where none is printed. A myriad without 元 (3.2万) counts as 万元.
    """
    bare = plain(without_notes(text)).replace("人民币", "").lstrip("¥￥ ").removesuffix("整")
    found = re.search(r" ?([万亿千]?) ?元$", bare)
    if found:
        bare, unit = bare[: found.start()], f"{found.group(1)}元"
    elif bare.endswith(("万", "亿")) and parse_chinese(bare) is None:
        bare, unit = bare[:-1].strip(), bare[-1] + "元"
    value = parse_number(bare, repair=repair)
    return None if value is None else (value, unit)


def needs_repair(text: str) -> bool:
    """Whether the text is a number only with letters taken for digits."""
    return parse_number(text) is None and parse_number(text, repair=True) is not None


def printed_unit(text: str) -> str | None:
    """The unit or measure word behind a printed number (16件 → 件), None where there is none."""
    bare = compact(without_notes(text))
    found = _UNIT.search(bare)
    return found.group(1) if found and any(c.isdigit() for c in bare) else None


def label_unit(label: str) -> str | None:
    """The unit a label names (本年收费金额（单位：万元） → 万元), None where it names none."""
    found = re.search(r"单位[:：]?\s*([万亿千]?元|[件条项个次份人起宗])", plain(label))
    if found is None:
        found = re.search(r"[(（]\s*([万亿千]?元|[件条项个次份人起宗])\s*[)）]", plain(label))
    return found.group(1) if found else None


def parse_year(text: str) -> int | None:
    """The first year from 1900 to 2099 that the text names, in Arabic or Chinese digits.

    >>> parse_year("二〇二一年度报告")
    2021
    """
    found = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", _joined_digits(text))
    if found:
        return int(found.group(1))
    found = re.search(r"(?:[一二][九〇○零0O][〇○零0O一二三四五六七八九]{2})(?=年)", compact(text))
    return parse_chinese(re.sub("[0O]", "〇", found.group())) if found else None


def parse_date(text: str, default_year: int | None = None) -> str | None:
    """The first day the text names as "YYYY-MM-DD", None where none is or the calendar lacks it.

    Reads 2021年1月5日, 二〇二一年一月五日, 2021-01-05, 2021/1/5, 2021.1.5, and 12月31日 with a
    `default_year`. A clock time behind is dropped; where it is run into the day so that both could
    end or begin at two digits (2021-11-218:05), the day is not known.
    """
    bare = compact(_CLOCK.sub(",", plain(text)))
    if _UNPARTED.search(bare):
        return None
    for pattern in (_ARABIC_DATE, _CHINESE_DATE):
        if found := pattern.search(bare):
            return _iso(found["year"], found["month"], found["day"])
    found = _MONTH_DAY.search(bare)
    if found and default_year is not None:
        return _iso(str(default_year), found["month"], found["day"])
    return None


def iso_date(text: str, context: str | None = None) -> str | None:
    """What a text that is a date as a whole names: 2021, 2021-05, 2020-01-01, or a span 2006/2010.

    `context` is an ISO date standing before it: it gives the year that a month-day
    lacks (12月31日) and the month that a day lacks (31日). None where a part is missing still or
    the calendar has no such day.
    """
    bare = compact(text)
    if match := _YEARS.fullmatch(bare):
        return f"{match[1]}/{match[2]}"
    if match := _MONTHS.fullmatch(bare):
        year = match[1] or _year_of(context)
        first, last = _iso(year, match[2], None), _iso(year, match[3], None)
        return f"{first}/{last}" if first and last else None
    match = _ISO.fullmatch(bare) or _DATE.fullmatch(bare)
    if match is None or not bare:
        return None
    return _iso(*_completed(match["year"], match["month"], match["day"], context))


_HOUR, _MINUTES = r"(?:[01]?\d|2[0-3])", r":[0-5]\d(?!\d)"
# The space in front is all that tells 1 19:30 from 11 9:30: it is cut off before spaces go.
_CLOCK = re.compile(rf"(?<=[\d日]) {_HOUR}{_MINUTES}(?::[0-5]\d)?")
_YEAR_MONTH = r"(?<!\d)(?P<year>(?:19|20)\d{2})(?:年|[-/.])(?P<month>\d{1,2})(?:月|[-/.])"
_ARABIC_DATE = re.compile(rf"{_YEAR_MONTH}(?P<day>\d{{1,2}})(?=[^\d:]|$|{_HOUR}{_MINUTES})")
# A month without its 0 says that a day may lack it too.
_UNPARTED = re.compile(
    rf"(?<!\d)(?:19|20)\d{{2}}(?:年|[-/.])(?:[1-9]|1[0-2])(?:月|[-/.])"
    rf"(?=(?:[12](?:[01]\d|2[0-3])|3[01]\d){_MINUTES})"
)
_CHINESE_DATE = re.compile(
    r"(?P<year>[一二][九〇○零O0][〇○零O0一二三四五六七八九]{2})年"
    r"(?P<month>[一二三四五六七八九十]{1,2})月(?P<day>[一二三四五六七八九十]{1,3})日"
)
_MONTH_DAY = re.compile(
    r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})日"
)


_FIGURE = rf"[\d{''.join(DIGITS)}十O]"
_TO = "[-~至到]+"
_DATE = re.compile(
    rf"(?:(?P<year>{_FIGURE}{{4}})(?:年度?|学年度?))?(?:(?P<month>{_FIGURE}{{1,3}})月份?)?"
    rf"(?:(?P<day>{_FIGURE}{{1,3}})[日号])?"
)
_ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?日?")
_YEARS = re.compile(rf"(\d{{4}}){_TO}(\d{{4}})(?:学?年度?)")
_MONTHS = re.compile(rf"(?:(\d{{4}})年)?(\d{{1,2}}){_TO}(\d{{1,2}})月份?")


def _year_of(context: str | None) -> str | None:
    """The year a later month belongs to: the last one of a span."""
    return context.rpartition("/")[2][:4] if context else None


def _completed(
    year: str | None, month: str | None, day: str | None, context: str | None
) -> tuple[str | None, str | None, str | None]:
    """The parts with the missing higher ones taken from the context."""
    if year is None:
        year = _year_of(context)
        if month is None and day is not None and context:
            month = context.rpartition("/")[2][5:7] or None
    return year, month, day


def _iso(year: str | None, month: str | None, day: str | None) -> str | None:
    """ISO text of a year, month or day that the calendar has, else None."""
    if year is None or (month is None and day is not None):
        return None
    parts = [_part(part) for part in (year, month, day) if part is not None]
    try:
        date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    return "-".join([f"{parts[0]:04d}", *(f"{part:02d}" for part in parts[1:])])


def _part(text: str) -> int:
    """A year, month or day, whose form the patterns have checked; 0 where it is no number."""
    if text.isdigit() and text.isascii():
        return int(text)
    return parse_chinese(re.sub("[0O]", "〇", text)) or 0


_ORGAN = r"[一-鿿]{2,15}"
_SIGN_YEAR = re.compile(r"[\[(【〔〈{]?((?:19|20)\d\d)年?[\])】〕〉}]?(?=第?\d{1,5}号)")
_SIGN = re.compile(rf"{_ORGAN}{_SIGN_YEAR.pattern}第?\d{{1,5}}号")


def document_number(text: str) -> str:
    """A 发文字号 without spaces, its year in the brackets that official papers are to have.

    >>> document_number("青政办[2021] 1 号")
    '青政办〔2021〕1号'
    """
    return _SIGN_YEAR.sub(r"〔\1〕", compact(text))


def find_document_number(text: str) -> str | None:
    """The first 发文字号 in the text, without a 第 that some print; None where there is none."""
    found = _SIGN.search(compact(text))
    return document_number(found.group()).replace("〕第", "〕") if found else None


def _joined_digits(text: str) -> str:
    """Justified print sets digits apart: 2 0 2 3 年 is one year."""
    return re.sub(r"(?<=\d) (?=\d)", "", plain(text))


def _signed(text: str) -> tuple[str, int]:
    """The text without its sign or word of change, and 1 or -1."""
    bare = plain(text)
    for words, sign in ((_DOWN, -1), (_UP, 1)):
        for word in words:
            if bare.startswith(word) and len(bare) > len(word):
                return bare[len(word) :].strip(" :了"), sign
    return bare, 1


def _digits(bare: str, *, repair: bool) -> int | float | None:
    """A number without sign and unit."""
    if _GROUPED.fullmatch(bare.split(".")[0]):
        bare = re.sub(r"[,，、'’ ]", "", bare)
    bare = _letter_spaced(bare)
    if _PLAIN_NUMBER.fullmatch(bare):
        return float(bare) if "." in bare else int(bare)
    # 百, 千, 万 and 亿 alone are units; 十 is a number.
    if bare not in UNITS or UNITS[bare] == 10:
        value = parse_chinese(bare)
        if value is not None:
            return value
    # A word of such letters is no number; one lone letter is.
    if repair and (len(bare) == 1 or any(c.isdigit() for c in bare)):
        fixed = _letter_spaced(_WEAR.sub("", bare).translate(_CONFUSED))
        fixed = "0" if fixed and not fixed.strip("0") else fixed
        if _PLAIN_NUMBER.fullmatch(fixed):
            return float(fixed) if "." in fixed else int(fixed)
    return None


def _letter_spaced(bare: str) -> str:
    """Single digits set apart are one number, but never one that starts with 0: "0 0" is two."""
    if re.fullmatch(r"[1-9](?: \d)+", bare):
        return bare.replace(" ", "")
    return bare
