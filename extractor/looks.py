"""Fewest looks: the smallest set of fields whose confirmation makes a whole document safe.

A person who confirms a cell also sees its row and column labels, so the place of the others in that
row and column is surer; and what the relations could still have against its neighbours goes with
it. A document is safe when at most a share `target` of its fields is expected to be wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractor.confidence import SEEN_BY_A_PERSON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.confidence import Settled
    from extractor.document import Field
    from extractor.reading import Story

TRIED = 20  # fields of the highest risk from which the next look is chosen
MANY = 40  # looks from which it is simply the one of the highest risk: nearly all are needed
NONE = 1e-9  # a risk that is none


@dataclass(frozen=True, slots=True)
class Looks:
    """Fields to look at, what each look is worth taken in this order; and the expected errors.

    wrong: number of fields expected to be wrong before any look; left: after all of them.
    """

    fields: tuple[str, ...]
    wrong: float
    left: float


def fewest_looks(
    fields: Sequence[Field], stories: Sequence[Story], settled: Settled, target: float
) -> Looks:
    """The looks that bring the expected share of wrong fields to `target`, the best one first.

    Greedy: each look is the one that takes most of what is left; then those that the later ones
    have made needless are dropped. Where no look settles more than its own field this is the
    smallest set; else the smallest is within a factor 1 + ln n of it (Wolsey 1982, "An analysis of
    the greedy algorithm for the submodular set covering problem") as long as looks do not help
    each other.
    """
    risks = Risks.of(fields, stories, settled)
    allowed = target * len(fields)
    seen: list[str] = []
    left = wrong = risks.total(seen)
    while left > allowed:
        best = min(risks.candidates(seen), key=lambda one: risks.total([*seen, one]), default=None)
        if best is None:
            break
        seen.append(best)
        left = risks.total(seen)
    for one in list(reversed(seen)):
        rest = [other for other in seen if other != one]
        if (without := risks.total(rest)) <= allowed:
            seen, left = rest, without
    return Looks(tuple(seen), round(wrong, 4), round(left, 4))


@dataclass(slots=True)
class Risks:
    """The probability that each field is wrong, given that some others were looked at.

    place: that it stands elsewhere; rest: that state or reading are wrong; told: how much of the
    rest the stories tell, by group.
    """

    place: Mapping[str, float]
    rest: Mapping[str, float]
    settled: Settled
    stories: Mapping[int, Sequence[Story]]
    told: Mapping[str, float]
    group: Mapping[str, int]
    known: dict[tuple[str, ...], float] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Sequence[Field], stories: Sequence[Story], settled: Settled) -> Risks:
        """The risks by the fields' certainty."""
        open_ones = [f for f in fields if f.review not in SEEN_BY_A_PERSON]
        place = {f.id: 1 - _known(f.certainty.place) for f in open_ones}
        rest = {
            f.id: 1 - _known(f.certainty.state) * _known(f.certainty.reading) for f in open_ones
        }
        told: dict[str, float] = defaultdict(float)
        group: dict[str, int] = {}
        by_group: dict[int, list[Story]] = defaultdict(list)
        for story in stories:
            by_group[story.group].append(story)
            for field_id, p in story.misread.items():
                told[field_id] += story.probability * p
                group[field_id] = story.group
        return cls(place, rest, settled, by_group, told, group)

    def candidates(self, seen: Sequence[str]) -> list[str]:
        """The fields of the highest risk that were not seen."""
        risk = {one: p for one, p in self.each(seen).items() if p > NONE}
        return sorted(risk, key=lambda one: -risk[one])[: TRIED if len(seen) < MANY else 1]

    def total(self, seen: Sequence[str]) -> float:
        """The number of fields expected to be wrong after some were seen and are right."""
        key = tuple(sorted(seen))
        if key not in self.known:
            self.known[key] = sum(self.each(seen).values())
        return self.known[key]

    def each(self, seen: Sequence[str]) -> dict[str, float]:
        """The risk of every field that was not seen."""
        rows = {one.rpartition(".")[0] for one in seen}
        columns = {column_of(one) for one in seen}
        posterior = self._given(frozenset(seen))
        risks = {}
        for one, place in self.place.items():
            if one in seen:
                continue
            own = place * (self.settled.row if one.rpartition(".")[0] in rows else 1.0)
            own *= self.settled.column if column_of(one) in columns else 1.0
            # What no story tells stays as it is.
            told = min(self.rest[one], self.told.get(one, 0.0))
            rest = self.rest[one] - told + told * posterior.get(one, 1.0)
            risks[one] = 1 - (1 - own) * (1 - min(rest, 1.0))
        return risks

    def _given(self, seen: frozenset[str]) -> dict[str, float]:
        """By how much the risk of each field in the stories changes when those seen are right."""
        touched = {self.group[one] for one in seen if one in self.group}
        changed: dict[str, float] = {}
        for group in touched:
            changed |= _reweighed(self.stories[group], seen, self.told)
        return changed


def _known(probability: float | None) -> float:
    """A part of a certainty; what was not asked takes nothing away."""
    return 1.0 if probability is None else probability


def column_of(field_id: str) -> str:
    """What stands for a field's column: its table and the last part of its id."""
    return f"{field_id.partition('.')[0]}.*.{field_id.rpartition('.')[2]}"


def _reweighed(
    stories: Sequence[Story], seen: frozenset[str], told: Mapping[str, float]
) -> dict[str, float]:
    """The share of what the stories told of each field that is left when none of `seen` is misread.

    Bayes' rule over the stories of one group; the rest to 1 is that none of them is true.
    """
    weights = [story.probability * _right(story, seen) for story in stories]
    whole = 1 - sum(story.probability for story in stories) + sum(weights)
    after: dict[str, float] = defaultdict(float)
    for story, weight in zip(stories, weights, strict=True):
        for one, p in story.misread.items():
            after[one] += weight * p / whole if whole > 0 else 0.0
    return {one: p / told[one] for one, p in after.items() if one not in seen and told[one]}


def _right(story: Story, seen: frozenset[str]) -> float:
    """The probability that none of `seen` is misread in a story."""
    probability = 1.0
    for one, p in story.misread.items():
        probability *= 1 - p if one in seen else 1.0
    return probability
