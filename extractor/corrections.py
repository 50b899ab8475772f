"""What reviewers decided, put into a result: their values, the relations tried anew, new marks.

The result as it was read is never changed; this makes another one of it. A person has the last
word about what is printed, never about what the paper's sums should be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extractor.checks import attach_checks, run_checks
from extractor.confidence import SEEN_BY_A_PERSON, SUREST
from extractor.document import Suspect
from extractor.errors import CorrectionError
from extractor.fields import read_value
from extractor.lookups import value_of
from extractor.normalize import cell_state
from extractor.review import marked_again

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.decisions import Decision
    from extractor.document import Check, Document, Field, State, Value
    from extractor.template import Template

METADATA = "report"  # the group of fields that are not in a table


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person says is printed."""

    state: State
    value: Value
    text: str


def typed(field: Field, text: str) -> Typed:
    """What a typed text says of a field: read as the paper would be. Raises CorrectionError.

    An empty text says that nothing is printed: of a cell that it is blank, of metadata that it is
    missing. "/", "—" and 无 say that nothing applies.
    """
    text = text.strip()
    if is_metadata(field):
        return _typed_metadata(field, text)
    state = cell_state(text)
    if state != "printed":
        return Typed(state, None, text)
    value, _ = read_value(text, field.kind, field.unit, ocr=False)
    if value is None:
        raise CorrectionError(_unread(field.kind))
    return Typed("printed", value, text)


def _typed_metadata(field: Field, text: str) -> Typed:
    if not text:
        return Typed("missing", None, "")
    value = value_of(field.kind, text)
    if value is None:
        raise CorrectionError(_unread(field.kind))
    return Typed("printed", value, text)


SHAPES = {
    "count": "a count is a whole number: type its digits, or / where nothing applies",
    "money": "an amount is a number: type its digits, with its unit if one is printed",
    "date": "a date is a day of the calendar: type it as 2021-01-05 or as it is printed",
    "year": "a year is four digits, 1900 to 2099",
    "document_number": "a document number is like 某政办发〔2021〕5号",
    "phone": "this is no telephone number",
    "postcode": "a postcode is six digits",
    "email": "this is no e-mail address",
    "url": "an address begins with http://, https:// or www.",
}


def _unread(kind: str) -> str:
    return SHAPES.get(kind, "this cannot stand here")


def is_metadata(field: Field) -> bool:
    """Whether a field is none of a table."""
    return field.id.partition(".")[0] == METADATA


def corrected(
    document: Document,
    decisions: Mapping[str, Decision],
    template: Template | None,
    *,
    surety: float = SUREST,
) -> Document:
    """A result with the decisions in it, by field; decisions of fields that it lacks do nothing.

    `surety` is the confidence of what a person has seen: how often people are right, where that was
    measured. `template` is the document's own; without it the relations stay as they were.
    """
    fields = tuple(_decided(f, decisions.get(f.id), surety) for f in document.fields)
    after = replace(document, fields=fields)
    return after if template is None else tried_again(document, after, template)


def tried_again(before: Document, after: Document, template: Template) -> Document:
    """A changed result with its relations tried anew, and its fields marked by them."""
    if after == before:
        return after
    tried = run_checks(template, after.fields, after.entities, after.sections)
    changed = _changed(before.fields, after.fields)
    checks = _with_odds(before.checks, tried, after.fields, changed)
    after = replace(after, fields=attach_checks(after.fields, checks), checks=checks)
    return replace(after, fields=marked_again(after))


def _decided(field: Field, decision: Decision | None, surety: float) -> Field:
    if decision is None:
        return field
    if decision.decision == "confirmed":
        return replace(field, review="confirmed", confidence=surety)
    return replace(
        field,
        value=decision.value,
        state=decision.state,
        text=_text(decision),
        source="reviewer",
        review="corrected",
        confidence=surety,
    )


def _text(decision: Decision) -> str:
    if decision.text is not None:
        return decision.text
    return "" if decision.value is None else str(decision.value)


def _changed(before: Sequence[Field], after: Sequence[Field]) -> frozenset[str]:
    """The fields that say something else now, or are new."""
    known = {field.id: (field.value, field.state) for field in before}
    return frozenset(f.id for f in after if known.get(f.id) != (f.value, f.state))


def _with_odds(
    before: Sequence[Check],
    after: Sequence[Check],
    fields: Sequence[Field],
    changed: frozenset[str],
) -> tuple[Check, ...]:
    """The relations as tried anew; who may be at fault is known of those that did not change."""
    odds = {check.id: check for check in before}
    seen = frozenset(f.id for f in fields if f.review in SEEN_BY_A_PERSON)
    return tuple(_judged(check, odds.get(check.id), seen, changed) for check in after)


def _judged(
    check: Check, before: Check | None, seen: frozenset[str], changed: frozenset[str]
) -> Check:
    if check.passed or check.severity != "error":
        return check
    if seen.issuperset(check.fields):
        return replace(check, misread=0.0)  # people saw all of it: the paper itself is wrong
    if before is None or before.misread is None or changed.intersection(check.fields):
        return check
    return _reweighed(check, before, before.misread, seen)


def _reweighed(check: Check, before: Check, misread: float, seen: frozenset[str]) -> Check:
    """The odds given that those who were seen are as they were read: Bayes' rule.

    One suspect is at fault, in reading or in print; of those seen only print is left.
    """
    read = {s.field: s.probability * misread for s in before.suspects if s.field not in seen}
    print_ = {s.field: s.probability * (1 - misread) for s in before.suspects}
    whole = sum(read.values()) + sum(print_.values())
    if whole <= 0:
        return check
    suspects = (Suspect(f, round((read.get(f, 0.0) + p) / whole, 4)) for f, p in print_.items())
    ordered = tuple(sorted(suspects, key=lambda one: -one.probability))
    return replace(check, misread=round(sum(read.values()) / whole, 4), suspects=ordered)
