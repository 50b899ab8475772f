"""What a field may print: its reading, the runners-up, and what else broken sums call for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.normalize import cell_state
from extractor.reading.likelihood import misread, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.document import Alternative, Field, State, Value

# A reading is right more often than its least certain character says: of 3300 cells of scanned
# samples four were misread, all of them below 0.75. That something else is printed than any
# runner-up has (1 - p) ** SHARPER at most: 0.001 at 0.99. No pixels are read surer than SUREST.
SHARPER = 1.5
SUREST = 1 - 2e-4
LEAST = 1e-3
_TEXT_LAYER = 0.9995  # as in confidence: a text layer may lie under the wrong ruling
_UNKNOWN = 0.9
CENTS = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading that the pixels support; `probability` is by the pixels alone."""

    text: str
    value: Value
    state: State
    probability: float

    @property
    def number(self) -> int | float | None:
        """What it adds to a sum; None where it is no number."""
        if self.state == "printed":
            return self.value if isinstance(self.value, int | float) else None
        return 0


def is_open(field: Field) -> bool:
    """Whether relations may choose between readings of the field: only where pixels gave it."""
    return field.source == "ocr" and field.review not in ("confirmed", "corrected")


def choices(field: Field) -> tuple[Choice, ...]:
    """The field's own reading first, then other readings, each value and state once.

    Their probabilities sum to SUREST at most.
    """
    own = Choice(field.text, field.value, field.state, _pixels(field))
    found = {(own.state, own.value): own}
    for other in field.alternatives if is_open(field) else ():
        choice = _choice(other)
        key = (choice.state, choice.value)
        if key in found:
            choice = replace(found[key], probability=found[key].probability + choice.probability)
        found[key] = choice
    total = sum(choice.probability for choice in found.values())
    scale = min(1.0, SUREST / total) if total else 1.0
    return tuple(replace(c, probability=c.probability * scale) for c in found.values())


def _pixels(field: Field) -> float:
    if field.source != "ocr":
        return _TEXT_LAYER
    return _UNKNOWN if field.evidence.reading is None else max(field.evidence.reading, LEAST)


def _choice(other: Alternative) -> Choice:
    text = str(other.value) if other.text is None else other.text
    state = "printed" if other.value is not None else cell_state(text)
    return Choice(text, other.value, state, other.confidence)


@dataclass(frozen=True, slots=True)
class Cell:
    """A field as a term of sums. Numbers are whole: amounts of money count in hundredths.

    `number` is the one at hand: that of the reading, or of the best other one where the reading is
    no number. `total` says that it stands alone on a side of a relation.
    """

    field: Field
    choices: tuple[Choice, ...]
    number: int
    total: bool

    @property
    def unit(self) -> int:
        """How many parts of the whole the numbers count: 1, or 100 for money."""
        return CENTS if self.field.kind == "money" else 1

    @property
    def rest(self) -> float:
        """Probability by the pixels that none of the choices is printed."""
        left = 1 - sum(choice.probability for choice in self.choices)
        doubt: float = (1 - self.choices[0].probability) ** SHARPER
        return max(min(left, doubt), 1 - SUREST if self.field.source == "ocr" else 0.0)

    def whole(self, choice: Choice) -> int | None:
        """The number of a choice in whole parts."""
        return None if choice.number is None else round(choice.number * self.unit)

    def shown(self, number: int) -> int | float:
        """A whole number of parts as a value of the field."""
        return number / CENTS if self.field.kind == "money" else number


def cell(field: Field, *, total: bool) -> Cell | None:
    """The field as a term, None where no reading of it is a number."""
    found = choices(field)
    numbers = [choice for choice in found if choice.number is not None]
    if not numbers:
        return None
    best = found[0] if found[0].number is not None else max(numbers, key=_probability)
    bare = Cell(field, found, 0, total)
    return replace(bare, number=bare.whole(best) or 0)


def _probability(choice: Choice) -> float:
    return choice.probability


def by_pixels(own: Cell, called_for: Iterable[int]) -> dict[int, float]:
    """Probability by the pixels of each number: readings, and those that sums call for.

    The latter share what the readings leave, by how easily they are taken for the reading.
    """
    known: dict[int, float] = defaultdict(float)
    for choice in own.choices:
        number = own.whole(choice)
        if number is not None:
            known[number] += choice.probability
    others = {n: own.rest * _taken(own, n) for n in called_for if n not in known}
    scale = min(1.0, own.rest / sum(others.values())) if others else 1.0
    return known | {number: p * scale for number, p in others.items()}


def _taken(own: Cell, number: int) -> float:
    """Probability that it is this number which was not read as it is."""
    if own.field.source == "ocr" and own.choices[0].state == "printed":
        return misread(number, own.number)
    return unseen(number)
