"""`normalized` of every entity, from its printed text; works on any pipeline's `doc.ents`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extractor import quantities
from extractor.document import Normalized
from extractor.normalize import document_number, iso_date, unspaced

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.tokens import Doc, Span

# Adverbs right before a number and words right behind it that make it approximate.
_ABOUT = ("大约", "将近", "超过", "约", "近", "超", "逾", "上")
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


NORMALISERS: dict[str, Callable[[str], Normalized]] = {
    "AGENCY": _agency,
    "DOC_TITLE": _title,
    "DOC_NUMBER": _number,
    "COUNT": _quantity(quantities.count),
    "MONEY": _quantity(quantities.money),
    "PERCENT": _quantity(quantities.percent),
}


def set_values(doc: Doc) -> Doc:
    """Set `span._.normalized`; dates take what they lack from those before.

    `user_data["year"]` is the date before the text, and after it the last one of the text.
    """
    context, text = doc.user_data.get("year"), doc.text  # joining the tokens once is fast enough
    for span in doc.ents:
        if span.label_ == "DATE":
            value = iso_date(span.text, context)
            context = value or context
            span._.normalized = Normalized(value)
        elif span.label_ in NORMALISERS:
            span._.normalized = _approximate(span, text, NORMALISERS[span.label_](span.text))
    doc.user_data["year"] = context
    return doc


def _approximate(span: Span, text: str, value: Normalized) -> Normalized:
    """约, 近 before or 以上 behind make a quantity approximate though they are outside the span."""
    if span.label_ not in ("COUNT", "MONEY") or value.approximate:
        return value
    before, after = text[max(0, span.start_char - 4) : span.start_char], text[span.end_char :][:3]
    about = before.rstrip().endswith(_ABOUT) or after.lstrip().startswith(_ABOUT_AFTER)
    return Normalized(value.value, value.unit, approximate=True) if about else value
