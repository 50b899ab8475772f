"""How likely one number is taken for another: by a recogniser, or by the clerk who typed it.

Each function is a probability distribution over whole numbers, or less than one: what is left is
something that no rule here foresees.
"""

from __future__ import annotations

from dataclasses import dataclass

# Digits that recognisers take for each other, either way round.
_PAIRS = ["17", "38", "06", "56", "08", "68", "35", "49", "27", "89", "09", "69"]
_ALIKE = {d: frozenset("".join(p for p in _PAIRS if d in p)) - {d} for d in "0123456789"}
_MOST_DIGITS = 12  # longer numbers are as rare as these, or floats give out
_LIKELY = 0.7  # of a wrong digit, that it is one of those

# What becomes of a number that is misread.
_OTHER_DIGIT = 0.55
_DIGIT_LOST = 0.15
_DIGIT_GAINED = 0.1
_ANYTHING = 0.2


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of report: what share of reports is so, and how often its numbers are wrong in print.

    `addend` and `total` are probabilities that such a cell is not the number meant, `loose` that a
    relation does not hold though no single cell is at fault.
    """

    share: float
    addend: float
    total: float
    loose: float


# Errors in print come together: four reports of five have none, the fifth breaks one relation or
# more. Of six real reports at hand three do, by two or three cells each: six or seven of 216
# totals, one of 900 other cells at most.
CAREFUL = Paper(0.78, addend=1e-5, total=1e-5, loose=1e-5)
SLOPPY = Paper(0.22, addend=2e-3, total=0.05, loose=5e-3)
PAPERS = (CAREFUL, SLOPPY)


def misread(printed: int, read: int) -> float:
    """Probability that a number which was misread as `read` is `printed`."""
    own, seen = str(abs(printed)), str(abs(read))
    if (printed < 0) != (read < 0) and printed:
        return _ANYTHING * spread(printed) / 2
    chance = _ANYTHING * spread(printed)
    if len(own) == len(seen):
        return chance + _OTHER_DIGIT * _digit_taken(own, seen)
    if len(own) == len(seen) + 1:
        return chance + _DIGIT_LOST * _ways(own, seen) / (10 * len(own))
    if len(own) == len(seen) - 1:
        return chance + _DIGIT_GAINED * _ways(seen, own) / len(seen)
    return chance


def unseen(printed: int) -> float:
    """Probability that `printed` is what stands in a cell that looked blank and is not."""
    return spread(printed)


def slip(meant: int, printed: int) -> float:
    """Probability that a number wrong in print should have been `meant`.

    What is printed as nothing was mostly left out.
    """
    return spread(meant) if printed == 0 else gap(meant - printed)


def gap(difference: int) -> float:
    """Probability that a sum which does not hold is out by this much; 0 for no difference."""
    return 0.5 * _scale_free(abs(difference)) if difference else 0.0


def spread(number: int) -> float:
    """A count before anything is seen of it: each digit more halves its probability."""
    return _scale_free(abs(number)) if number else 0.05


def _scale_free(number: int) -> float:
    """Numbers of n digits share 2⁻ⁿ evenly."""
    digits = min(len(str(number)), _MOST_DIGITS)
    return float(0.5**digits / (9 * 10 ** (digits - 1)))


def _digit_taken(own: str, seen: str) -> float:
    """One digit taken for another, the others right."""
    wrong = [(a, b) for a, b in zip(own, seen, strict=True) if a != b]
    if len(wrong) != 1:
        return 0.0
    a, b = wrong[0]
    alike = _ALIKE[b]
    share = _LIKELY / len(alike) if a in alike else (1 - _LIKELY) / (9 - len(alike))
    return share / len(seen)


def _ways(longer: str, shorter: str) -> int:
    """In how many places one digit can be taken out of `longer` to give `shorter`."""
    return sum(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
