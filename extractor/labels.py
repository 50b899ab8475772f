"""How alike a printed label and a label of the template are, and the alignment of two sequences.

Likeness is an edit distance over letters only, so that punctuation, spaces and width do not count.
Order is a prior: what is printed in the template's order is aligned as a whole, by dynamic
programming over gaps on both sides (Needleman and Wunsch, 1970, without a gap penalty).
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from extractor.normalize import letters, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    Scores = Sequence[Sequence[float]]  # printed × template

ALIKE = 0.5  # below it a printed label is not taken for one of the template
WEAK = 0.3  # below it a label speaks against a row that order alone would put there
BY_ORDER = 0.6  # certainty of a row or column that only order gives
_SHORTEST_PART = 4  # characters of a shortened label that still say what it is
_SHORTEST_SHARE = 0.35
_PART_LIKENESS = 90.0

_NUMBER = re.compile(
    r"^\s*(?:[(（]\s*([一二三四五六七八九十]{1,3}|\d{1,2})\s*[)）]"
    r"|([一二三四五六七八九十]{1,3}|\d{1,2})\s*[、.．,，:：)）]"
    r"|(\d{1,2})(?=[一-鿿]))"
)


@functools.lru_cache(maxsize=8192)
def _split(text: str) -> tuple[str | None, str]:
    """The number before a label and the letters behind it."""
    text = plain(text)
    found = _NUMBER.match(text)
    if found is None or not letters(text[found.end() :]):
        return None, letters(text)
    return next(group for group in found.groups() if group), letters(text[found.end() :])


@functools.lru_cache(maxsize=65536)
def likeness(printed: str, label: str) -> float:
    """How alike two labels are, 0 to 1. Numbering may be missing; a different one counts against.

    A shortened label (本机关不掌握 for 本机关不掌握相关政府信息) is alike too, though less.
    """
    (number_a, a), (number_b, b) = _split(printed), _split(label)
    if not a or not b or min(len(a), len(b)) < WEAK * max(len(a), len(b)):
        return 0.0
    same = max(
        Levenshtein.normalized_similarity(a, b),
        Levenshtein.normalized_similarity(letters(printed), letters(label)),
        _shortened(a, b),
    )
    if number_a and number_b and number_a != number_b:
        return same * 0.9
    return same + (1 - same) * 0.2 if number_a and number_a == number_b and same > WEAK else same


def _shortened(a: str, b: str) -> float:
    short, long = sorted((a, b), key=len)
    share = len(short) / len(long)
    if len(short) < _SHORTEST_PART or share < _SHORTEST_SHARE:
        return 0.0
    return 0.75 + 0.2 * share if fuzz.partial_ratio(short, long) >= _PART_LIKENESS else 0.0


def legible(text: str) -> bool:
    """Whether the text has enough characters to speak for or against a label."""
    return sum("一" <= c <= "鿿" for c in plain(text)) > 1


def certainty(own: float, rival: float, support: int) -> float:
    """How sure an assignment is, 0 to 1, from the likeness to its own label and to the next best.

    `support` counts the neighbours (0 to 2) that stand beside it on the paper as in the template. A
    label that is printed exactly, and has no near rival, is certain.
    """
    if own > 0.999 and rival < 0.97:
        return 1.0
    doubt = 0.5 * math.exp(-12 * max(own - rival, 0.0)) * (0.2**support)
    return 1.0 - doubt


def align(scores: Scores, least: float = ALIKE) -> list[int | None]:
    """For each printed row of `scores` the template row it stands for, in order, or None.

    Maximises the sum of likeness above chance over all monotone assignments; rows of either side
    may stay alone. Of equal assignments the first on the paper is taken.
    """
    size = len(scores[0]) if scores else 0
    best = [[0.0] * (size + 1)]
    for i, row in enumerate(scores):
        above, line = best[i], [0.0]
        for j, score in enumerate(row):
            paired = above[j] + _gain(score, least)
            line.append(max(above[j + 1], line[j], paired))
        best.append(line)
    return _traced(best, scores)


def _gain(score: float, least: float) -> float:
    return score - 0.8 * least if score >= least else -math.inf


def _traced(best: list[list[float]], scores: Scores) -> list[int | None]:
    found: list[int | None] = [None] * len(scores)
    i, j = len(scores), len(best[0]) - 1
    while i and j:
        if best[i][j] <= best[i - 1][j]:
            i -= 1
        elif best[i][j] <= best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            found[i] = j
    return found


def assign(scores: Scores, least: float = ALIKE) -> list[int | None]:
    """As `align`, but in any order: the most alike pair first. For columns that are permuted."""
    found: list[int | None] = [None] * len(scores)
    pairs = sorted(
        ((score, -i, -j) for i, row in enumerate(scores) for j, score in enumerate(row)),
        reverse=True,
    )
    taken: set[int] = set()
    for score, i, j in ((s, -a, -b) for s, a, b in pairs):
        if score >= least and found[i] is None and j not in taken:
            found[i] = j
            taken.add(j)
    return found


def total(scores: Scores, found: Sequence[int | None]) -> float:
    """The sum of likeness of an assignment."""
    return sum(scores[i][j] for i, j in enumerate(found) if j is not None)


def between(found: Sequence[int | None], size: int) -> list[tuple[int, int]]:
    """Pairs that order alone gives, in gaps with as many printed rows as template rows.

    A gap lies between two neighbours that were found; the ends bound one as well.
    """
    anchors = [(-1, -1), *((i, j) for i, j in enumerate(found) if j is not None)]
    anchors.append((len(found), size))
    pairs = []
    for (i0, j0), (i1, j1) in itertools.pairwise(anchors):
        if i1 - i0 == j1 - j0 > 1:
            pairs += list(zip(range(i0 + 1, i1), range(j0 + 1, j1), strict=True))
    return pairs
