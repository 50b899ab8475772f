"""Joint reading: the relations choose between readings that the pixels leave open, and only there.

`likelihood` says how numbers are mistaken, `cells` what a field may print, `table` makes fields and
relations a system of sums, `search` finds what explains its gaps, `joint` weighs the explanations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.document import Alternative, Suspect
from extractor.reading.cells import is_open
from extractor.reading.joint import Posterior, Story, Suspicion, weigh
from extractor.reading.table import system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Check, Field
    from extractor.reading.cells import Choice
    from extractor.template import Template

__all__ = ["JointReading", "Story", "Suspicion", "read_jointly", "with_odds"]

OPEN = 20.0  # odds by the pixels up to which a reading is open: relations may prefer the other one
SHOWN = 5e-5  # probability from which another reading is told: below it rounds to nothing
CALLED_FOR = 0.01  # and a number that no pixels but sums speak for
MOST = 5  # alternatives of a field


@dataclass(frozen=True, slots=True)
class JointReading:
    """The fields after relations and pixels were weighed, and why broken relations are broken.

    `stories` tell which fields may be misread together.
    """

    fields: tuple[Field, ...]
    suspicions: tuple[Suspicion, ...]
    stories: tuple[Story, ...] = ()


def read_jointly(template: Template, fields: Sequence[Field]) -> JointReading:
    """The fields with the probability of their reading and of others, given the relations.

    A reading is changed to another one where the pixels leave both open (odds up to OPEN) and the
    relations make the other more probable than everything else. Fields from a text layer, and those
    that a person has seen, are returned as they are. To be called once, on `fill_fields`'s result:
    alternatives of the argument are probabilities by the pixels.
    """
    weighed = weigh(system(template, fields))
    chosen = tuple(_chosen(field, weighed.posteriors.get(field.id)) for field in fields)
    if any(new is not old for new, old in zip(chosen, fields, strict=True)):
        # What is broken, and who is to blame, is told of the readings that were chosen.
        weighed = weigh(system(template, chosen))
    told = tuple(_told(field, weighed.posteriors.get(field.id)) for field in chosen)
    return JointReading(told, weighed.suspicions, weighed.stories)


def with_odds(checks: Sequence[Check], suspicions: Sequence[Suspicion]) -> tuple[Check, ...]:
    """The checks; a broken one with the odds of misread against misprinted and its suspects."""
    told = {suspicion.relation: suspicion for suspicion in suspicions}
    return tuple(
        _suspected(check, told[check.id]) if check.id in told and not check.passed else check
        for check in checks
    )


def _suspected(check: Check, suspicion: Suspicion) -> Check:
    suspects = tuple(Suspect(field_id, round(p, 4)) for field_id, p in suspicion.suspects)
    return replace(check, misread=round(suspicion.misread, 4), suspects=suspects)


def _chosen(field: Field, posterior: Posterior | None) -> Field:
    """The field with another of its readings where relations decide for it."""
    if posterior is None or not is_open(field):
        return field
    own, *others = posterior.cell.choices
    for choice, probability in zip(others, posterior.choices[1:], strict=True):
        if probability > 0.5 and own.probability <= OPEN * choice.probability:
            left = tuple(c for c in posterior.cell.choices if c is not choice)
            return replace(
                field,
                value=choice.value,
                state=choice.state,
                text=choice.text,
                alternatives=tuple(_alternative(c, c.probability) for c in left),
                evidence=replace(field.evidence, reading=choice.probability),
            )
    return field


def _told(field: Field, posterior: Posterior | None) -> Field:
    """The field with probabilities given the relations."""
    if posterior is None or not is_open(field):
        return field
    evidence = replace(field.evidence, arithmetic=posterior.choices[0])
    return replace(field, alternatives=_alternatives(posterior), evidence=evidence)


def _alternatives(posterior: Posterior) -> tuple[Alternative, ...]:
    """The other readings and the numbers that sums call for, the most probable first."""
    own = posterior.cell
    pairs = zip(own.choices[1:], posterior.choices[1:], strict=True)
    found = [_alternative(choice, p) for choice, p in pairs if p >= SHOWN]
    found += [
        Alternative(own.shown(number), round(p, 4))
        for number, p in posterior.called_for.items()
        if p >= CALLED_FOR
    ]
    return tuple(sorted(found, key=lambda other: -other.confidence)[:MOST])


def _alternative(choice: Choice, probability: float) -> Alternative:
    plain = choice.text == str(choice.value)
    return Alternative(choice.value, round(probability, 4), None if plain else choice.text)
