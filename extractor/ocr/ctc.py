"""Reading text out of the posteriors of a CTC recogniser (Graves et al. 2006): frames × symbols.

Symbol 0 is the blank. A text stands for all frame labellings that become it when repeated symbols
are merged and blanks dropped.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from extractor.ocr.engine import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Posteriors = NDArray[np.float32]  # frames × symbols, rows sum to 1

BLANK = 0
BEAM = 16  # prefixes kept after each frame
RUNNERS_UP = 5
LONGEST = (
    32  # characters; longer texts get no runners-up: too many readings differ in one character
)
FAINT = 1e-3  # symbols below are no alternative when reading freely
FAINT_RESTRICTED = (
    1e-6  # with an alphabet there are few symbols: keep the tails, sums may need them
)


@dataclass(frozen=True, slots=True)
class Symbols:
    """The characters of a recogniser, by the index of their column; index 0 is the blank."""

    characters: tuple[str, ...]

    def columns(self, alphabet: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """For each character of `alphabet` that the recogniser knows, the columns that mean it.

        Forms that differ in width only (０ and 0, ／ and /) mean the same character.
        """
        return _columns(self.characters, alphabet)


@cache
def _columns(characters: tuple[str, ...], alphabet: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    wanted: dict[str, list[int]] = {character: [] for character in alphabet}
    for index, character in enumerate(characters[1:], start=1):
        if character in wanted:
            wanted[character].append(index)
        elif (narrow := unicodedata.normalize("NFKC", character)) in wanted:
            wanted[narrow].append(index)
    return tuple((character, tuple(found)) for character, found in wanted.items() if found)


def decode(
    posteriors: Posteriors,
    symbols: Symbols,
    alphabet: str | None = None,
    *,
    width: float | None = None,
) -> Reading:
    """The most probable frame labelling as a reading, with its runners-up.

    `width` is how many frames the crop covers (the rest is padding); None is all. A character's
    probability is its highest posterior among its frames, always taken from the unrestricted
    posteriors: where an alphabet forces a digit upon what looks like a letter, it stays low. A
    restricted frame chooses between blank and character first, by the whole mass of characters, and
    only then between the characters allowed: what cannot be spelled does not vanish as blank.
    """
    covered = float(len(posteriors)) if width is None else width
    posteriors = posteriors[: max(1, int(np.ceil(covered)))]
    if alphabet is None:
        best = posteriors.argmax(axis=1)
        return _reading(posteriors, best, symbols.characters, covered, FAINT)
    columns = symbols.columns(alphabet)
    names = ("", *(character for character, _ in columns))
    free = np.stack(
        [posteriors[:, BLANK], *(posteriors[:, list(found)].sum(axis=1) for _, found in columns)],
        axis=1,
    )
    best = _restricted_choice(free)
    return _reading(free, best, names, covered, FAINT_RESTRICTED)


def _restricted_choice(free: Posteriors) -> NDArray[np.intp]:
    if free.shape[1] == 1:
        return np.zeros(len(free), dtype=np.intp)
    inked = 1 - free[:, BLANK]
    allowed = free[:, 1:]
    share = allowed.max(axis=1) / np.maximum(allowed.sum(axis=1), np.finfo(np.float32).tiny)
    choice: NDArray[np.intp] = allowed.argmax(axis=1) + 1
    return np.where(inked * share > free[:, BLANK], choice, BLANK)


def _reading(
    free: Posteriors, best: NDArray[np.intp], names: Sequence[str], covered: float, faint: float
) -> Reading:
    reading = labelled(free, best, names, covered)
    if not 0 < len(reading.text) <= LONGEST:
        return reading
    return replace(reading, runners_up=_runners_up(free, names, reading.text, faint))


def labelled(
    free: Posteriors, best: NDArray[np.intp], names: Sequence[str], covered: float
) -> Reading:
    """The reading of one labelling, `best`, of the frames; `covered` of them are the crop's."""
    runs = _runs(best)
    text = "".join(names[best[start]] for start, _ in runs)
    probabilities = tuple(float(free[start:end, best[start]].max()) for start, end in runs)
    positions = tuple(min(1.0, (start + end) / 2 / covered) for start, end in runs)
    return Reading(text, probabilities, positions)


def _runs(best: NDArray[np.intp]) -> list[tuple[int, int]]:
    borders = np.flatnonzero(np.diff(best)) + 1
    starts, ends = [0, *borders.tolist()], [*borders.tolist(), len(best)]
    return [(s, e) for s, e in zip(starts, ends, strict=True) if best[s] != BLANK]


def _runners_up(
    free: Posteriors, names: Sequence[str], text: str, faint: float
) -> tuple[tuple[str, float], ...]:
    readings = readings_by_probability(free, names, faint)
    return tuple((other, p) for other, p in readings if other != text)[:RUNNERS_UP]


def readings_by_probability(
    posteriors: Posteriors, names: Sequence[str], faint: float = FAINT
) -> list[tuple[str, float]]:
    """Whole texts with their probability, most probable first: prefix beam search.

    Source: Hannun et al. 2014, "First-pass large vocabulary continuous speech recognition". The sum
    over all labellings of a text is exact but for symbols below `faint` and prefixes beyond BEAM.
    """
    # A prefix is a tuple of columns; its probability is kept apart by whether it ends in a blank.
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for frame in _frames(posteriors, faint):
        beam = _pruned(_extended(beam, frame), faint)
    totals: dict[str, float] = defaultdict(float)
    for prefix, (blank, inked) in beam.items():
        totals["".join(names[column] for column in prefix)] += blank + inked
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _frames(posteriors: Posteriors, faint: float) -> list[list[tuple[int, float]]]:
    """For each frame the columns that are no fainter than `faint`, with their posterior."""
    best = posteriors.argmax(axis=1)
    top = posteriors[np.arange(len(best)), best]
    frames = [[pair] for pair in zip(best.tolist(), top.tolist(), strict=True)]
    # Where one symbol has nearly all the mass no other can reach `faint`: most frames are so.
    for row in np.flatnonzero(top < 1 - faint).tolist():
        columns = np.flatnonzero(posteriors[row] >= faint)
        kept = posteriors[row, columns]
        frames[row] = list(zip(columns.tolist(), kept.tolist(), strict=True)) or frames[row]
    return frames


def _extended(
    beam: dict[tuple[int, ...], tuple[float, float]], frame: list[tuple[int, float]]
) -> dict[tuple[int, ...], list[float]]:
    longer: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for prefix, (blank, inked) in beam.items():
        for column, p in frame:
            if column == BLANK:
                longer[prefix][0] += p * (blank + inked)
            elif prefix and prefix[-1] == column:
                longer[prefix][1] += p * inked
                longer[*prefix, column][1] += p * blank
            else:
                longer[*prefix, column][1] += p * (blank + inked)
    return longer


def _pruned(
    beam: dict[tuple[int, ...], list[float]], faint: float
) -> dict[tuple[int, ...], tuple[float, float]]:
    order = sorted(beam.items(), key=lambda item: -sum(item[1]))[:BEAM]
    least = sum(order[0][1]) * faint * 1e-2 if order else 0.0
    return {prefix: (b, i) for prefix, (b, i) in order if b + i > least}
