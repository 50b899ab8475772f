"""Calibration: outcomes by truth, evidence kept in files, fitting, and what reviews add."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from extractor.confidence import load_model
from extractor.confidence.evidence import FEATURES, seen
from extractor.confidence.model import MODEL
from extractor.decisions import Decision
from extractor.document import Cell, Certainty, Document, Evidence, Field, ReviewPlan, Table
from extractor.geometry import Box
from models.calibration.__main__ import EVIDENCE, HERE
from models.calibration.fit import Design, fitted, question_of, solved
from models.calibration.judge import judged as judged_rows
from models.calibration.measures import (
    calibration_error,
    measured,
    review_load,
    risk_coverage,
)
from models.calibration.outcomes import Outcome, outcomes
from models.calibration.plan import COUNTS, FITTED, HELD_OUT, LEVELS, papers
from models.calibration.rows import Row, read_rows, row, write_rows
from models.calibration.settled import settled
from models.reviews import evidence, main, outcome_of, printed
from tests.example_documents import example_document
from tests.test_confidence import FIELD, SCAN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extractor.confidence.evidence import Question

LABELS = ["本年新收", "上年结转", "予以公开", "部分公开", "不予公开", "无法提供", "办理总计"]


# --- outcomes ------------------------------------------------------------------------------------


def read(down: float = 0.0, **changed: object) -> Document:
    """Seven labelled rows with one field each, all of them `down` points lower, one row changed."""
    cells, fields = [], []
    for i, label in enumerate(LABELS):
        y = 100 + 20 * i + down
        cells.append(Cell(i, 0, 1, 1, label, 1.0, 1, Box(50, y, 150, y + 20)))
        fields.append(
            replace(FIELD, id=f"t.{i}.x", value=i, text=str(i), bbox=Box(150, y, 200, y + 20))
        )
    fields[3] = replace(fields[3], **changed)  # type: ignore[arg-type]
    document = example_document(fields=tuple(fields))
    table = Table("t1", "", (1,), len(LABELS), 2, tuple(cells))
    return replace(document, tables=(table,))


TRUTH = {"cells": {f"t.{i}.x": str(i) for i in range(7)}, "report": {}}


def outcome(document: Document, truth: Mapping[str, Any] = TRUTH) -> Outcome:
    """That of the fourth field."""
    return {field.id: found for field, found in outcomes(document, read(), truth)}["t.3.x"]


def test_right_in_every_respect() -> None:
    """Also where the whole page lies a bit lower."""
    assert outcome(read()) == Outcome(place=True, state=True, reading=True)
    assert outcome(read(down=11.0)) == Outcome(place=True, state=True, reading=True)


def test_the_first_thing_that_is_wrong() -> None:
    """Place, then state, then reading; what follows is not asked."""
    lower = Box(150, 180, 200, 200)
    assert outcome(read(bbox=lower)) == Outcome(place=False, state=None, reading=None)
    assert outcome(read(page=2)) == Outcome(place=False, state=None, reading=None)
    blank = outcome(read(state="blank", value=None, text=""))
    assert blank == Outcome(place=True, state=False, reading=None)
    assert outcome(read(value=8)) == Outcome(place=True, state=True, reading=False)
    missing = outcome(read(state="missing", value=None, text="", bbox=None, page=None))
    assert missing == Outcome(None, state=False, reading=None)


def test_a_right_blank_has_no_reading() -> None:
    """There is nothing to read."""
    truth = {**TRUTH, "cells": {**TRUTH["cells"], "t.3.x": ""}}
    blank = outcome(read(state="blank", value=None, text=""), truth)
    assert blank == Outcome(place=True, state=True, reading=None)


def test_metadata() -> None:
    """Spacing makes no difference; what is not printed is rightly missing."""
    title = replace(FIELD, id="report.title", kind="text", value="年度 报告", evidence=Evidence())
    phone = replace(title, id="report.phone", value=None, state="missing")
    document = example_document(fields=(title, phone))
    truth = {"cells": {}, "report": {"title": "年度报告"}}
    found = [o for _, o in outcomes(document, document, truth)]
    assert found == [
        Outcome(None, state=True, reading=True),
        Outcome(None, state=True, reading=None),
    ]
    wrong = {"cells": {}, "report": {"title": "年度报", "phone": "1"}}
    assert [o.right for _, o in outcomes(document, document, wrong)] == [False, False]


# --- evidence in files ---------------------------------------------------------------------------


def some_rows() -> list[Row]:
    blank = replace(FIELD, id="a.b.c", state="blank", value=None, text="")
    title = replace(FIELD, id="report.title", kind="text", evidence=Evidence(0.99, label=1.0))
    missing = replace(FIELD, id="report.phone", state="missing", evidence=Evidence(), page=None)
    ones = seen((FIELD, blank, title, missing), (SCAN,), ())
    kinds = [
        Outcome(place=True, state=True, reading=False),
        Outcome(place=False, state=None, reading=None),
        Outcome(None, state=True, reading=True),
        Outcome(None, state=True, reading=None),
    ]
    return [row(one, o, "fitted", "d.1", "copy200") for one, o in zip(ones, kinds, strict=True)]


def test_rows_come_back_from_their_file(tmp_path: Path) -> None:
    """To four digits; unknown stays unknown; the same bytes every time."""
    path, again = tmp_path / "a.csv.gz", tmp_path / "b.csv.gz"
    assert write_rows(some_rows(), path) == 4
    write_rows(some_rows(), again)
    assert path.read_bytes() == again.read_bytes()
    for new, old in zip(read_rows(path), some_rows(), strict=True):
        assert (new.answers, new.asked, new.right, new.band) == (
            old.answers, old.asked, old.right, old.band,
        )  # fmt: skip
        assert new.features.keys() == old.features.keys()
        for name, value in old.features.items():
            assert new.features[name] == (None if value is None else pytest.approx(value, rel=1e-3))


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """Its columns mean something else."""
    import gzip

    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"part,document\n"))
    with pytest.raises(ValueError, match="not those of this version"):
        read_rows(path)


def test_papers_are_drawn_from_fixed_seeds() -> None:
    """Both parts are of different reports, and kinds of scan are drawn by their share."""
    first, again, held = list(papers(FITTED, 300)), list(papers(FITTED, 300)), papers(HELD_OUT, 300)
    assert first == again
    assert not {paper.name for paper in first} & {paper.name for paper in held}
    kinds = [scan.kind for paper in first for scan in paper.scans]
    assert abs(kinds.count("copy200") / len(kinds) - LEVELS["copy200"]) < 0.04


# --- fitting -------------------------------------------------------------------------------------


def test_known_weights_are_found_again() -> None:
    """20,000 examples of a logistic model; a weight of the wrong sign becomes 0."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(20_000, 3))
    odds = 1.0 + x @ np.array([2.0, -1.0, 0.5])
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    bounds = ((0.0, None), (None, 0.0), (None, 0.0))
    examples = Design(("a",), x, y, np.arange(len(y)), x.std(axis=0), bounds)
    assert solved(examples, 0.01) == pytest.approx([0.94, 1.9, -0.95, 0.0], abs=0.08)


