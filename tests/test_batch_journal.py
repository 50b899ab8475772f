"""The journal of an output folder."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pytest

from extractor.batch import atomic, run
from extractor.batch.atomic import atomic_file, sweep
from extractor.batch.journal import JOURNAL, Entry, Journal, fingerprint
from extractor.errors import OptionsError
from extractor.options import Options


def entry(path: str, status: str = "done") -> Entry:
    return Entry(path, 1, 2, "f", "done" if status == "done" else "failed", "a.json", 0.5)


def test_the_last_entry_of_a_document_counts(tmp_path: Path) -> None:
    """Entries are found again by the next run."""
    path = tmp_path / "a.pdf"
    with Journal(tmp_path) as journal:
        journal.record(entry(str(path), "failed"))
        journal.record(entry(str(path)))
    with Journal(tmp_path) as journal:
        assert journal.find(path) == entry(str(path))
        assert journal.find(tmp_path / "b.pdf") is None


@pytest.mark.parametrize("torn", [b'{"path": "x", "si', b"\xff\xfe", b"[1]\n", b'{"path": 1}\n'])
def test_a_torn_line_is_passed_over(tmp_path: Path, torn: bytes) -> None:
    """What a crash left half written spoils neither the lines before it nor those after."""
    with Journal(tmp_path) as journal:
        journal.record(entry("/a"))
    with (tmp_path / JOURNAL).open("ab") as stream:
        stream.write(torn)
    with Journal(tmp_path) as journal:
        journal.record(entry("/b"))
    with Journal(tmp_path) as journal:
        assert journal.find(Path("/a")) == entry("/a")
        assert journal.find(Path("/b")) == entry("/b")


def test_fresh_forgets(tmp_path: Path) -> None:
    """With `--fresh` nothing is known."""
    with Journal(tmp_path) as journal:
        journal.record(entry("/a"))
    with Journal(tmp_path, fresh=True) as journal:
        assert journal.find(Path("/a")) is None


def test_one_run_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    """A second one is told so."""
    with Journal(tmp_path), pytest.raises(OptionsError, match="another run"):
        Journal(tmp_path)


def test_options_that_change_results_change_the_fingerprint() -> None:
    """Threads, time limit and password do not; everything else does."""
    base = fingerprint(Options(), "1")
    assert fingerprint(Options(threads=3, timeout_s=9, password="x"), "1") == base
    assert fingerprint(Options(dpi=300), "1") != base
    assert fingerprint(Options(), "2") != base


@pytest.mark.parametrize("place", ["templates", "detection_model", "recording", "shipped"])
def test_files_that_decide_results_count_by_their_content(tmp_path: Path, place: str) -> None:
    """Templates, recordings, a user's model folders, and the models that come with the program."""
    (tmp_path / "deep").mkdir()
    file = tmp_path / "deep" / "x"
    options = {
        "templates": Options(templates=(file,)),
        "detection_model": Options(engine="paddleocr", detection_model=tmp_path),
        "recording": Options(engine="replay", recording=file),
    }.get(place, Options())
    models = (tmp_path,) if place == "shipped" else ()
    seen = {fingerprint(options, "1", models)}
    for text in ("a", "other"):
        file.write_text(text)
        seen.add(fingerprint(options, "1", models))
    assert len(seen) == 3
    assert fingerprint(options, "1", models) in seen


def test_the_models_that_come_with_the_program_are_there() -> None:
    """The OCR engine's; numbers; a trained tagger where there is one; confidence, certificate."""
    wheel, numbers, trained, *confidence = run.shipped_models()
    assert {path.suffix for path in wheel.iterdir()} >= {".onnx"}
    assert numbers.is_file()
    assert trained.parent.is_dir()
    assert [path.name for path in confidence] == ["confidence.json", "certificate.json"]
    assert all(path.is_file() for path in confidence)


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """A block that fails leaves the old file and no other."""
    target = tmp_path / "in" / "a.json"
    with atomic_file(target) as stream:
        stream.write(b"old")

    def fail() -> None:
        with atomic_file(target) as stream:
            stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert target.read_bytes() == b"old"
    assert [p.name for p in target.parent.iterdir()] == ["a.json"]


def test_what_a_living_run_writes_is_not_swept(tmp_path: Path) -> None:
    """A run in the folder above, or in one below, has a journal of its own."""
    target = tmp_path / "2021" / "a.json"
    with atomic_file(target) as stream:
        sweep(tmp_path)
        stream.write(b"whole")
        sweep(tmp_path)
    assert target.read_bytes() == b"whole"
    sweep(tmp_path)
    assert [p.name for p in target.parent.iterdir()] == ["a.json"]


def test_a_part_swept_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between making and locking a file."""
    sweeps = iter([True])

    def swept_first(stream: IO[str], *, wait: bool) -> bool:
        if next(sweeps, False):
            sweep(tmp_path)
        return True

    real = atomic.lock
    monkeypatch.setattr(atomic, "lock", lambda s, **k: swept_first(s, **k) if k else real(s))
    with atomic_file(tmp_path / "a.json") as stream:
        stream.write(b"whole")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    """Half-written files of an earlier run go, at any depth; others stay."""
    (tmp_path / "in").mkdir()
    for name in ("in/.extractor-x.part", ".extractor-y.part", "mine.part"):
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert [p.name for p in tmp_path.rglob("*.part")] == ["mine.part"]
