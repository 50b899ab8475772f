"""DATE: definite years, months, days and their spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_C = "〇○零0Oo一二三四五六七八九"
_YEAR = rf"(?:(?<![\d.])(?:19|20)\d\d|[二一][{_C}]{{3}})年"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_CM = "(?:十[一二]|[一二三四五六七八九十])"
_CD = "(?:三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_DAY = f"{_D}[日号](?!内|前答|常)"
_TO = "[-—–~～至到]+"
_PATTERNS = (
    # spans printed as one: 2006—2010年, 2020-2021学年, 1—12月
    rf"(?<![\d.])(?:19|20)\d\d{_TO}(?:19|20)\d\d(?:学年度?|年度?)",
    rf"(?:{_YEAR})?(?<![\d.]){_M}{_TO}{_M}月份?(?!龄|\d)",
    # ISO and its like, not a part of an index number or a telephone number
    rf"(?<![\d/.-])(?:19|20)\d\d-{_M}(?:-{_D})?(?![\d-])",
    rf"(?<![\d/.-])(?:19|20)\d\d([/.]){_M}\1{_D}(?![\d./])",
    rf"{_YEAR}{_M}月{_DAY}",
    rf"{_YEAR}{_CM}月{_CD}日",
    rf"{_YEAR}(?:{_M}|{_CM})月份?",
    r"(?<![\d.])(?:19|20)\d\d学年度?",
    rf"{_YEAR}度?",
    rf"(?<![\d.第/]){_M}月{_DAY}",
    rf"{_CM}月{_CD}日",
    rf"(?<![\d.第/-]){_M}月份?(?!龄|\d|刊|嫂)",
)
DATE = re.compile("|".join(f"(?:{p})" for p in _PATTERNS))
_LATER_DAY = re.compile(rf"(?:{_TO}|、|和)({_DAY})")


def find_dates(text: str) -> Iterator[tuple[int, int]]:
    """Dates in the compact text; a day alone (31日) only where it follows a day (1日至31日)."""
    position = 0
    while match := DATE.search(text, position):
        yield match.span()
        position = match.end()
        while text[position - 1] in "日号" and (later := _LATER_DAY.match(text, position)):
            yield later.span(1)
            position = later.end()