def test_settled() -> None:
    """Rows that are wrong as a whole settle each other; columns tell nothing here."""
    rows = []
    for d in range(40):
        for r in range(5):
            for c in range(5):
                place = not (r == 0 and d < 8)
                one = some_rows()[1]
                rows.append(replace(one, document=f"d{d}", field=f"t.r{r}.c{c}", band="clean",
                                    answers={"place": place}))  # fmt: skip
    found = settled(rows)
    assert found.row < 0.05
    assert found.column > 0.8


def test_measures_by_hand() -> None:
    """Four fields: one wrong at 0.5."""
    c, right = np.array([0.9, 0.8, 0.5, 1.0]), np.array([True, True, False, True])
    assert calibration_error(c, right) == pytest.approx((0.1 + 0.2 + 0.5 + 0.0) / 4)
    found = measured(c, right)
    assert (found.fields, found.wrong, found.auroc) == (4, 1, 1.0)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.25) / 4)
    assert review_load(c, right, 0.0) == found.load == 0.25
    shares, risks = risk_coverage(c, right)
    assert shares.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert risks.tolist() == [0.0, 0.0, 0.0, 0.0, 0.25]


def test_ties_are_looked_at_together() -> None:
    """As nobody can tell them apart."""
    c, right = np.array([0.5] * 4), np.array([True, True, True, False])
    assert review_load(c, right, 0.0) == 1.0
    assert review_load(c, right, 0.25) == 0.0


# --- the model that comes with the program -------------------------------------------------------


@pytest.fixture(scope="module")
def kept() -> list[Row]:
    return read_rows(HERE / EVIDENCE)


def test_the_confidence_can_be_trusted(kept: list[Row]) -> None:
    """On documents that nothing was fitted on: goals of calibration and discrimination."""
    rows = [one for one in kept if one.part == HELD_OUT]
    confidence, right = judged_rows(rows, load_model())
    found = measured(confidence, right)
    assert found.fields > 20_000
    assert found.ece <= 0.005
    assert found.auroc is not None
    assert found.auroc >= 0.98
    usual = usual_documents()
    for band, most in (("clean", 0.03), ("worn", 0.15)):
        own = np.array([one.band == band and one.document in usual for one in rows])
        by_band = measured(confidence[own], right[own])
        assert by_band.fields > 5000
        assert by_band.auroc is not None
        assert by_band.auroc >= 0.98
        assert by_band.load <= most
        assert by_band.ece <= 0.005


