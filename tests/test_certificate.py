"""Certificates: thresholds that are found, told, tried on live data, and hold on other archives."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING

import pytest

from benchmarks.archives import ARCHIVES, simulate
from extractor.certificate import (
    Verdicts,
    issue,
    load_certificate,
    load_verdicts,
    merged,
    write_model,
)
from extractor.certificate.drift import covered, doubts_of, drifted, highest
from extractor.certificate.trial import try_certificate
from extractor.certificate.verdicts import Verdict, accepted, safest_low
from extractor.cli import main
from extractor.confidence import load_model
from extractor.document import Document, ReviewPlan
from extractor.errors import OptionsError
from tests.example_documents import example_document
from tests.test_confidence import CLEAN

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.confidence.bands import Band

TODAY = date(2026, 11, 22)
PLAN = ReviewPlan(load_model().version, ("clean", "clean"), {"clean": 0.98}, None, 0.001, 1.2,
                  ("applications.new_received.total",), 0.001,
                  tuple(field.id for field in example_document().fields))  # fmt: skip
BARE = example_document()
DOCUMENT = replace(
    BARE,
    review=PLAN,
    document=replace(
        BARE.document,
        engine=replace(BARE.document.engine, models={}),
        pages=tuple(replace(page, quality=CLEAN) for page in BARE.document.pages),
    ),
)


def verdict(
    confidence: float, *, right: bool = True, count: int = 1, document: str = "d",
    band: Band = "clean",
) -> Verdict:  # fmt: skip
    return Verdict(document=document, band=band, confidence=confidence, right=right, count=count)


def known(*verdicts: Verdict, model: str = "1-x") -> Verdicts:
    by_document: dict[str, list[tuple[Band, float]]] = {}
    for one in verdicts:
        by_document.setdefault(one.document, []).extend([(one.band, one.confidence)] * one.count)
    doubts = tuple(d for name, own in by_document.items() for d in doubts_of(name, own))
    return Verdicts(source="tests", model=model, models={}, verdicts=verdicts, doubts=doubts)


GOOD = [
    one
    for i in range(100)
    for one in (
        verdict(0.999, count=150, document=f"d{i}"),
        verdict(0.92, count=3, document=f"d{i}"),
        verdict(0.92, right=False, document=f"d{i}"),
    )
]


def test_what_is_accepted() -> None:
    """At and above the threshold, with the errors among it."""
    all_of_it = accepted(GOOD, 0.9, 0.95)
    assert (all_of_it.fields, all_of_it.errors) == (15_400, 100)
    assert all_of_it.bound > 100 / 15_400
    best = accepted(GOOD, 0.999, 0.95)
    assert (best.fields, best.errors) == (15_000, 0)
    assert best.bound < 0.001


def test_the_lowest_safe_threshold() -> None:
    """Doubtful fields are left for a person."""
    best, _ = safest_low(GOOD, 0.001, 0.95)
    assert best is not None
    assert best.threshold == 0.999
    everything, _ = safest_low(GOOD, 0.05, 0.95)
    assert everything is not None
    assert everything.threshold == 0.92


def test_too_few_verdicts_certify_nothing() -> None:
    """Without any error: 1,000 fields cannot show one in a thousand."""
    best, last = safest_low([verdict(0.999, count=1000)], 0.001, 0.95)
    assert best is None
    assert last.errors == 0
    assert last.bound > 0.001


def test_a_certificate_says_what_it_is_worth(tmp_path: Path) -> None:
    """And comes back from its file as it was."""
    issued = issue(known(*GOOD), 0.001, 0.95, TODAY)
    own = issued.bands["clean"]
    assert (own.threshold, own.fields, own.accepted, own.errors) == (0.999, 15_400, 15_000, 0)
    assert own.reviewed == pytest.approx(400 / 15_400)
    assert (own.documents, own.left_out) == (100, 0)
    write_model(issued, tmp_path / "c.json")
    assert load_certificate(tmp_path / "c.json") == issued


@pytest.mark.parametrize(
    ("target", "confidence"), [(0, 0.95), (1, 0.95), (0.1, 1.0), (0.1, 0.4), (math.nan, 0.95)]
)
def test_impossible_promises(target: float, confidence: float) -> None:
    """Are refused in one sentence."""
    with pytest.raises(OptionsError, match=r"choose more than 0.* and less than 1"):
        issue(known(*GOOD), target, confidence, TODAY)


def test_nothing_to_go_by() -> None:
    """Says what to do."""
    with pytest.raises(OptionsError, match="review some fields first"):
        issue(known(), 0.001, 0.95, TODAY)


def test_files_that_are_no_certificate(tmp_path: Path) -> None:
    """The file and what is wrong with it."""
    path = tmp_path / "c.json"
    path.write_text('{"target": 1}', encoding="utf-8")
    with pytest.raises(OptionsError, match="it is no certificate file"):
        load_certificate(path)
    path.write_text("no json", encoding="utf-8")
    with pytest.raises(OptionsError, match="it is no certificate file"):
        load_certificate(path)


def test_merged_verdicts_are_the_same() -> None:
    """Those that are alike are counted together."""
    split = [verdict(0.9) for _ in range(7)] + [verdict(0.9, right=False)]
    assert merged(split) == (verdict(0.9, count=7), verdict(0.9, right=False))


def test_drift() -> None:
    """Documents like those known are within the range, better ones too, much worse ones not."""
    rng = Random(1)
    usual = tuple(sorted(rng.expovariate(500) for _ in range(200)))
    for _ in range(20):
        assert drifted(usual, rng.choices(usual, k=40)) is None
    worse = drifted(usual, [3 * d for d in usual])
    assert worse is not None
    assert "200 documents read worse" in worse
    assert drifted(usual, [0.0] * 50) is None
    assert drifted(usual, []) is None
    assert highest(usual, 400) < highest(usual, 40) < highest(usual, 1) == usual[-1]


def test_doubts_of_documents() -> None:
    """The mean doubt of each by band; hopeless documents are left out."""
    (one,) = doubts_of("d", [("clean", c) for c in (0.9, 1.0, 1.0, 1.0)])
    assert (one.document, one.band, one.doubt) == ("d", "clean", 0.025)
    some = known(verdict(0.99), verdict(0.5, document="e"), verdict(0.99, document="e"))
    assert {v.document for v in covered(some.verdicts, some.doubts)} == {"d"}


def test_few_documents_certify_nothing() -> None:
    """However many fields they have: what fails together is not seen in one."""
    one = issue(known(verdict(0.999, count=50_000)), 0.001, 0.95, TODAY)
    assert one.bands["clean"].threshold is None
    assert "1 documents are too few" in one.bands["clean"].lacking(0.001, 0.95)


def test_it_says_what_is_lacking() -> None:
    """How many fields without an error would be enough."""
    few = issue(known(*[verdict(0.999, document=f"d{i}", count=50) for i in range(40)]),
                0.001, 0.95, TODAY).bands["clean"]  # fmt: skip
    assert few.threshold is None
    told = re.search(r"review (\d+) of them", few.lacking(0.001, 0.95))
    assert told is not None
    enough = int(told[1]) // 40 + 1
    more = [verdict(0.999, document=f"d{i}", count=enough) for i in range(40)]
    assert issue(known(*more), 0.001, 0.95, TODAY).bands["clean"].threshold == 0.999


def test_the_bound_holds_where_errors_come_in_rows() -> None:
    """Of 400 archives with twice the promised rate, in clumps of three, 5 % at most pass."""
    rng, passed = Random(9), 0
    for _ in range(400):
        wrong = [3 * (rng.random() < 190 * 0.01 / 3) for _ in range(60)]
        verdicts = [
            one
            for i, w in enumerate(wrong)
            for one in (
                verdict(0.999, document=f"d{i}", count=190 - w),
                *([verdict(0.999, right=False, document=f"d{i}", count=w)] if w else []),
            )
        ]
        issued = issue(known(*verdicts), 0.005, 0.95, TODAY)
        passed += issued.bands["clean"].threshold is not None
    assert passed <= 20


# --- live data -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "errors", "outcome"),
    [
        (13_000, 0, "holds"),
        (500, 0, "not refuted"),
        (500, 1, "not refuted"),
        (500, 20, "broken"),
        (0, 0, "not checked"),
    ],
)
def test_a_certificate_tried_on_drawn_fields(fields: int, errors: int, outcome: str) -> None:
    """It is broken only where luck cannot explain the errors."""
    issued = issue(known(*GOOD), 0.001, 0.95, TODAY)
    live = [verdict(0.9995, count=fields - errors, document="live")] if fields else []
    live += [verdict(0.9995, right=False, document=f"live{i}") for i in range(errors)]
    trial = try_certificate(issued, known(*live))
    assert [one.verdict for one in trial.bands] == [outcome]
    assert trial.holds == (outcome != "broken")
    assert json.dumps(trial.told())


def test_a_trial_says_what_has_changed() -> None:
    """The model, or the documents."""
    issued = issue(known(*GOOD), 0.001, 0.95, TODAY)
    other = try_certificate(issued, known(verdict(0.9999), model="1-y"))
    assert not other.holds
    assert "expired" in other.reasons[0]
    worse = [verdict(0.6, document=f"w{i}", count=50) for i in range(30)]
    drift = try_certificate(issued, known(*worse))
    assert not drift.holds
    assert "clean pages have changed" in drift.reasons[0]


def test_the_bound_holds_on_archives_that_nothing_was_fitted_on() -> None:
    """In 95 of 100 at least: documents with known truth, half for the certificate, half archive."""
    for target in (0.002, 0.005):
        found = simulate(load_verdicts(), target, seed=1)
        assert len(found) == ARCHIVES == 100
        assert sum(one.holds for one in found) >= 95
        # Not because nothing is certified, or nothing accepted.
        assert all(one.certified for one in found)
        assert sum(one.reviewed for one in found) / len(found) < 0.25


def test_without_a_bound_it_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share that was seen in place of the bound: the test above can fail."""

    def naive(errors: int, count: int, *_: float) -> float:
        return errors / count if count else 1.0

    monkeypatch.setattr("extractor.certificate.verdicts.clumped_bound", naive)
    found = simulate(load_verdicts(), 0.002, seed=1)
    assert sum(one.holds for one in found) < 90


