"""Printed quantities → values: numbers with their measure word, money, percentages.

Pure functions. They take the span as it is printed (white space anywhere) and return None where it
says no such quantity, so that a tagger and a reviewer's correction go through the same door.
Numerals, dates and widths are those of `normalize`, which reads cells too.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import NamedTuple

from extractor.normalize import DIGITS, NUMERALS, UNITS, half_width, parse_chinese, unspaced

_ARABIC = re.compile(rf"(\d+(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)([{''.join(UNITS)}]*)")
_VAGUE = "余多几来"
_LONGEST = 40  # characters of a number: a longer one is none, and would take long to read
_SPAN = re.compile(
    rf"(?P<before>约|近|超过|超|逾|至少|不少于|大约|将近|上|[¥￥])*"
    rf"(?P<number>[\d{NUMERALS}][\d,.{NUMERALS}]*)"
    rf"(?:(?P<to>[-—–~～至到]+)(?P<last>[\d{NUMERALS}][\d,.{NUMERALS}]*))?"
    rf"(?P<vague>[{_VAGUE}])?(?P<scale>[{''.join(UNITS)}]*)(?P<vague2>[{_VAGUE}])?"
    rf"(?P<unit>.*?)(?P<after>以上|左右|上下|以下|以内)?"
)


class Quantity(NamedTuple):
    """A value with its measure word; a range A至B is the text "A/B" and approximate."""

    value: int | float | str
    unit: str | None = None
    approximate: bool = False


def number(text: str) -> int | float | None:
    """An Arabic, Chinese or mixed number (1,234 · 3.2万 · 十二 · 1亿); None if it is none."""
    text = half_width(unspaced(text))
    if len(text) > _LONGEST:
        return None
    match = _ARABIC.fullmatch(text)
    if match is None:
        return parse_chinese(text)
    factor = math.prod(UNITS[unit] for unit in match[2])
    return _exact(Decimal(match[1].replace(",", "")) * factor)


def _exact(value: Decimal) -> int | float:
    """An int where the decimal is whole, else a float."""
    return int(value) if value == value.to_integral_value() else float(value)


def count(text: str) -> Quantity | None:
    """A number with its measure word: 30 余人 → (30, 人, True); 3—5个 → ("3/5", 个, True)."""
    match = _SPAN.fullmatch(half_width(unspaced(text)))
    if match is None or len(match["number"]) > _LONGEST:
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
    return _exact(Decimal(str(value)) * factor)


def money(text: str) -> Quantity | None:
    """An amount in its currency, 元 unless another is printed: 3.2万元 → (32000, 元, False)."""
    read = count(re.sub(r"^(人民币|RMB)", "", unspaced(text)))
    if read is None:
        return None
    unit = (read.unit or "元").removesuffix("人民币").replace("圆", "元") or "元"
    return Quantity(
        read.value, unit, read.approximate and not unspaced(text).startswith(("¥", "￥"))
    )


def percent(text: str) -> Quantity | None:
    """A percentage: 18.2% → 18.2, 百分之二十 → 20, 5‰ → 0.5; None if it is none."""
    text = half_width(unspaced(text))
    if len(text) > _LONGEST:
        return None
    if match := re.fullmatch(rf"百分之([\d.{NUMERALS}点]+)", text):
        value = _spoken_decimal(match[1])
        return None if value is None else Quantity(value)
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)(%|‰)", text)
    if match is None:
        return None
    share = Decimal(match[1]) / (10 if match[2] == "‰" else 1)
    return Quantity(_exact(share))


def _spoken_decimal(text: str) -> int | float | None:
    """二十 → 20, 十八点二 → 18.2."""
    whole, point, rest = text.partition("点")
    value = number(whole)
    if not point or value is None:
        return value
    if not rest or any(c not in DIGITS for c in rest):
        return None
    return float(f"{value}." + "".join(str(DIGITS[c]) for c in rest))
