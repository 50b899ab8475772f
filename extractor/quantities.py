"""Printed quantities → values: Chinese and Arabic numerals, counts, money, percentages, dates.

Pure functions. They take the span as it is printed (white space anywhere) and return None where it
says no such quantity, so that a tagger and a reviewer's correction go through the same door.
"""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import NamedTuple

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "Ｏ": 0, "两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3,
    "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
SMALL_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
LARGE_UNITS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
UNITS = SMALL_UNITS | LARGE_UNITS
CHINESE = "".join(DIGITS) + "".join(UNITS)

_HALF_WIDTH = {0xFF10 + i: ord("0") + i for i in range(10)} | {
    ord("％"): "%", ord("．"): ".", ord("，"): ",", ord("－"): "-",
}  # fmt: skip
_ARABIC = re.compile(rf"(\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)([{''.join(UNITS)}]*)")
_VAGUE = "余多几来"
_SPAN = re.compile(
    rf"(?P<before>约|近|超过|超|逾|至少|不少于|大约|将近|上|[¥￥])*"
    rf"(?P<number>[\d{CHINESE}][\d,.{CHINESE}]*)"
    rf"(?:(?P<to>[-—–~～至到]+)(?P<last>[\d{CHINESE}][\d,.{CHINESE}]*))?"
    rf"(?P<vague>[{_VAGUE}])?(?P<scale>[{''.join(UNITS)}]*)(?P<vague2>[{_VAGUE}])?"
    rf"(?P<unit>.*?)(?P<after>以上|左右|上下|以下|以内)?"
)


class Quantity(NamedTuple):
    """A value with its measure word; a range A至B is the text "A/B" and approximate."""

    value: int | float | str
    unit: str | None = None
    approximate: bool = False


def compact(text: str) -> str:
    """The text without any white space (full-width spaces too)."""
    return "".join(text.split())


def half_width(text: str) -> str:
    """Full-width digits, percent sign, point, comma and hyphen as ASCII; the length stays."""
    return text.translate(_HALF_WIDTH)


def chinese_number(text: str) -> int | None:
    """A Chinese numeral (三百零五, 两千, 一万二, 二〇二一, 十二亿) as an integer, else None.

    A digit after 百, 千, 万, 亿 without its own unit takes the next lower one (一百二 is 120).
    """
    if not text or any(c not in DIGITS and c not in UNITS for c in text):
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
        if char in SMALL_UNITS:
            section += (digit or 1) * step
        else:  # a 亿 after a 万 multiplies both (一万亿)
            lower = total if total < step else 0
            total = total - lower + (lower + section + digit or 1) * step
            section = 0
        digit = 0
    elided = digit and not after_zero and step >= 100
    return total + section + (digit * step // 10 if elided else digit)


def number(text: str) -> int | float | None:
    """An Arabic, Chinese or mixed number (1,234 · 3.2万 · 十二 · 1亿); None if it is none."""
    text = half_width(compact(text))
    match = _ARABIC.fullmatch(text)
    if match is None:
        return chinese_number(text)
    factor = math.prod(UNITS[unit] for unit in match[2])
    return plain(Decimal(match[1].replace(",", "")) * factor)


def plain(value: Decimal) -> int | float:
    """An int where the decimal is whole, else a float."""
    return int(value) if value == value.to_integral_value() else float(value)


def count(text: str) -> Quantity | None:
    """A number with its measure word: 30 余人 → (30, 人, True); 3—5个 → ("3/5", 个, True)."""
    match = _SPAN.fullmatch(half_width(compact(text)))
    if match is None:
        return None
    value = _scaled(match["number"], match["scale"])
    if value is None:
        return None
    unit = re.sub(r"[（(](\w+)[）)]", r"\1", match["unit"]) or None
    vague = bool(match["vague"] or match["vague2"] or match["after"] or match["before"])
    if match["last"] is None:
        return Quantity(value, unit, vague)
    last = _scaled(match["last"], match["scale"])
    return None if last is None else Quantity(f"{value}/{last}", unit, approximate=True)


def _scaled(digits: str, scale: str) -> int | float | None:
    """The number with a scale that stands behind 余 (3万余 has none, 30余万 has 万)."""
    value = number(digits)
    if value is None:
        return None
    factor = math.prod(UNITS[unit] for unit in scale)
    return plain(Decimal(str(value)) * factor)


def money(text: str) -> Quantity | None:
    """An amount in its currency, 元 unless another is printed: 3.2万元 → (32000, 元, False)."""
    read = count(re.sub(r"^(人民币|RMB)", "", compact(text)))
    if read is None:
        return None
    unit = (read.unit or "元").removesuffix("人民币").replace("圆", "元") or "元"
    return Quantity(
        read.value, unit, read.approximate and not compact(text).startswith(("¥", "￥"))
    )


def percent(text: str) -> Quantity | None:
    """A percentage: 18.2% → 18.2, 百分之二十 → 20, 5‰ → 0.5; None if it is none."""
    text = half_width(compact(text))
    if match := re.fullmatch(rf"百分之([\d.{CHINESE}点]+)", text):
        value = _spoken_decimal(match[1])
        return None if value is None else Quantity(value)
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)(%|‰)", text)
    if match is None:
        return None
    share = Decimal(match[1]) / (10 if match[2] == "‰" else 1)
    return Quantity(plain(share))


