"""Certificates: thresholds that are found, told, tried on live data, and hold on other archives."""

from __future__ import annotations

import json
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
from extractor.certificate.drift import covered, doubts_by_document, drifted, highest
from extractor.certificate.trial import try_certificate
from extractor.certificate.verdicts import Verdict, accepted, safest_low
from extractor.cli import main
from extractor.confidence import load_model
from extractor.document import Document, ReviewPlan
from extractor.errors import OptionsError
from tests.example_documents import example_document

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.confidence.bands import Band

TODAY = date(2026, 11, 22)
PLAN = ReviewPlan(load_model().version, ("clean", "clean"), {"clean": 0.98}, None, 0.001, 1.2,
                  ("applications.new_received.total",), 0.001, ())  # fmt: skip
BARE = example_document()
DOCUMENT = replace(
    BARE,
    review=PLAN,
    document=replace(BARE.document, engine=replace(BARE.document.engine, models={})),
)


def verdict(
    confidence: float, *, right: bool = True, count: int = 1, document: str = "d",
    band: Band = "clean",
) -> Verdict:  # fmt: skip
    return Verdict(document=document, band=band, confidence=confidence, right=right, count=count)


def known(*verdicts: Verdict, model: str = "1-x") -> Verdicts:
    return Verdicts(source="tests", model=model, models={}, verdicts=verdicts)


GOOD = [verdict(0.999, count=10_000), verdict(0.9, count=400), verdict(0.9, right=False, count=40)]


def test_what_is_accepted() -> None:
    """At and above the threshold, with the errors among it."""
    all_of_it = accepted(GOOD, 0.9, 0.95)
    assert (all_of_it.fields, all_of_it.errors) == (10_440, 40)
    assert all_of_it.bound > 40 / 10_440
    best = accepted(GOOD, 0.999, 0.95)
    assert (best.fields, best.errors) == (10_000, 0)
    assert best.bound < 0.001


def test_the_lowest_safe_threshold() -> None:
    """Doubtful fields are left for a person."""
    best, _ = safest_low(GOOD, 0.001, 0.95)
    assert best is not None
    assert best.threshold == 0.999
    everything, _ = safest_low(GOOD, 0.05, 0.95)
    assert everything is not None
    assert everything.threshold == 0.9


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
    assert (own.threshold, own.fields, own.accepted, own.errors) == (0.999, 10_440, 10_000, 0)
    assert own.reviewed == pytest.approx(440 / 10_440)
    write_model(issued, tmp_path / "c.json")
    assert load_certificate(tmp_path / "c.json") == issued


@pytest.mark.parametrize(("target", "confidence"), [(0, 0.95), (1, 0.95), (0.1, 1.0), (0.1, 0)])
def test_impossible_promises(target: float, confidence: float) -> None:
    """Are refused in one sentence."""
    with pytest.raises(OptionsError, match="choose more than 0 and less than 1"):
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
    """The mean doubt of each, by how many fields it has."""
    some = [verdict(0.9, count=1), verdict(1.0, count=3), verdict(0.5, document="e")]
    assert doubts_by_document(some) == {"d": 0.025, "e": 0.5}
    assert {one.document for one in covered(some)} == {"d"}


# --- live data -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "errors", "outcome"),
    [(10_000, 0, "holds"), (500, 0, "not refuted"), (500, 1, "not refuted"), (500, 20, "broken")],
)
def test_a_certificate_tried_on_drawn_fields(fields: int, errors: int, outcome: str) -> None:
    """It is broken only where luck cannot explain the errors."""
    issued = issue(known(*GOOD), 0.001, 0.95, TODAY)
    live = [verdict(0.9995, count=fields - errors, document="live")]
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
    found = simulate(load_verdicts(), target=0.005, seed=1)
    assert len(found) == ARCHIVES == 100
    assert sum(one.holds for one in found) >= 95
    # Not because nothing is certified: nearly always all fields but few are accepted.
    assert sum(one.certified >= 2 for one in found) >= 90
    assert sum(one.reviewed for one in found) / len(found) < 0.25


# --- the commands --------------------------------------------------------------------------------


def results(folder: Path) -> Path:
    """A folder with the result of one document."""
    folder.mkdir()
    assert DOCUMENT.review is not None
    (folder / "a.json").write_text(DOCUMENT.to_json(), encoding="utf-8")
    return folder


def decisions(path: Path, *wrong: str, drawn: bool = True) -> Path:
    """A decision on every field of that document."""
    lines = [
        {
            "sha256": DOCUMENT.document.sha256, "field": field.id, "state": field.state,
            "decision": "corrected" if field.id in wrong else "confirmed",
            "value": -1 if field.id in wrong else field.value, "drawn": drawn, "more": 1,
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


def test_threshold_where_nothing_can_be_certified(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and why."""
    assert main(["threshold", "--target", "0.000001", "--format", "table"]) == 1
    assert "Nothing is certified for digital pages" in capsys.readouterr().out


def test_threshold_of_own_reviews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only drawn fields count, unless whole documents were reviewed."""
    folder = results(tmp_path / "r")
    drawn = decisions(tmp_path / "drawn.jsonl")
    arguments = ["threshold", "--target", "0.9", "--results", str(folder), "--decisions"]
    assert main([*arguments, str(drawn)]) == 0
    issued = json.loads(capsys.readouterr().out)
    assert issued["bands"]["clean"]["fields"] == len(DOCUMENT.fields)
    assert issued["source"] == "decisions of reviewers"
    queue = decisions(tmp_path / "queue.jsonl", drawn=False)
    assert main([*arguments, str(queue)]) == 2
    assert "no drawn field" in capsys.readouterr().err
    assert main([*arguments, str(queue), "--all-decisions"]) == 0


def test_results_and_decisions_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    """One alone is a wrong option."""
    assert main(["threshold", "--decisions", "x.jsonl"]) == 2
    assert "belong together" in capsys.readouterr().err


def test_certify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 where nothing speaks against it, 1 where it is broken."""
    folder = results(tmp_path / "r")
    verdicts = tuple(verdict(0.93, document=f"{i}", count=100) for i in range(100))
    issued = issue(known(*verdicts, model=load_model().version), 0.001, 0.95, TODAY)
    path = tmp_path / "c.json"
    write_model(issued, path)
    right = decisions(tmp_path / "right.jsonl")
    arguments = ["certify", str(folder), "--certificate", str(path), "--decisions"]
    assert main([*arguments, str(right)]) == 0
    assert json.loads(capsys.readouterr().out)["bands"][0]["verdict"] == "not refuted"
    wrong = decisions(tmp_path / "wrong.jsonl", *[field.id for field in DOCUMENT.fields])
    assert main([*arguments, str(wrong), "--format", "table"]) == 1
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
    assert "no drawn field of these results was decided" in capsys.readouterr().err


def test_a_result_with_a_plan_comes_back_as_it_was() -> None:
    """Through its JSON."""
    assert Document.from_json(DOCUMENT.to_json()) == DOCUMENT
