"""Two readers' readings of one crop → one reading: a product of experts over their texts.

Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence", here with
a weight for each expert (a logarithmic opinion pool, Genest & Zidek 1986). The weights are fitted
on generated crops (models/numbers/README.md).
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.ocr.engine import Reading
from extractor.ocr.numbers import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Mapping

GENERAL, NUMBER = 0.35, 0.9  # weights of the general reader and of the reader of numbers
FLOOR = 1e-4  # what a reader leaves to a text that it does not name
RUNNERS_UP = 5
MALFORMED = 0.05  # how much less often a text is printed that no table would print
MANGLED = 0.002  # the same for points where commas stand between thousands
ALIKE = 0.05  # of what a reader gives a text goes to the one with a point in place of a comma
NUMERIC = frozenset("0123456789.,/-+%无元万件")
_NUMBER = re.compile(
    r"[-+]?(?:[1-9]\d{0,2}(?:,\d{3})+|0|[1-9]\d*)(?:\.\d+)?(?:%|元|万元|件)?|[-/无]"
)
# Groups of three digits after points or commas: a comma that has lost its tail is a point. Where
# the digits end in three, the last was one too, more often than not.
_GROUPS = re.compile(r"([-+]?[1-9]\d{0,2}(?:[.,]\d{3})+)(?:[.,](\d{1,2}))?")
_SAME = {"—": "-", "–": "-", "―": "-", "−": "-", "一": "-", "。": ".", "，": ","}


def combined(general: Reading, number: Reading) -> Reading:
    """The reading that both make most probable, with the probability of each character.

    `general` is what an engine reads, freely or restricted to the signs of numbers; `number` is a
    NumberReader's. A character's probability is the mass of the texts that have it there, so the
    least of them is no less than that of the whole; `runners_up` and the text together hold no more
    than 1. Where the general reading wins and is no number, it stands as it is. `agreed` says
    whether both read the same first.
    """
    spelled = _spellings(general)
    theirs, ours = _shares(general), _shares(number)
    named = {*theirs, *(text for text in ours if FOREIGN not in text)}
    masses = {
        text: _usual(text) * _mass(theirs, text) ** GENERAL * _mass(ours, text) ** NUMBER
        for text in named | {grouped(text) for text in named}
    }
    left = FLOOR ** (GENERAL + NUMBER)
    whole = sum(masses.values()) + left
    ranked = [
        (m / whole, t) for t, m in sorted(masses.items(), key=lambda item: (-item[1], item[0]))
    ]
    agreed = canonical(general.text) == canonical(number.text)
    if not ranked or not ranked[0][1]:
        return replace(general, agreed=agreed)
    best = ranked[0][1]
    probabilities = tuple(_at(ranked, best, i) for i in range(len(best)))
    others = tuple((spelled.get(t, t), p) for p, t in ranked[1 : RUNNERS_UP + 1])
    text = spelled.get(best, "—" if best == "-" else best)
    if len(text) != len(best):  # a dash in two pieces
        return Reading(text, (min(probabilities),) * len(text), (), others, agreed)
    return Reading(text, probabilities, _positions(general, number, best), others, agreed)


def canonical(text: str) -> str:
    """The text with one form for each sign: half width, one dash, one comma."""
    narrow = unicodedata.normalize("NFKC", text).replace(" ", "")
    if "一" in narrow and not set(narrow) - {"一"} <= NUMERIC:
        return narrow
    plain = "".join(_SAME.get(c, c) for c in narrow)
    # A dash that wear has broken, or that was printed as two, is one.
    return "-" if plain and not plain.strip("-_") else plain


def _spellings(general: Reading) -> dict[str, str]:
    """How the general reader writes each of its texts; the most probable spelling of each."""
    texts = (general.text, *(text for text, _ in general.runners_up))
    return {canonical(text): text for text in reversed(texts)}


def _shares(reading: Reading) -> dict[str, float]:
    """Probability of each text the reading names, by its canonical form."""
    shares: dict[str, float] = {}
    own = ((reading.text, math.prod(reading.probabilities)),) if reading.text else ()
    for text, p in (*own, *reading.runners_up):
        shares[canonical(text)] = shares.get(canonical(text), 0.0) + p
    whole = max(1.0, sum(shares.values()))
    return {text: p / whole for text, p in shares.items()}


def _usual(text: str) -> float:
    """How usual it is to print a text, next to others that look alike."""
    if not set(text) <= NUMERIC:
        return 1.0
    if grouped(text) != text:
        return MALFORMED if _separators(text) == 1 else MANGLED
    return 1.0 if _NUMBER.fullmatch(text) and text not in ("-0", "+0") else MALFORMED


def grouped(text: str) -> str:
    """A number in groups of three with commas between them and one point before its decimals.

    Anything else is given back as it is.
    """
    found = _GROUPS.fullmatch(text)
    if found is None:
        return text
    whole, decimals = found[1].replace(".", ","), found[2]
    return f"{whole}.{decimals}" if decimals else whole


def _separators(text: str) -> int:
    return text.count(".") + text.count(",")


def _mass(shares: Mapping[str, float], text: str) -> float:
    """What a reader gives a text; a text that is no number has all its foreign readings."""
    if not set(text) <= NUMERIC:
        foreign = sum(p for t, p in shares.items() if FOREIGN in t)
        return max(shares.get(text, 0.0), foreign, FLOOR)
    # In small print point and comma are a pixel or two: a reader that names one means either.
    alike = [] if _separators(text) < 2 else [
        p * ALIKE ** sum(a != b for a, b in zip(other, text, strict=True))
        for other, p in shares.items()
        if len(other) == len(text) and other.replace(".", ",") == text.replace(".", ",")
    ]  # fmt: skip
    return max(shares.get(text, 0.0), *alike, FLOOR)


def _at(ranked: list[tuple[float, str]], best: str, index: int) -> float:
    """Mass of the texts that are as long as the best and have its character at an index."""
    same = (p for p, t in ranked if len(t) == len(best) and t[index] == best[index])
    return min(1.0, sum(same))


def _positions(general: Reading, number: Reading, best: str) -> tuple[float, ...]:
    for reading in (number, general):
        if canonical(reading.text) == best and len(reading.positions) == len(best):
            return reading.positions
    return ()
