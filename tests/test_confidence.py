"""Evidence to probability: questions, bounds, monotony, the model's file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.confidence import confidence, load_model, with_confidence
from extractor.confidence.bands import band_of
from extractor.confidence.evidence import FEATURES, QUESTIONS, asked, described, log_odds, seen
from extractor.confidence.model import MODEL, Regression, Settled, model_json
from extractor.document import (
    Certainty,
    Check,
    Evidence,
    Field,
    Ink,
    Page,
    Quality,
    Suspect,
)
from extractor.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = Quality(26.0, 0.95, 0.6, 0.006, 0.0, 0.0)
SCAN = Page(1, 595.3, 841.9, 0, 0.0, "ocr", CLEAN)
PRINT = Page(1, 595.3, 841.9, 0, 0.0, "text_layer")
INK = Ink(agreed=True, rival=3e-5, width=1.0, height=1.0)
GOOD = Evidence(0.99995, 0.9999, second_reader=True, hidden=0.0, row=1.0, column=1.0, ink=INK)
FIELD = Field(
    id="applications.granted.total", label="（一）予以公开 / 总计", kind="count", value=16,
    state="printed", text="16", unit=None, confidence=0.0, alternatives=(), page=1, bbox=None,
    source="ocr", checks=(), review="needs_review", evidence=GOOD,
)  # fmt: skip
DIGITAL = replace(FIELD, source="text_layer", evidence=Evidence(None, 1.0, row=1.0, column=1.0))


def judged(field: Field, page: Page = SCAN, checks: tuple[Check, ...] = ()) -> Field:
    """One field after judging."""
    return with_confidence((field,), (page,), checks)[0]


def with_evidence(field: Field, **changed: object) -> Field:
    return replace(field, evidence=replace(field.evidence, **changed))  # type: ignore[arg-type]


def test_a_clean_text_layer_is_nearly_certain() -> None:
    """More so than a clean scan, which is also nearly certain."""
    assert judged(DIGITAL, PRINT).confidence >= judged(FIELD).confidence
    assert judged(FIELD).confidence > 0.995


def test_what_is_asked_of_a_field() -> None:
    """A number raises three questions, a blank two, metadata and what is missing one each."""
    blank = replace(FIELD, state="blank", value=None, text="")
    metadata = replace(FIELD, id="report.title", evidence=Evidence(0.99, label=0.99))
    missing = replace(FIELD, state="missing", value=None, page=None, evidence=Evidence())
    parts = [judged(field).certainty for field in (FIELD, blank, metadata, missing)]
    told = [[p is not None for p in (c.place, c.state, c.reading)] for c in parts]
    assert told == [
        [True, True, True], [True, True, False], [False, False, True], [False, True, False],
    ]  # fmt: skip


def test_confidence_is_the_product() -> None:
    """Of the parts that are known; unknown parts take nothing away."""
    assert confidence(Certainty(0.9, 0.8, 0.5)) == pytest.approx(0.36)
    assert confidence(Certainty(None, None, 0.5)) == 0.5
    found = judged(FIELD)
    assert found.confidence == confidence(found.certainty)


@pytest.mark.parametrize(
    "worse",
    [
        {"reading": 0.6},
        {"row": 0.6},
        {"structure": 0.5},
        {"arithmetic": 0.3},
        {"ink": replace(INK, height=1.8)},
    ],
)
def test_worse_evidence_lowers(worse: dict[str, object]) -> None:
    """Each weak piece of evidence shows in the confidence."""
    weighed = with_evidence(FIELD, arithmetic=0.9999)
    assert judged(with_evidence(weighed, **worse)).confidence < judged(weighed).confidence


def test_ink_in_a_blank_cell_lowers() -> None:
    """The more is left in it the less sure it is that nothing is printed."""
    found = [
        judged(replace(with_evidence(FIELD, ink=Ink(area=area), reading=0.995), state="blank",
                       value=None, text="")).confidence
        for area in (0.0, 1e-4, 5e-4)
    ]  # fmt: skip
    assert found[0] > found[1] > found[2]


def test_a_worn_page_lowers() -> None:
    """The same evidence is worth less there."""
    worn = replace(SCAN, quality=replace(CLEAN, wear=0.3, specks=0.3))
    assert judged(FIELD, worn).confidence < judged(FIELD).confidence


def test_blame_counts_where_it_was_not_weighed() -> None:
    """A suspect of a relation that is rather misread loses, where relations gave it no odds."""
    check = Check("sum", passed=False, severity="error", expression="", message="",
                  fields=(FIELD.id,), misread=0.9, suspects=(Suspect(FIELD.id, 0.8),))  # fmt: skip
    blamed, weighed = (
        next(seen((f,), (SCAN,), (check,))).blame
        for f in (FIELD, with_evidence(FIELD, arithmetic=0.99))
    )
    assert blamed == pytest.approx(0.72)
    assert weighed == 0.0
    assert judged(FIELD, checks=(check,)).confidence < 0.3


def test_a_person_has_the_last_word() -> None:
    """What was confirmed or corrected is not judged again."""
    field = replace(FIELD, review="corrected", confidence=1.0)
    assert judged(field) == field


def test_bands() -> None:
    """By gaps in rulings or specks a page is worn; without a picture it is digital."""
    assert band_of(None) == "digital"
    assert band_of(CLEAN) == "clean"
    assert band_of(replace(CLEAN, wear=0.02)) == band_of(replace(CLEAN, specks=0.1)) == "worn"


share = st.none() | st.floats(0, 1)
inks = st.none() | st.builds(
    Ink, st.none() | st.booleans(), share, st.none() | st.floats(0.1, 5), share, st.none() | share
)
evidences = st.builds(
    Evidence, share, share, share, st.none() | st.booleans(), st.integers(0, 5), st.integers(0, 5),
    share, share, share, share, inks,
)  # fmt: skip
qualities = st.none() | st.builds(
    Quality, st.none() | st.floats(1, 90), *[st.floats(0, 1)] * 3, st.floats(0, 5), st.floats(0, 1)
)
states = st.sampled_from(["printed", "blank", "not_applicable", "missing"])
fields = st.builds(
    lambda evidence, source, state: replace(FIELD, evidence=evidence, source=source, state=state),
    evidences, st.sampled_from(["ocr", "text_layer"]), states,
)  # fmt: skip


@settings(deadline=None)
@given(fields, qualities)
def test_bounds(field: Field, quality: Quality | None) -> None:
    """Whatever is known, nothing is certain, and every part is a probability."""
    found = judged(field, replace(SCAN, quality=quality))
    assert 0 <= found.confidence < 1
    parts = (found.certainty.place, found.certainty.state, found.certainty.reading)
    assert all(0 <= p < 1 for p in parts if p is not None)


@settings(deadline=None)
@given(fields, qualities, st.floats(0.01, 1))
def test_what_speaks_for_a_field_never_counts_against_it(
    field: Field, quality: Quality | None, step: float
) -> None:
    """Every feature with a direction moves the probability that way or not at all."""
    model = load_model()
    one = next(seen((field,), (replace(SCAN, quality=quality),), ()))
    for question in asked(field):
        known = described(one, question)
        before = model.questions[question].probability(known)
        for name, value in known.items():
            better = FEATURES[question][name].better
            if better and value is not None:
                moved = {**known, name: value + better * step}
                assert model.questions[question].probability(moved) >= before - 1e-12


def test_log_odds_of_unknown_is_unknown() -> None:
    """None is no even chance."""
    assert log_odds(None) is None
    assert log_odds(0.5) == 0.0
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0))  # type: ignore[operator]


def test_the_version_is_made_of_what_is_in_the_file() -> None:
    """Other weights are another version."""
    text = json.loads(MODEL.read_text(encoding="utf-8"))
    model = load_model()
    again = json.loads(model_json(model.questions, model.settled))
    assert again == text
    other = replace(model.questions["text"], intercept=0.0)
    changed = model_json({**model.questions, "text": other}, model.settled)
    assert json.loads(changed)["version"] != model.version


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    """Says what to do."""
    with pytest.raises(EngineError, match="install the package again"):
        load_model(tmp_path / "confidence.json")


def test_a_model_with_other_features(tmp_path: Path) -> None:
    """Is refused: its weights mean something else."""
    path = tmp_path / "confidence.json"
    none = {question: Regression(0.0, {}, 0.99) for question in QUESTIONS}
    path.write_text(model_json(none, Settled(1.0, 1.0)), encoding="utf-8")
    with pytest.raises(EngineError, match="features of place"):
        load_model(path)
