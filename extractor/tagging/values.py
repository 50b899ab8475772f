"""`normalized` of every entity, from its printed text; works on any pipeline's `doc.ents`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractor import quantities
from extractor.document import Normalized
from extractor.normalize import document_number, iso_date, unspaced
from extractor.tagging.compact import compact_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.tokens import Doc, Span

# Adverbs right before a number and words right behind it that make it approximate.
# 预约12人, 附近5个 and 网上30件 are exact.
_ABOUT = re.compile("(?:(?<![预签契公节特条合制相邀])约|(?<![附最临邻亲])近|(?<![高赶])超过?|逾)$")
_ABOUT_AFTER = ("以上", "左右", "上下", "以内", "以下")


def _agency(text: str) -> Normalized:
    return Normalized(unspaced(text))


def _title(text: str) -> Normalized:
    """Without its 《》 and without the spaces that only come from line breaks."""
    inner = text.strip().removeprefix("《").removesuffix("》")
    inner = re.sub(r"\s+", " ", inner).strip()
    return Normalized(re.sub(r"(?<![!-~]) | (?![!-~])", "", inner))


def _number(text: str) -> Normalized:
    return Normalized(document_number(text))


def _quantity(read: Callable[[str], quantities.Quantity | None]) -> Callable[[str], Normalized]:
    def normalise(text: str) -> Normalized:
        value = read(text)
        return Normalized(None) if value is None else Normalized(*value)

    return normalise


# Words right before a month that tell its year by that of the report.
_RELATIVE = {
    ("前年",): -2,
    ("去年", "上年", "上年度", "上一年", "上一年度"): -1,
    ("今年", "本年", "本年度", "当年", "年内"): 0,
    ("次年", "明年", "翌年", "来年", "下年", "下年度", "下一年"): 1,
}

NORMALISERS: dict[str, Callable[[str], Normalized]] = {
    "AGENCY": _agency,
    "DOC_TITLE": _title,
    "DOC_NUMBER": _number,
    "COUNT": _quantity(quantities.count),
    "MONEY": _quantity(quantities.money),
    "PERCENT": _quantity(quantities.percent),
}


@dataclass(slots=True)
class Dates:
    """The first and the last date named so far, ISO; the texts of one report share them.

    The first is the title's year, so that of the report.
    """

    last: str | None = None
    first: str | None = None

    def before(self, text: str) -> str | None:
        """The date that completes one behind the text: 去年12月 is a year before the report's."""
        for words, years in _RELATIVE.items():
            if text.endswith(words):
                base = self.first or self.last
                return f"{int(base[:4]) + years:04d}" if base else None
        return self.last


def set_values(doc: Doc) -> Doc:
    """Set `span._.normalized`; dates take what they lack from those before.

    `user_data["dates"]`, a Dates that the texts of a report share, hands the last date on.
    """
    dates, text = doc.user_data.setdefault("dates", Dates()), compact_of(doc).whole
    for span in doc.ents:
        printed = text[span.start_char : span.end_char]
        if span.label_ == "DATE":
            value = iso_date(printed, dates.before(text[: span.start_char].rstrip()[-4:]))
            dates.last = value or dates.last
            dates.first = dates.first or value
            span._.normalized = Normalized(value)
        elif span.label_ in NORMALISERS:
            span._.normalized = _approximate(span, text, NORMALISERS[span.label_](printed))
    return doc


def _approximate(span: Span, text: str, value: Normalized) -> Normalized:
    """约, 近 before or 以上 behind make a quantity approximate though they are outside the span."""
    if span.label_ not in ("COUNT", "MONEY") or value.approximate:
        return value
    before, after = text[max(0, span.start_char - 4) : span.start_char], text[span.end_char :][:3]
    hundreds = before.rstrip().endswith("上") and text[span.start_char] in "百千万"
    about = _ABOUT.search(before.rstrip()) or after.lstrip().startswith(_ABOUT_AFTER) or hundreds
    return Normalized(value.value, value.unit, approximate=True) if about else value
