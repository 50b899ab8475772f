"""What a person must look at: thresholds, suspects, certificates that apply or not, the lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from extractor import __version__
from extractor.certificate import PROGRAM, Certificate, Verdicts, issue, write_model
from extractor.certificate.drift import Doubt
from extractor.certificate.verdicts import Verdict
from extractor.confidence import load_model
from extractor.document import Certainty, Check, Evidence, Field, Page, Suspect
from extractor.errors import OptionsError
from extractor.options import Options
from extractor.review import Read, Reviewed, drawn, review
from tests.test_confidence import DIGITAL, FIELD, PRINT, SCAN

SURE = replace(FIELD, confidence=0.9996, certainty=Certainty(0.9999, 0.9999, 0.9998))
UNSURE = replace(SURE, id="applications.granted.business", confidence=0.9,
                 certainty=Certainty(1.0, 1.0, 0.9))  # fmt: skip
BROKEN = Check("sum", passed=False, severity="error", expression="", message="",
               fields=(SURE.id, UNSURE.id))  # fmt: skip
PLAIN = Options(review_below=0.95)


def reviewed(
    *fields: Field, options: Options = PLAIN, checks: tuple[Check, ...] = (), page: Page = SCAN,
    models: dict[str, str] | None = None,
) -> Reviewed:  # fmt: skip
    return review(Read("abc", models or {}, (page,), fields, checks, ()), options)


def reviews(found: Reviewed) -> list[str]:
    return [field.review for field in found.fields]


def certificate(tmp_path: Path, **changed: object) -> Path:
    """For clean pages, 100 documents: 200 fields read at 0.999, right, and 10 at 0.93, wrong."""
    verdicts = tuple(
        Verdict(document=str(i), band="clean", confidence=c, right=c > 0.95, count=count)
        for i in range(100)
        for c, count in ((0.999, 200), (0.93, 10))
    )
    doubts = tuple(Doubt(document=str(i), band="clean", doubt=0.0043) for i in range(100))
    known = Verdicts(source="tests", model=load_model().version, models={PROGRAM: __version__},
                     verdicts=verdicts, doubts=doubts)  # fmt: skip
    issued = issue(known, 0.001, 0.95, date(2026, 11, 22)).model_copy(update=changed)
    write_model(issued, tmp_path / "certificate.json")
    return tmp_path / "certificate.json"


def test_below_the_threshold_a_person_looks() -> None:
    """At the threshold nobody does."""
    assert reviews(reviewed(SURE, UNSURE)) == ["accepted", "needs_review"]
    some = [replace(SURE, id=f"applications.granted.{i}") for i in range(200)]
    assert reviews(reviewed(UNSURE, *some, options=Options(review_below=0.9)))[0] == "accepted"


def test_a_broken_relation_calls_for_a_person() -> None:
    """All its fields, or only the suspects where they are told."""
    assert reviews(reviewed(SURE, UNSURE, checks=(BROKEN,))) == ["needs_review"] * 2
    told = replace(BROKEN, misread=0.1, suspects=(Suspect(UNSURE.id, 0.9),))
    other = replace(UNSURE, confidence=0.999)
    assert reviews(reviewed(SURE, other, checks=(told,))) == ["accepted", "needs_review"]


def test_where_two_readers_of_a_text_layer_agree_the_paper_is_wrong() -> None:
    """Unless its row, column or borders are in doubt."""
    sure = replace(DIGITAL, confidence=0.9996)
    agreed = replace(sure, evidence=replace(sure.evidence, second_reader=True))
    doubtful = replace(agreed, evidence=replace(agreed.evidence, row=0.9))
    scanned = replace(agreed, source="ocr")
    found = [
        reviews(reviewed(field, checks=(replace(BROKEN, fields=(field.id,)),), page=PRINT))[0]
        for field in (sure, agreed, doubtful, scanned)
    ]
    assert found == ["needs_review", "accepted", "needs_review", "needs_review"]


def test_what_a_person_has_seen_stays() -> None:
    """Whatever its confidence is."""
    assert reviews(reviewed(replace(UNSURE, review="corrected"))) == ["corrected"]


def test_a_certificate_gives_the_threshold_and_is_told(tmp_path: Path) -> None:
    """By the quality of the page, with what it promises."""
    some = [replace(SURE, id=f"applications.granted.{i}") for i in range(40)]
    found = reviewed(SURE, UNSURE, *some, options=Options(certificate=certificate(tmp_path)))
    assert found.plan.thresholds == {"clean": 0.999}
    assert found.plan.bands == ("clean",)
    assert found.plan.certificate is not None
    assert found.plan.certificate.target == 0.001
    assert found.plan.certificate.bounds["clean"] <= 0.001
    assert reviews(found)[:3] == ["accepted", "needs_review", "accepted"]


def test_the_plan_names_the_model() -> None:
    """In every result."""
    assert reviewed(SURE).plan.model == load_model().version


@pytest.mark.parametrize(
    ("changed", "models", "why"),
    [
        ({"model": "0-old"}, {}, "version 0-old"),
        ({"models": {PROGRAM: __version__, "a.onnx": "1"}}, {"a.onnx": "2"}, "another a.onnx"),
        ({}, {"b.onnx": "1"}, "another b.onnx"),
        ({"models": {PROGRAM: "0"}}, {}, "another extractor"),
    ],
)
def test_a_certificate_expires_with_the_models(
    tmp_path: Path, changed: dict[str, object], models: dict[str, str], why: str
) -> None:
    """It does not apply, and the result says why."""
    options = Options(certificate=certificate(tmp_path, **changed))
    found = reviewed(SURE, options=options, models=models)
    assert found.plan.certificate is None
    assert [notice.code for notice in found.notices] == ["certificate_expired"]
    assert why in found.notices[0].message
    assert found.plan.thresholds == {"clean": 0.98}


def test_a_document_that_is_worse_than_those_of_the_certificate(tmp_path: Path) -> None:
    """Has drifted: its threshold is not certified, and the result says so."""
    doubtful = tuple(replace(UNSURE, id=f"applications.granted.{i}") for i in range(20))
    found = reviewed(*doubtful, options=Options(certificate=certificate(tmp_path)))
    assert [notice.code for notice in found.notices] == ["certificate_drift"]
    assert "clean pages" in found.notices[0].message
    assert found.plan.thresholds == {"clean": 0.98}


def test_a_band_without_verdicts_is_not_certified(tmp_path: Path) -> None:
    """The plan shows no bound for it."""
    found = reviewed(replace(SURE, source="text_layer"), page=PRINT,
                     options=Options(certificate=certificate(tmp_path)))  # fmt: skip
    assert found.plan.certificate is not None
    assert found.plan.certificate.bounds == {}
    assert found.plan.thresholds == {"digital": 0.98}


def test_no_certificate() -> None:
    """A file that is none is told before anything is read of it."""
    with pytest.raises(OptionsError, match="No such file"):
        reviewed(SURE, options=Options(certificate=Path("no.json")))


def test_fewest_looks_are_planned_and_marked() -> None:
    """The doubtful field is the only look, and after it the document is safe."""
    some = [replace(SURE, id=f"a.b.{i}") for i in range(50)]
    told = reviewed(SURE, UNSURE, *some, options=Options(review_below=0.5))
    assert reviews(told)[:2] == ["accepted", "needs_review"]
    found = told.plan
    assert found.looks == (UNSURE.id,)
    assert found.expected_wrong > 0.1 > found.expected_left


def test_the_lot_falls_on_the_share_and_the_same_every_time() -> None:
    """About a tenth of 5,000 fields, of two documents not the same."""
    fields = [replace(SURE, id=f"a.b.{i}", evidence=Evidence()) for i in range(5000)]
    first = drawn("one", fields, 0.1)
    assert 430 < len(first) < 570
    assert drawn("one", fields, 0.1) == first
    assert len(set(first) & set(drawn("two", fields, 0.1))) < 100
    assert drawn("one", fields, 0.0) == ()
    assert set(drawn("one", fields, 0.05)) <= set(first)


def test_the_certificate_that_comes_with_the_program_is_of_its_model() -> None:
    """It has not expired, and every band is in it."""
    from extractor.certificate import SHIPPED, load_certificate

    issued: Certificate = load_certificate(SHIPPED)
    assert issued.expired(load_model().version, {PROGRAM: __version__}) is None
    assert set(issued.bands) == {"digital", "clean", "worn"}
