"""Evidence to probability: order of cases, bounds, monotony, review."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.confidence import CAP, probability, with_confidence
from extractor.document import Evidence, Field
from extractor.options import Options
from extractor.reading import Suspicion

FIELD = Field(
    id="applications.granted.total", label="（一）予以公开 / 总计", kind="count", value=16,
    state="printed", text="16", unit=None, confidence=0.0, alternatives=(), page=1, bbox=None,
    source="ocr", checks=(), review="needs_review",
    evidence=Evidence(reading=0.98, structure=1.0, label=1.0),
)  # fmt: skip
CLEAN = replace(FIELD, source="text_layer", evidence=Evidence(None, 1.0, 1.0))


def judged(field: Field, review_below: float = 0.98) -> Field:
    """One field after judging."""
    return with_confidence((field,), Options(review_below=review_below))[0]


def test_clean_text_layer() -> None:
    """A clean text layer under sure labels is nearly certain, and accepted."""
    assert judged(CLEAN).confidence >= 0.999
    assert judged(CLEAN).review == "accepted"


def test_ocr_is_the_product() -> None:
    """Reading, grid and labels multiply."""
    field = replace(FIELD, evidence=Evidence(0.9, 0.95, 0.98))
    assert judged(field).confidence == pytest.approx(0.9 * 0.95 * 0.98, abs=1e-4)
    assert judged(field).review == "needs_review"


def test_arithmetic_and_second_reader() -> None:
    """Relations that hold and a reader that agrees raise, their opposites lower."""
    plain = judged(FIELD).confidence
    held = judged(replace(FIELD, evidence=replace(FIELD.evidence, relations_held=1))).confidence
    broken = judged(replace(FIELD, evidence=replace(FIELD.evidence, relations_broken=1))).confidence
    agreed = judged(replace(FIELD, evidence=replace(FIELD.evidence, second_reader=True))).confidence
    other = judged(replace(FIELD, evidence=replace(FIELD.evidence, second_reader=False))).confidence
    assert broken < plain < held
    assert other < plain < agreed


def test_what_lies_over_a_field_lowers_it() -> None:
    """The more of it is covered the less; unknown, as in a text layer, changes nothing."""
    shares = [
        judged(replace(FIELD, evidence=replace(FIELD.evidence, hidden=hidden))).confidence
        for hidden in (None, 0.0, 0.2, 1.0)
    ]
    assert shares[0] == shares[1] > shares[2] > shares[3] > 0.5


def test_suspicion_falls_on_the_less_certain() -> None:
    """Of the fields of a broken relation the least certain one loses most."""
    sure, unsure = (
        replace(FIELD, evidence=Evidence(reading, 1.0, 1.0)) for reading in (0.999, 0.9)
    )
    loss = [
        probability(f) - probability(replace(f, evidence=replace(f.evidence, relations_broken=1)))
        for f in (sure, unsure)
    ]
    assert loss[0] < loss[1]


def test_broken_relation_calls_for_a_person() -> None:
    """Unless two readers of a text layer agree: then the paper is wrong."""
    broken = replace(CLEAN, evidence=replace(CLEAN.evidence, relations_broken=1))
    assert judged(broken).review == "needs_review"
    agreed = replace(broken, evidence=replace(broken.evidence, second_reader=True))
    assert judged(agreed).review == "accepted"
    scan = replace(agreed, source="ocr")
    assert judged(scan).review == "needs_review"


def test_missing() -> None:
    """A row that was not found is for a person to find."""
    missing = replace(FIELD, state="missing", value=None, source=None, evidence=Evidence())
    assert judged(missing).confidence < 0.5
    assert judged(missing).review == "needs_review"


def test_a_person_has_the_last_word() -> None:
    """What was confirmed or corrected is not judged again."""
    field = replace(FIELD, review="corrected", confidence=1.0)
    assert judged(field) == field


def test_threshold() -> None:
    """The options say below which confidence a person looks."""
    field = replace(FIELD, evidence=Evidence(0.97, 1.0, 1.0))
    assert judged(field, 0.96).review == "accepted"
    assert judged(field, 0.98).review == "needs_review"


def test_arithmetic_takes_the_place_of_reading() -> None:
    """Where relations were weighed with the pixels, that counts, not how many broke."""
    weak = replace(FIELD, evidence=Evidence(0.6, 1.0, 1.0, relations_held=2, arithmetic=0.9999))
    assert judged(weak).confidence > 0.999
    fault = replace(FIELD, evidence=Evidence(0.99, 1.0, 1.0, relations_broken=2, arithmetic=0.02))
    assert judged(fault).confidence == pytest.approx(0.02, abs=1e-3)
    # Sums say nothing of a row taken for another one.
    astray = replace(weak, evidence=replace(weak.evidence, label=0.6))
    assert judged(astray).confidence < 0.98


SUSPICION = Suspicion("sum", misread=0.9, suspects=((FIELD.id, 0.8),))


def told(field: Field) -> Field:
    """The field after judging, where it is told why its broken relation is broken."""
    broken = replace(field.evidence, relations_broken=1)
    return with_confidence(
        (replace(field, checks=("sum",), evidence=broken),), Options(), (SUSPICION,)
    )[0]


def test_only_suspects_are_held_responsible() -> None:
    """The others of a broken relation recover, in a text layer too."""
    other = replace(CLEAN, id="applications.granted.business")
    assert told(other).confidence == judged(other).confidence
    assert told(other).review == "accepted"
    assert told(CLEAN).confidence == pytest.approx(1 - 0.9 * 0.8, abs=0.01)
    assert told(CLEAN).review == "needs_review"
    assert told(other).evidence.relations_broken == 1


share = st.none() | st.floats(0, 1)
evidences = st.builds(
    Evidence, share, share, share, st.none() | st.booleans(), st.integers(0, 5), st.integers(0, 5)
)
fields = st.builds(
    lambda evidence, source: replace(FIELD, evidence=evidence, source=source),
    evidences,
    st.sampled_from(["ocr", "text_layer"]),
)


@given(fields)
def test_bounds(field: Field) -> None:
    """Nothing is certain, neither right nor wrong."""
    assert 0 < probability(field) <= CAP < 1


@given(fields, st.sampled_from(["reading", "structure", "label"]), st.floats(0, 1))
def test_monotone_in_shares(field: Field, name: str, better: float) -> None:
    """A better share never lowers the probability."""
    now = getattr(field.evidence, name)
    changed: dict[str, Any] = {name: better}
    if now is not None and now <= better:
        raised = replace(field, evidence=replace(field.evidence, **changed))
        assert probability(raised) >= probability(field) - 1e-12


@given(fields)
def test_monotone_in_relations_and_reader(field: Field) -> None:
    """A relation that holds never lowers, one that breaks never raises; so do the readers."""
    e = field.evidence
    p = probability(field)
    held = replace(e, relations_held=e.relations_held + 1)
    broken = replace(e, relations_broken=e.relations_broken + 1)
    assert probability(replace(field, evidence=held)) >= p
    assert probability(replace(field, evidence=broken)) <= p
    agreed, unknown, other = (
        probability(replace(field, evidence=replace(e, second_reader=k)))
        for k in (True, None, False)
    )
    assert agreed >= unknown >= other
