"""Which changes of uncertain numbers explain broken sums: all that matter, and a bound on the rest.

Every cell keeps its number or takes another one, at given odds; a sum that is out in the end has
its price. The weight of an explanation is the product of both, relative to "nothing is changed, no
sum is out". The tree of partial explanations is searched best first: a node stands for all its
completions, and their joint weight is bounded from above. Branches too light to matter are cut, and
so is what is left when the search ends; what was cut is added up, so the error is known.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Gaps = dict[int, int]  # of the relations that are out: relation → left side minus right side

ENOUGH = 1e-4  # of the weight found may lie in what is still to be looked at when the search ends
NEGLIGIBLE = 1e-8  # of the weight found: a branch below is cut at once
LUMP = 1e-5  # of the weight found: changes that no broken sum asks for are cut together
DOUBTFUL = 0.02  # odds that a cell changes from which it is counted exactly in bounds
MOST_COUNTED = 500  # combinations of their options: above, the bound is 1
BUDGET = 2000  # nodes of a search: about 0.1 s


@dataclass(frozen=True, slots=True)
class Option:
    """Another number for a cell: its odds against the one at hand, and which gaps it moves."""

    odds: float
    moves: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells with their options, and relations with their gaps as read.

    `price(gap)` is the odds that a relation is out by that much against that it holds: at most 1,
    greatest for a gap of 1.
    """

    cells: tuple[tuple[Option, ...], ...]
    relations: tuple[frozenset[int], ...]  # the cells of each
    gaps: tuple[int, ...]
    price: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to read the cells: which option each changed cell takes, and the gaps that stay."""

    weight: float
    changed: tuple[tuple[int, int], ...]
    gaps: tuple[int, ...]  # the relations that are out


@dataclass(frozen=True, slots=True)
class Explanations:
    """What was found for some cells that hang together, and at most how much weight was not."""

    cells: tuple[int, ...]
    found: tuple[Explanation, ...]
    missed: float

    @property
    def weight(self) -> float:
        """Of all that was found."""
        return sum(explanation.weight for explanation in self.found)

    @property
    def bound(self) -> float:
        """At most this share of the whole weight was missed; all where nothing was found.

        Where tens of sums are out even the best explanation may weigh less than a float can.
        """
        return self.missed / (self.weight + self.missed) if self.weight else 1.0


def explain(sums: Sums) -> tuple[Explanations, ...]:
    """The explanations of each group of cells that share relations, from heavy to light."""
    return tuple(_Search(sums, group).run() for group in groups(sums))


def groups(sums: Sums) -> list[tuple[int, ...]]:
    """The cells with options, by connected component; a relation connects its cells."""
    above = list(range(len(sums.cells)))

    def root(cell: int) -> int:
        while above[cell] != cell:
            above[cell] = above[above[cell]]
            cell = above[cell]
        return cell

    for members in sums.relations:
        first, *others = [cell for cell in members if sums.cells[cell]] or [0]
        for other in others:
            above[root(other)] = root(first)
    found: dict[int, list[int]] = defaultdict(list)
    for cell, options in enumerate(sums.cells):
        if options:
            found[root(cell)].append(cell)
    return [tuple(group) for group in found.values()]


@dataclass(slots=True)
class _Node:
    """Decided: the cells that are not free, some of them changed. All else is open."""

    weight: float  # of the changes
    room: float  # what the options of the free cells can multiply it by
    free: int  # a bit for each cell
    gaps: Gaps
    changed: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Search:
    """The search of one group. `heap` holds what is to be looked at: (-bound, number, node)."""

    sums: Sums
    group: tuple[int, ...]
    masks: dict[int, int] = field(default_factory=dict)
    more: dict[int, float] = field(default_factory=dict)  # cell → odds of all its options
    repairs: dict[int, dict[int, float]] = field(default_factory=dict)
    doubt: dict[int, float] = field(default_factory=dict)
    doubtful: int = 0
    hopes: dict[tuple[int, int, int], float] = field(default_factory=dict)
    shifts: dict[tuple[int, int], dict[int, float]] = field(default_factory=dict)
    combinations: dict[int, int] = field(default_factory=dict)
    idle: list[tuple[int, float]] = field(default_factory=list)
    all_idle: float = 0.0
    heap: list[tuple[float, int, _Node]] = field(default_factory=list)
    found: list[Explanation] = field(default_factory=list)
    total: float = 0.0
    missed: float = 0.0
    made: int = 0

    def run(self) -> Explanations:
        self._prepare()
        free = sum(1 << cell for cell in self.group)
        gaps = {r: gap for r, gap in enumerate(self.sums.gaps) if gap and r in self.masks}
        room = math.prod(1 + more for more in self.more.values())
        self._push(_Node(1.0, room, free, gaps, ()))
        while self.heap and self.made < BUDGET:
            if -self.heap[0][0] * len(self.heap) <= ENOUGH * self.total:
                break
            self._expand(heapq.heappop(self.heap)[2])
        for bound, _, node in self.heap:
            self._leave(-bound, node)
        self.found.sort(key=lambda explanation: -explanation.weight)
        return Explanations(self.group, tuple(self.found), self.missed)

    def _prepare(self) -> None:
        inside = set(self.group)
        for cell in self.group:
            self.more[cell] = sum(option.odds for option in self.sums.cells[cell])
            self.doubtful |= (self.more[cell] > DOUBTFUL) << cell
        for relation, members in enumerate(self.sums.relations):
            own = members & inside
            if own:
                self.masks[relation] = sum(1 << cell for cell in own)
                sure = [cell for cell in own if self.more[cell] <= DOUBTFUL]
                self.doubt[relation] = sum(self._share(self.more[cell], cell) for cell in sure)
                self.repairs[relation] = defaultdict(float)
                for cell in sure:
                    for move, p in self._steps(relation, cell)[1:]:
                        self.repairs[relation][-move] += p
        idle = {cell: self._idle(cell) for cell in self.group}
        self.idle = sorted(idle.items(), key=lambda item: -item[1])
        self.all_idle = sum(idle.values())

    def _idle(self, cell: int) -> float:
        """At most what changes of a cell weigh where all its relations hold without."""
        own = 1 << cell
        return sum(
            option.odds
            * _product_of_disjoint(
                [(self._hope(r, m, ~own), self.masks[r] & ~own) for r, m in option.moves]
            )
            for option in self.sums.cells[cell]
        )

    def _share(self, odds: float, cell: int) -> float:
        """Odds against the number at hand → probability among all numbers of the cell."""
        return odds / (1 + self.more[cell])

    # --- bounds ---

    def _bound(self, node: _Node) -> float:
        """At most what all completions of the node weigh."""
        sure, parts = node.weight * node.room, []
        for relation, gap in node.gaps.items():
            open_cells = self.masks[relation] & node.free
            if open_cells:
                parts.append((self._hope(relation, gap, node.free), open_cells))
            else:
                sure *= self.sums.price(gap)
        return sure * _product_of_disjoint(parts)

    def _hope(self, relation: int, gap: int, free: int) -> float:
        """At most how probable it is that the relation holds or its price is paid.

        Exact over its doubtful free cells; of the others none changes, or one that repairs it, or
        another one, or two at least.
        """
        doubtful = self.masks[relation] & self.doubtful & free
        if doubtful and self._combinations(doubtful) > MOST_COUNTED:
            return 1.0
        key = relation, gap, doubtful
        if key not in self.hopes:
            shifts = self._shifts(relation, doubtful)
            repairs, price = self.repairs[relation], self.sums.price
            slack = price(1) * self.doubt[relation] + self.doubt[relation] ** 2 / 2
            self.hopes[key] = slack + sum(
                p * (price(gap + shift) + repairs.get(gap + shift, 0.0))
                for shift, p in shifts.items()
            )
        return min(1.0, self.hopes[key])

    def _combinations(self, cells: int) -> int:
        if cells not in self.combinations:
            own = [cell for cell in self.group if cells >> cell & 1]
            self.combinations[cells] = math.prod(1 + len(self.sums.cells[cell]) for cell in own)
        return self.combinations[cells]

    def _shifts(self, relation: int, cells: int) -> dict[int, float]:
        """The distribution of what these cells together move the gap by."""
        key = relation, cells
        if key not in self.shifts:
            if not cells:
                return {0: 1.0}
            cell = cells.bit_length() - 1
            before = self._shifts(relation, cells & ~(1 << cell))
            found: dict[int, float] = defaultdict(float)
            for move, p in self._steps(relation, cell):
                for shift, q in before.items():
                    found[shift + move] += p * q
            self.shifts[key] = found
        return self.shifts[key]

    def _steps(self, relation: int, cell: int) -> list[tuple[int, float]]:
        moves = [(0, self._share(1.0, cell))]
        for option in self.sums.cells[cell]:
            move = next((m for r, m in option.moves if r == relation), 0)
            moves.append((move, self._share(option.odds, cell)))
        return moves

    # --- the tree ---

    def _push(self, node: _Node) -> None:
        self.made += 1
        bound = self._bound(node)
        if bound < NEGLIGIBLE * self.total:
            self.missed += bound
        else:
            heapq.heappush(self.heap, (-bound, self.made, node))

    def _leave(self, bound: float, node: _Node) -> None:
        """Counts the node as if its free cells kept their numbers; the rest of it is missed."""
        weight = self._kept(node)
        if weight < NEGLIGIBLE * self.total:
            self.missed += bound
            return
        self.total += weight
        self.found.append(Explanation(weight, node.changed, tuple(node.gaps)))
        self.missed += max(bound - weight, 0.0)

    def _kept(self, node: _Node) -> float:
        return node.weight * math.prod(map(self.sums.price, node.gaps.values()))

    def _expand(self, node: _Node) -> None:
        """Splits the completions by the first of some cells that changes."""
        out = [r for r in node.gaps if self.masks[r] & node.free]
        if out:
            narrow = min(out, key=lambda r: self._width(self.masks[r] & node.free))
            self._push(self._split(node, self._by_doubt(self.masks[narrow] & node.free)))
            return
        self._leave(self._kept(node), node)
        self._split(node, self._uncalled_for(node))

    def _uncalled_for(self, node: _Node) -> list[int]:
        """The free cells of a node whose sums are settled that may change all the same."""
        scale, rest, cells = self._kept(node) * node.room, self.all_idle, []
        for cell, idle in self.idle:
            if scale * rest <= LUMP * self.total:
                break
            rest -= idle
            if node.free >> cell & 1:
                cells.append(cell)
        self.missed += scale * max(rest, 0.0)
        return cells

    def _width(self, cells: int) -> tuple[bool, int, int]:
        """Relations of few doubtful cells are settled first, those of none last."""
        doubtful = (cells & self.doubtful).bit_count()
        return doubtful == 0, doubtful, cells.bit_count()

    def _by_doubt(self, mask: int) -> list[int]:
        own = [cell for cell in self.group if mask >> cell & 1]
        return sorted(own, key=lambda cell: -self.more[cell])

    def _split(self, node: _Node, cells: Sequence[int]) -> _Node:
        """Adds a node for each option of each cell; returns that in which they all keep theirs."""
        for cell in cells:
            room, free = node.room / (1 + self.more[cell]), node.free & ~(1 << cell)
            for index, option in enumerate(self.sums.cells[cell]):
                gaps = _moved(node.gaps, option.moves)
                changed = (*node.changed, (cell, index))
                self._push(_Node(node.weight * option.odds, room, free, gaps, changed))
            node = _Node(node.weight, room, free, node.gaps, node.changed)
        return node


def _moved(gaps: Gaps, moves: Iterable[tuple[int, int]]) -> Gaps:
    gaps = dict(gaps)
    for relation, move in moves:
        gap = gaps.pop(relation, 0) + move
        if gap:
            gaps[relation] = gap
    return gaps


def _product_of_disjoint(parts: list[tuple[float, int]]) -> float:
    """The product of bounds that rest on different cells, the smallest ones first."""
    product, used = 1.0, 0
    for bound, cells in sorted(parts):
        if not cells & used:
            product, used = product * bound, used | cells
    return product
