"""COUNT, MONEY and PERCENT: numbers with what they measure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor.tagging import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEASURES = sorted(lexicon.guarded("measures").items(), key=lambda entry: -len(entry[0]))
_MEASURE = "|".join(lexicon.guard(word, not_before) for word, not_before in _MEASURES)
_UNIT = rf"(?:(?:{_MEASURE})(?:[（(]次[）)])?)"
_ARABIC = r"\d+(?:,\d{3})*(?:\.\d+)?"
_CHINESE = "(?:[二两三四五六七八九十][一二三四五六七八九十百千万亿零〇]*)"
_VAGUE = "[余多]?[万亿千百]{0,2}[余多]?"
_TO = "[-—–~～至到]+"

_NOT_AFTER = r"(?<![第\dA-Za-z.×#№-])(?<!第[\d一二三四五六七八九十百]、)(?<!\d,)"
COUNT = re.compile(
    rf"{_NOT_AFTER}(?:{_ARABIC}{_TO})?{_ARABIC}{_VAGUE}{_UNIT}"
    rf"|(?<![第一二三四五六七八九十百千万亿零〇届几数]){_CHINESE}(?:{_TO}{_CHINESE})?[余多]?{_UNIT}"
    rf"|(?<=[近上超逾达])[百千万]{_UNIT}|[百千万]余{_UNIT}"
)
# 一 + measure states a quantity only behind a rhythm or a sum, or behind its noun at a pause.
ONE = re.compile(
    rf"(?<=[周月年季天日度])一{_UNIT}|(?<=至少)一{_UNIT}|(?<=少于)一{_UNIT}|(?<=[共仅])一{_UNIT}"
    r"|(?<=[会训动议件请讼案息料题栏讲查评函告])一[场次件条期份项篇起宗例](?=[，。；、,;）)和])"
)
_SLOGAN = re.compile("|".join((*lexicon.words("slogans"), "十条(?=措施)")))
_CURRENCY = "(?:元|人民币元|美元|港元|港币|欧元|日元|英镑|圆)"
MONEY = re.compile(
    rf"(?<![\d.A-Za-z-])(?:[¥￥]{_ARABIC}{_VAGUE}(?:{_CURRENCY})?|{_ARABIC}{_VAGUE}{_CURRENCY}(?![旦月宵素])"
    rf"|(?<![一二两三四五六七八九十百千万亿零〇])[一二两三四五六七八九十][一二两三四五六七八九十百千万亿零〇]{{0,30}}[余多]?{_CURRENCY}(?![旦月宵素]))"
)
PERCENT = re.compile(
    rf"(?<![\d.])(?:(?<![\d%‰至到~～—–])-)?{_ARABIC}[%‰]|百分之[一二三四五六七八九十百零〇点两]+|百分之{_ARABIC}"
)


def find_money(text: str) -> Iterator[tuple[int, int]]:
    """Amounts with their currency unit."""
    return (match.span() for match in MONEY.finditer(text))


def find_percent(text: str) -> Iterator[tuple[int, int]]:
    """Percentages in figures or words."""
    return (match.span() for match in PERCENT.finditer(text))


def find_counts(text: str) -> Iterator[tuple[int, int]]:
    """Numbers with a measure word; ordinals, slogans and names are left out."""
    for match in COUNT.finditer(text):
        if not _is_name(text, match):
            yield match.span()
    for match in ONE.finditer(text):
        if text[match.start() - 1] not in "“‘":
            yield match.span()


def _is_name(text: str, match: re.Match[str]) -> bool:
    """Whether the number belongs to a name: 第三、四条, “三个清单”, 二次, 十九届六次全会."""
    start, end = match.span()
    if match[0][0].isdigit():
        return bool(re.search(r"第[\d、至和-]+$", text[max(0, start - 8) : start]))
    before = text[max(0, start - 6) : start]
    return (
        _SLOGAN.match(text, start) is not None
        or before[-1:] in "“‘"
        or match[0] in ("二次", "三人", "十分")
        or bool(re.search("第[一二三四五六七八九十百、至和]+$", before))
        or text.startswith(("全会", "全国"), end)
    )