# --- the commands --------------------------------------------------------------------------------


def results(folder: Path) -> Path:
    """A folder with the result of one document."""
    folder.mkdir()
    assert DOCUMENT.review is not None
    (folder / "a.json").write_text(DOCUMENT.to_json(), encoding="utf-8")
    return folder


def decisions(path: Path, *wrong: str, drawn: bool = True) -> Path:
    """A decision on every field of that document, all of which the lot fell on."""
    lines = [
        {
            "sha256": DOCUMENT.document.sha256, "field": field.id, "state": field.state,
            "decision": "corrected" if field.id in wrong else "confirmed",
            "value": "-1" if field.id in wrong else field.value, "drawn": drawn, "more": 1,
        }
        for field in DOCUMENT.fields
    ]  # fmt: skip
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_threshold_of_the_program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A table for people, JSON for programs, and a file that extract takes."""
    assert main(["threshold", "--target", "0.01", "--format", "table"]) == 0
    told = capsys.readouterr().out
    assert "worn" in told
    assert "with a probability of 95%" in told
    out = tmp_path / "ours.json"
    assert main(["threshold", "--target", "0.01", "--out", str(out)]) == 0
    assert load_certificate(out).target == 0.01
    assert main(["threshold", "--target", "0.01"]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == 0.01


def test_threshold_where_nothing_can_be_certified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, why, and no file that says nothing."""
    out = tmp_path / "c.json"
    assert main(["threshold", "--target", "0.0001%", "--format", "table", "--out", str(out)]) == 1
    told = capsys.readouterr()
    assert "Nothing is certified for digital pages" in told.out
    assert "no certificate is written" in told.err
    assert "raise --target" in told.err
    assert not out.exists()


