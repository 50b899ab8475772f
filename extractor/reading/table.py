"""Fields and relations as sums over whole numbers, and the numbers that broken ones call for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.checks import equations
from extractor.reading.cells import CENTS, cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.checks import Equation
    from extractor.document import Field
    from extractor.reading.cells import Cell
    from extractor.template import Template

PLAUSIBLE = 1e-3  # odds by the pixels from which another reading is weighed against the first


@dataclass(frozen=True, slots=True)
class Sum:
    """A relation as Σ coefficient × number = 0 over cells; `gap` is the sum as read."""

    equation: Equation
    terms: Mapping[int, int]  # cell → coefficient
    gap: int


@dataclass(frozen=True, slots=True)
class System:
    """Cells and the relations between them, by index.

    `of_cell` are for each cell its relations, with the coefficient that it has there.
    """

    cells: tuple[Cell, ...]
    sums: tuple[Sum, ...]
    of_cell: tuple[tuple[tuple[int, int], ...], ...]


def system(template: Template, fields: Sequence[Field]) -> System:
    """The relations that can be tried, with every field that takes part.

    A field whose reading is no number takes part by its best other reading.
    """
    assumed = {field.id: _as_number(field) for field in fields}
    tried = tuple(equations(template, assumed))
    totals = {side[0].id for e in tried for side in (e.left, e.right) if len(side) == 1}
    own = {field.id: field for field in fields}
    ids = list(dict.fromkeys(field.id for equation in tried for field in equation.fields))
    cells = [cell(own[field_id], total=field_id in totals) for field_id in ids]
    place = {field_id: index for index, field_id in enumerate(ids)}
    known = tuple(c for c in cells if c is not None)
    assert len(known) == len(cells)  # a field without any number cannot be tried
    sums = tuple(_sum(equation, known, place) for equation in tried)
    of_cell: list[list[tuple[int, int]]] = [[] for _ in known]
    for r, one in enumerate(sums):
        for index, coefficient in one.terms.items():
            of_cell[index].append((r, coefficient))
    return System(known, sums, tuple(map(tuple, of_cell)))


def _as_number(field: Field) -> Field:
    found = cell(field, total=False)
    if found is None or found.choices[0].number is not None or field.state == "missing":
        return field
    return replace(field, value=found.shown(found.number), state="printed")


def _sum(equation: Equation, cells: Sequence[Cell], place: Mapping[str, int]) -> Sum:
    money = any(field.kind == "money" for field in equation.fields)
    terms: dict[int, int] = defaultdict(int)
    for sign, side in ((1, equation.left), (-1, equation.right)):
        for field in side:
            index = place[field.id]
            terms[index] += sign * ((CENTS if money else 1) // cells[index].unit)
    gap = sum(coefficient * cells[index].number for index, coefficient in terms.items())
    return Sum(equation, dict(terms), gap)


def called_for(known: System) -> list[set[int]]:
    """For each cell the numbers that would mend a broken sum it takes part in.

    Alone, or after another cell of that sum took a number that its pixels or another broken sum
    speak for; or nothing may be printed. A number below 0 is not called for.
    """
    direct: list[dict[int, set[int]]] = [defaultdict(set) for _ in known.cells]
    for r, own in enumerate(known.sums):
        for index, coefficient in own.terms.items():
            if own.gap and own.gap % coefficient == 0:
                direct[index][r].add(-own.gap // coefficient)
    found: list[set[int]] = [set() for _ in known.cells]
    for r, own in enumerate(known.sums):
        if own.gap:
            for index, shift in _mending(known, direct, r):
                found[index] |= {known.cells[index].number + shift, 0}
    return [{n for n in numbers if n >= 0} for numbers in found]


def _mending(
    known: System, direct: Sequence[Mapping[int, set[int]]], r: int
) -> Iterator[tuple[int, int]]:
    """Cells of a broken sum and how far each would have to move to mend what others leave of it."""
    own = known.sums[r]
    left: dict[int, set[int]] = {own.gap: set()}  # gap → the cells that led to it
    for index, coefficient in own.terms.items():
        elsewhere = {s for other, shifts in direct[index].items() if other != r for s in shifts}
        for shift in elsewhere | _read_otherwise(known.cells[index]):
            left.setdefault(own.gap + coefficient * shift, set()).add(index)
    for gap, led in left.items():
        for index, coefficient in own.terms.items():
            if gap and led != {index} and gap % coefficient == 0:
                yield index, -gap // coefficient


def _read_otherwise(own: Cell) -> set[int]:
    """How far its other plausible readings are from the number at hand.

    Nothing is one of them: a speck or a stroke may have been read as a digit.
    """
    least = PLAUSIBLE * own.choices[0].probability
    numbers = {own.whole(c) for c in own.choices if c.probability >= least} | {0}
    return {n - own.number for n in numbers if n is not None} - {0}