def _spoken_decimal(text: str) -> int | float | None:
    """二十 → 20, 十八点二 → 18.2."""
    whole, point, rest = text.partition("点")
    value = number(whole)
    if not point or value is None:
        return value
    if not rest or any(c not in DIGITS for c in rest):
        return None
    return float(f"{value}." + "".join(str(DIGITS[c]) for c in rest))


_N = rf"[\d{''.join(DIGITS)}十]"
_DATE = re.compile(
    rf"(?:(?P<y>{_N}{{4}})(?:年度?|学年度?))?(?:(?P<m>{_N}{{1,3}})月份?)?(?:(?P<d>{_N}{{1,3}})[日号])?"
)
_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?日?")
_YEARS = re.compile(r"(\d{4})(?:[-—–~～至到]+)(\d{4})(?:学?年度?)")
_MONTHS = re.compile(r"(?:(\d{4})年)?(\d{1,2})(?:[-—–~～至到]+)(\d{1,2})月份?")


def iso_date(text: str, context: str | None = None) -> str | None:
    """A printed date as ISO: 2021, 2021-05, 2020-01-01, 2006/2010 for a span.

    `context` is an ISO date standing before it: it gives the year that a month-day
    lacks (12月31日) and the month that a day lacks (31日). None where a part is missing still or
    the calendar has no such day.
    """
    text = half_width(compact(text))
    if match := _YEARS.fullmatch(text):
        return f"{match[1]}/{match[2]}"
    if match := _MONTHS.fullmatch(text):
        year = match[1] or _year_of(context)
        first, last = _joined(year, match[2], None), _joined(year, match[3], None)
        return f"{first}/{last}" if first and last else None
    match = _ISO.fullmatch(text) or _DATE.fullmatch(text)
    if match is None or not text:
        return None
    return _joined(*_completed(match["y"], match["m"], match["d"], context))


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
            last = context.rpartition("/")[2]
            month = last[5:7] or None
    return year, month, day


def _joined(year: str | None, month: str | None, day: str | None) -> str | None:
    """ISO text of a date that exists, else None."""
    parts = [None if p is None else number(p) for p in (year, month, day)]
    y, m, d = parts
    if not isinstance(y, int) or (day is not None and month is None):
        return None
    try:
        date(y, int(m) if m is not None else 1, int(d) if d is not None else 1)
    except ValueError:
        return None
    return f"{y:04d}" + "".join(f"-{p:02d}" for p in (m, d) if isinstance(p, int))


def document_number(text: str) -> str:
    """A document number without spaces, its year in 〔〕: 泉政办[2021]1 号 → 泉政办〔2021〕1号."""
    return re.sub(
        r"[\[［(（【〔﹝〈](\d{4})年?[\]］)）】〕﹞〉]", r"〔\1〕", half_width(compact(text))
    )


def title(text: str) -> str:
    """A title without its 《》 and without the spaces that only come from line breaks."""
    inner = text.strip().removeprefix("《").removesuffix("》")
    inner = re.sub(r"\s+", " ", inner).strip()
    return re.sub(r"(?<![!-~]) | (?![!-~])", "", inner)