def test_threshold_of_own_reviews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only fields that the lot fell on count, unless whole documents were reviewed."""
    folder = tmp_path / "r"
    folder.mkdir()
    lines = []
    for i in range(25):
        source = replace(DOCUMENT.document, sha256=f"{i:064}")
        one = replace(DOCUMENT, document=source)
        (folder / f"{i}.json").write_text(one.to_json(), encoding="utf-8")
        lines += [decision_on(one, field.id) for field in one.fields]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    arguments = ["threshold", "--target", "0.2", "--results", str(folder), "--decisions", str(path)]
    assert main(arguments) == 0
    issued = json.loads(capsys.readouterr().out)
    assert issued["bands"]["clean"]["documents"] == 25
    assert issued["source"] == "decisions of reviewers"
    path.write_text("".join(lines).replace('"drawn": true', '"drawn": false'), encoding="utf-8")
    assert main(arguments) == 2
    assert "none about a field that the lot fell on" in capsys.readouterr().err
    assert main([*arguments, "--all-decisions"]) == 0


def decision_on(document: Document, field_id: str) -> str:
    field = document.field(field_id)
    line = {"sha256": document.document.sha256, "field": field_id, "decision": "confirmed",
            "state": field.state, "value": field.value, "drawn": True}  # fmt: skip
    return json.dumps(line, ensure_ascii=False) + "\n"


def test_results_and_decisions_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    """One alone is a wrong option."""
    assert main(["threshold", "--decisions", "x.jsonl"]) == 2
    assert "belong together" in capsys.readouterr().err


def test_certify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 where nothing speaks against it, 1 where it is broken; without decisions too."""
    folder = results(tmp_path / "r")
    some = tuple(verdict(0.91, document=f"{i}", count=200) for i in range(100))
    issued = issue(known(*some, model=load_model().version), 0.01, 0.95, TODAY)
    path = tmp_path / "c.json"
    write_model(issued.model_copy(update={"models": {"extractor": "0.1.0"}}), path)
    arguments = ["certify", str(folder), "--certificate", str(path)]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["bands"][0]["verdict"] == "not checked"
    right = decisions(tmp_path / "right.jsonl")
    assert main([*arguments, "--decisions", str(right)]) == 0
    assert json.loads(capsys.readouterr().out)["bands"][0]["verdict"] == "not refuted"
    wrong = decisions(tmp_path / "wrong.jsonl", *[field.id for field in DOCUMENT.fields])
    assert main([*arguments, "--decisions", str(wrong), "--format", "table"]) == 1
    assert "drawn fields are wrong" in capsys.readouterr().out


def test_a_line_that_is_no_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its number, and what is wrong."""
    folder = results(tmp_path / "r")
    path = tmp_path / "d.jsonl"
    path.write_text('\n{"sha256": "a"}\n', encoding="utf-8")
    assert main(["certify", str(folder), "--decisions", str(path)]) == 2
    assert "line 2 is no decision: field: field required" in capsys.readouterr().err


def test_an_older_result_without_plan_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names no model that a verdict could be about."""
    folder = results(tmp_path / "r")
    (folder / "a.json").write_text(BARE.to_json(), encoding="utf-8")
    (folder / "b.json").write_text("{}", encoding="utf-8")
    path = decisions(tmp_path / "d.jsonl")
    assert main(["certify", str(folder), "--decisions", str(path)]) == 2
    assert "none about a field that the lot fell on" in capsys.readouterr().err


def test_a_result_with_a_plan_comes_back_as_it_was() -> None:
    """Through its JSON."""
    assert Document.from_json(DOCUMENT.to_json()) == DOCUMENT
