"""The search for explanations of broken sums: against enumeration, its bound, its limits."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.reading import search
from extractor.reading.likelihood import gap
from extractor.reading.search import Option, Sums, explain, groups

Weights = dict[tuple[tuple[int, int], ...], float]


def price(out: int) -> float:
    """A relation is out in print once in a hundred times."""
    return 0.01 * gap(out) if out else 1.0


def weights(sums: Sums) -> Weights:
    """Every combination of options with its weight, by enumeration."""
    found = {}
    for picks in itertools.product(*([-1, *range(len(c))] for c in sums.cells)):
        changed = tuple((cell, pick) for cell, pick in enumerate(picks) if pick >= 0)
        gaps = list(sums.gaps)
        weight = 1.0
        for cell, pick in changed:
            weight *= sums.cells[cell][pick].odds
            for relation, move in sums.cells[cell][pick].moves:
                gaps[relation] += move
        found[changed] = weight * math.prod(map(sums.price, gaps))
    return found


def marginals(found: Weights) -> dict[tuple[int, int], float]:
    """The probability of each option."""
    total = sum(found.values())
    result: dict[tuple[int, int], float] = {}
    for changed, weight in found.items():
        for pick in changed:
            result[pick] = result.get(pick, 0.0) + weight / total
    return result


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells in rows and columns that sum to 0, with the shifts that each cell may take."""

    rows: int
    columns: int

    def sums(self, shifts: list[list[tuple[int, float]]], gaps: list[int]) -> Sums:
        members = [
            frozenset(r * self.columns + c for c in range(self.columns)) for r in range(self.rows)
        ] + [frozenset(r * self.columns + c for r in range(self.rows)) for c in range(self.columns)]
        cells = tuple(
            tuple(
                Option(odds, tuple((r, shift) for r, cells in enumerate(members) if i in cells))
                for shift, odds in options
            )
            for i, options in enumerate(shifts)
        )
        return Sums(cells, tuple(members), tuple(gaps), price)


shift = st.integers(-3, 3).filter(bool)
odds = st.sampled_from([1.2, 0.8, 0.1, 1e-3, 1e-5])
options = st.lists(st.tuples(shift, odds), max_size=2, unique_by=lambda o: o[0])
systems = st.sampled_from([Grid(1, 4), Grid(2, 2), Grid(2, 3), Grid(3, 2)]).flatmap(
    lambda grid: st.builds(
        grid.sums,
        st.lists(options, min_size=grid.rows * grid.columns, max_size=grid.rows * grid.columns),
        st.lists(
            st.integers(-3, 3),
            min_size=grid.rows + grid.columns,
            max_size=grid.rows + grid.columns,
        ),
    )
)


@settings(max_examples=400, deadline=None)
@given(systems)
def test_as_enumeration(sums: Sums) -> None:
    """Every explanation weighs what enumeration says, and what is missed lies within the bound."""
    exact = marginals(weights(sums))
    for group in explain(sums):
        inside = {k: w for k, w in weights(sums).items() if all(c in group.cells for c, _ in k)}
        # What the other groups do to relations that this group does not touch.
        scale = inside[()] / weights(_only(sums, group.cells))[()]
        found = {e.changed: e.weight for e in group.found}
        total = sum(inside.values()) / scale
        keyed = {tuple(sorted(k)): w for k, w in found.items()}
        assert len(keyed) == len(found)
        for changed, weight in keyed.items():
            assert weight == pytest.approx(inside[changed] / scale)
        assert group.weight <= total * (1 + 1e-9)
        assert total <= (group.weight + group.missed) * (1 + 1e-9)
        assert group.bound < 2e-3
        for pick, probability in marginals(keyed).items():
            assert probability == pytest.approx(exact[pick], abs=group.bound + 1e-9)


def _only(sums: Sums, cells: tuple[int, ...]) -> Sums:
    """The system with the relations of these cells only."""
    gaps = tuple(
        g if members & set(cells) else 0
        for g, members in zip(sums.gaps, sums.relations, strict=True)
    )
    return Sums(sums.cells, sums.relations, gaps, sums.price)


def test_groups() -> None:
    """Cells hang together through relations; cells without options do not count."""
    option = Option(0.5, ())
    cells = ((option,), (option,), (), (option,), (option,))
    relations = (frozenset({0, 2}), frozenset({2, 1}), frozenset({3, 4}))
    assert groups(Sums(cells, relations, (0, 0, 0), price)) == [(0,), (1,), (3, 4)]


def test_a_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within its budget, and it says how much it may have missed."""
    monkeypatch.setattr(search, "BUDGET", 50)
    cell = [(1, 0.9), (-1, 0.9), (2, 0.5)]
    (group,) = explain(Grid(5, 5).sums([cell] * 25, [1, -2, 3, 1, 0, 2, -1, 1, 1, 0]))
    assert group.bound > 0.5
    assert group.weight > 0
