"""Weighing uncertain cells jointly: what the pixels leave open, the relations decide.

P(numbers meant) ∝ Π cells P(number | pixels, slips of the clerk) × Π relations P(holds or not).
A number in print differs from the one meant by a slip only, so what the paper says is kept apart
from what its sums want: the same cell may be misread, or printed wrong and read right.
"""

from __future__ import annotations

import functools
import math
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.reading.cells import by_pixels
from extractor.reading.likelihood import PAPERS, gap, slip
from extractor.reading.search import Option, Sums, explain
from extractor.reading.table import PLAUSIBLE, called_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.reading.cells import Cell, Choice
    from extractor.reading.likelihood import Paper
    from extractor.reading.search import Explanation, Explanations
    from extractor.reading.table import System

MOST_CALLED_FOR = 8  # numbers that broken sums may call for in one cell
GIVE_UP = 0.1  # where more of the weight may be missed, nothing is said about the cells
CHANCE = 0.01  # that a sum holds by chance with a number where none is printed
TOLD = 1e-5  # probability from which a story is told
LEAST = 1e-12  # probability that stands for none where odds are taken
SUSPECTED = 0.002  # probability of being at fault from which a cell is named
EXPLAINED = 0.5  # a relation for which its suspects answer with less makes all its cells suspects


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a relation is broken, in probabilities, and where.

    `misread`: one of its numbers was read wrong; the rest to 1 is that the paper itself is wrong: a
    number slipped, or the sum just does not hold. `suspects` are the fields that may be at fault,
    in print or in reading, the most probable first; relations cannot tell those that are alike.
    """

    relation: str
    misread: float
    suspects: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One way in which fields may be misread together, with its probability.

    `misread` is for each field of it the probability that it is misread in that story (else it is
    printed wrong). Stories of one group exclude each other; groups do not hang together.
    """

    group: int
    probability: float
    misread: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is printed in a cell, given pixels and relations.

    `choices` go with those of the cell, `called_for` are other numbers. The rest to 1 is something
    else, and what the search may have missed.
    """

    cell: Cell
    choices: tuple[float, ...]
    called_for: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class _Offer:
    """The numbers of one cell beside that at hand, and whence they come on one kind of paper.

    `misread` is for each number the probability that it is printed, not only meant.
    """

    numbers: tuple[int, ...]
    odds: tuple[float, ...]
    misread: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """The explanations under one kind of paper, and the probability of that kind given all."""

    paper: Paper
    offers: tuple[_Offer, ...]
    found: tuple[Explanations, ...]
    log_weight: float
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """What pixels and relations say together.

    posteriors: of every cell by its field's id, but for those of a relation with more explanations
    than can be searched; suspicions: one for each broken relation; stories: who is misread with
    whom.
    """

    posteriors: Mapping[str, Posterior]
    suspicions: tuple[Suspicion, ...]
    stories: tuple[Story, ...]


def weigh(known: System) -> Weighed:
    """Weighs the numbers of all cells and the relations between them."""
    pixels = _by_pixels(known)
    views = _shared([_view(known, pixels, paper) for paper in PAPERS])
    tally = _tally(known, views)
    posteriors = {
        own.field.id: _posterior(known, pixels[index], tally, index)
        for index, own in enumerate(known.cells)
        if all(tally.told[r] for r, _ in known.of_cell[index])
    }
    return Weighed(posteriors, tuple(_suspicions(known, tally)), tuple(_stories(known, views)))


def _stories(known: System, views: Sequence[_View]) -> Iterator[Story]:
    for view in views:
        for group in view.found:
            whole = group.weight or math.inf
            for one in group.found:
                share = view.share * one.weight / whole
                misread = {
                    known.cells[index].field.id: p
                    for index, option in one.changed
                    if (p := view.offers[index].misread[option]) > TOLD
                }
                if misread and share > TOLD:
                    yield Story(min(group.cells), share, misread)


# --- explanations ---------------------------------------------------------------------------------


def _by_pixels(known: System) -> list[dict[int, float]]:
    """For each cell the numbers that are weighed, with their probability by the pixels."""
    return [
        _plausible(own, by_pixels(own, wanted), wanted)
        for own, wanted in zip(known.cells, called_for(known), strict=True)
    ]


def _plausible(own: Cell, pixels: Mapping[int, float], wanted: set[int]) -> dict[int, float]:
    """The number at hand, other plausible readings, and the likeliest of those called for."""
    least = PLAUSIBLE * pixels[own.number]
    called = sorted((n for n in pixels if n in wanted), key=lambda n: -pixels[n])[:MOST_CALLED_FOR]
    kept = {own.number, *called, *(n for n, p in pixels.items() if p >= least)}
    return {n: p for n, p in pixels.items() if n in kept}


def _view(known: System, pixels: Sequence[Mapping[int, float]], paper: Paper) -> _View:
    offers = tuple(map(_offer, known.cells, pixels, [paper] * len(pixels)))
    sums = Sums(
        tuple(
            tuple(
                Option(odds, tuple((r, c * (number - own.number)) for r, c in terms))
                for number, odds in zip(offer.numbers, offer.odds, strict=True)
            )
            for own, offer, terms in zip(known.cells, offers, known.of_cell, strict=True)
        ),
        tuple(frozenset(own.terms) for own in known.sums),
        tuple(own.gap for own in known.sums),
        functools.cache(lambda out: _price(paper, out)),
    )
    found = explain(sums)
    held = len(known.sums) * math.log1p(-paper.loose)
    right = sum(math.log1p(-_slips(own, paper)) for own in known.cells)
    weight = sum(math.log(group.weight or sys.float_info.min) for group in found)
    return _View(paper, offers, found, math.log(paper.share) + held + right + weight)


def _price(paper: Paper, out: int) -> float:
    """The odds that a relation is out by so much in print, with no single number at fault."""
    return paper.loose * gap(out) / (1 - paper.loose) if out else 1.0


def _slips(own: Cell, paper: Paper) -> float:
    return paper.total if own.total else paper.addend


def _offer(own: Cell, pixels: Mapping[int, float], paper: Paper) -> _Offer:
    """The numbers that may be meant: each is printed, or another one is by a slip."""
    slips, kept = _slips(own, paper), pixels[own.number]
    numbers = tuple(number for number in pixels if number != own.number)
    slipped = [kept * slips * slip(number, own.number) for number in numbers]
    either = [pixels[n] + s for n, s in zip(numbers, slipped, strict=True)]
    return _Offer(
        numbers,
        tuple(q / (kept * (1 - slips)) for q in either),
        tuple(pixels[n] / q if q else 0.0 for n, q in zip(numbers, either, strict=True)),
    )


def _shared(views: Sequence[_View]) -> list[_View]:
    """The views with the probability of each kind of paper."""
    top = max(view.log_weight for view in views)
    weights = [math.exp(view.log_weight - top) for view in views]
    return [replace(v, share=w / sum(weights)) for v, w in zip(views, weights, strict=True)]


# --- what they say together -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tally:
    """Probabilities over all explanations: of cells by index, of relations by index."""

    meant: list[dict[int, float]]  # that another number than that at hand is meant
    printed: list[dict[int, float]]  # and printed
    out: list[float]  # that the relation does not hold in print
    misread: list[float]  # that some number of the relation is misread
    missed: list[float]  # share of the weight that the search of the cell's group may have missed
    told: list[bool]  # that little enough was missed to speak of the relation
    idle: float  # odds at which a relation that holds would be broken by another number


def _tally(known: System, views: Sequence[_View]) -> _Tally:
    counts = len(known.cells), len(known.sums)
    tally = _Tally(
        [defaultdict(float) for _ in range(counts[0])],
        [defaultdict(float) for _ in range(counts[0])],
        [0.0] * counts[1],
        [0.0] * counts[1],
        [0.0] * counts[0],
        [True] * counts[1],
        sum(view.share * view.paper.loose * gap(1) for view in views),
    )
    for view in views:
        for group in view.found:
            for index in group.cells:
                tally.missed[index] += view.share * group.bound
            whole = group.weight or math.inf
            for explanation in group.found:
                _count(known, view, explanation, view.share * explanation.weight / whole, tally)
    for r, one in enumerate(known.sums):
        tally.told[r] = all(tally.missed[index] <= GIVE_UP for index in one.terms)
    return tally


def _count(
    known: System, view: _View, explanation: Explanation, share: float, tally: _Tally
) -> None:
    for r in explanation.gaps:
        tally.out[r] += share
    right: dict[int, float] = defaultdict(lambda: 1.0)  # relation → none of its numbers is misread
    for index, option in explanation.changed:
        offer = view.offers[index]
        tally.meant[index][offer.numbers[option]] += share
        tally.printed[index][offer.numbers[option]] += share * offer.misread[option]
        for r, _ in known.of_cell[index]:
            right[r] *= 1 - offer.misread[option]
    for r, probability in right.items():
        tally.misread[r] += share * (1 - probability)


def _posterior(known: System, pixels: Mapping[int, float], tally: _Tally, index: int) -> Posterior:
    own = known.cells[index]
    found = dict(tally.printed[index])
    found[own.number] = kept = 1 - sum(found.values())
    outs = [tally.out[r] for r, _ in known.of_cell[index]]
    strange, no_number = (kept * odds for odds in _others(own, pixels, outs, tally.idle))
    scale = (1 - tally.missed[index]) / (1 + strange + no_number)
    shares = tuple(
        scale * (no_number if own.whole(choice) is None else _share(own, choice, found))
        for choice in own.choices
    )
    read = {own.whole(choice) for choice in own.choices}
    return Posterior(own, shares, {n: scale * p for n, p in found.items() if n not in read})


def _share(own: Cell, choice: Choice, found: Mapping[int, float]) -> float:
    """What a choice has of the probability of its number: 0 and blank are the same in a sum."""
    number = own.whole(choice)
    alike = sum(other.probability for other in own.choices if own.whole(other) == number)
    return found.get(number or 0, 0.0) * choice.probability / alike if alike else 0.0


def _others(
    own: Cell, pixels: Mapping[int, float], outs: Sequence[float], idle: float
) -> tuple[float, float]:
    """Odds against the number at hand of what was not weighed: another number, or none at all.

    Another number breaks every relation of the cell that would hold; with no number there is
    nothing to hold, and that it seems to is chance. Rather too much than too little.
    """
    none = sum(choice.probability for choice in own.choices if choice.number is None)
    read = sum(choice.probability for choice in own.choices) - none
    number = max(own.rest + read - sum(pixels.values()), 0.0)
    strange = number * math.prod(max(idle, out) for out in outs)
    seen = max(pixels[own.number], LEAST)
    return strange / seen, none * max(CHANCE, *outs) / seen


def _suspicions(known: System, tally: _Tally) -> Iterator[Suspicion]:
    for r, own in enumerate(known.sums):
        # A relation that only warns is no reason to doubt a reading.
        counts = own.equation.relation.severity == "error"
        if own.gap and counts and tally.told[r]:
            blame = [(known.cells[i].field.id, sum(tally.meant[i].values())) for i in own.terms]
            blame.sort(key=lambda item: -item[1])
            least = SUSPECTED if sum(p for _, p in blame) > EXPLAINED else 0.0
            suspects = tuple(item for item in blame if item[1] >= least)
            yield Suspicion(own.equation.id, tally.misread[r], suspects)