def usual_documents() -> set[str]:
    """The held-out scans that are no worse than met in practice: of a severity up to 1."""
    return {
        f"{paper.name}.{i}"
        for paper in papers(HELD_OUT, COUNTS[HELD_OUT])
        for i, scan in enumerate(paper.scans, 1)
        if scan.kind in LEVELS and scan.amount <= 1.0
    }


def test_the_model_is_what_its_evidence_gives(kept: list[Row]) -> None:
    """Fitted again, from the evidence beside it, the weights are the same but for rounding."""
    own = json.loads(MODEL.read_text(encoding="utf-8"))["questions"]["absent"]
    again = question_of([one for one in kept if one.part == FITTED], "absent")
    assert again.intercept == pytest.approx(own["intercept"], abs=0.05)
    assert again.most == own["most"]
    for name in FEATURES["absent"]:
        assert again.weights[name] == pytest.approx(own["weights"][name], abs=0.05)


# --- reviews -------------------------------------------------------------------------------------


def decision(field: Field, **changed: object) -> Decision:
    told: dict[str, object] = {"sha256": "ab" * 32, "field": field.id, "decision": "confirmed",
                               "state": field.state, "value": field.value, **changed}  # fmt: skip
    return Decision.model_validate(told)


def test_what_decisions_say_to_the_questions() -> None:
    """Confirmed is right in all; corrected tells what was wrong."""
    assert outcome_of(FIELD, decision(FIELD)) == Outcome(place=True, state=True, reading=True)
    for changed, expected in (
        ({"value": 10}, Outcome(place=True, state=True, reading=False)),
        ({"value": 10, "decision": "confirmed"}, Outcome(place=True, state=True, reading=False)),
        ({"state": "blank", "value": None}, Outcome(place=True, state=False, reading=None)),
        ({"moved": True}, Outcome(place=False, state=None, reading=None)),
    ):
        assert (
            outcome_of(FIELD, decision(FIELD, **{"decision": "corrected", **changed})) == expected
        )
    missing = replace(FIELD, state="missing", value=None)
    assert outcome_of(missing, decision(missing)).right
    assert not outcome_of(missing, decision(missing, decision="corrected", value=3)).right


def reviewed_document() -> Document:
    plan = ReviewPlan("m", ("clean",), {}, None, 0.001, 0.1, (), 0.1, (FIELD.id,))
    fields = FIELD, replace(FIELD, id="applications.granted.business", certainty=Certainty())
    return replace(example_document(fields=fields, pages=1), review=plan)


def test_drawn_fields_are_never_learnt_from() -> None:
    """They check the certificate; the others become evidence."""
    document = reviewed_document()
    drawn, other = document.fields
    rows = list(evidence([document], [decision(drawn, drawn=True), decision(other)]))
    assert [one.field for one in rows] == [other.id]
    assert rows[0].answers == {"place": True, "state": True, "reading": True}
    assert printed(decision(drawn, drawn=True)) is None
    assert printed(decision(other)) == "16"
    assert printed(decision(other, text="1,016")) == "1,016"


def test_reviews_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results and decisions become a file that calibration takes."""
    document = reviewed_document()
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.json").write_text(document.to_json(), encoding="utf-8")
    path = tmp_path / "d.jsonl"
    path.write_text(decision(document.fields[1]).model_dump_json() + "\n", encoding="utf-8")
    out = tmp_path / "reviews.csv.gz"
    assert main([str(tmp_path / "r"), str(path), "--evidence", str(out)]) == 0
    assert [one.field for one in read_rows(out)] == [document.fields[1].id]
    path.write_text(decision(document.fields[1], sha256="00").model_dump_json(), encoding="utf-8")
    assert main([str(tmp_path / "r"), str(path), "--evidence", str(out)]) == 2
    assert "no decision fits" in capsys.readouterr().err


def test_more_evidence_changes_what_is_fitted() -> None:
    """Reviews that say a kind of field is mostly wrong lower its confidence."""
    rng = Random(2)
    base = some_rows()
    known = [
        replace(one, document=f"d{i % 50}",
                answers={question: rng.random() < 0.9 for question in one.answers})
        for i in range(400) for one in base
    ]  # fmt: skip
    places: dict[Question, bool] = {"place": True, "state": True}
    known += [
        replace(base[0], document=f"d{i % 50}", answers={**places, "state": rng.random() < 0.9})
        for i in range(200)
    ]
    bad = [replace(base[2], document=f"r{i}", answers={"text": False}) for i in range(400)]
    before, after = (json.loads(fitted(rows)) for rows in (known, [*known, *bad]))
    assert after["version"] != before["version"]
    assert after["questions"]["text"]["intercept"] < before["questions"]["text"]["intercept"]
