"""Many documents in parallel: what fails, what is written, what a second run does."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from extractor.batch import (
    Batch,
    Finished,
    Input,
    ReaderPool,
    Reply,
    discover,
    read_batch,
    share_cores,
)
from extractor.batch.outcome import bug_of, failure_of
from extractor.batch.pool import read_all
from extractor.batch.worker import Job, Limits
from extractor.document import Document
from extractor.errors import OptionsError, UnreadableError
from extractor.options import Options
from tests.fake_reader import READER

ROOT = Path(__file__).parent.parent


def folder(tmp_path: Path, **documents: str) -> Path:
    """A folder of "documents" that say what becomes of them."""
    place = tmp_path / "in"
    place.mkdir(exist_ok=True)
    for name, fate in documents.items():
        (place / f"{name}.pdf").write_text(fate, encoding="utf-8")
    return place


def run(
    place: Path, tmp_path: Path, options: Options | None = None, **more: object
) -> list[Finished]:
    batch = Batch(
        discover([place]), options or Options(), tmp_path / "out", reader=READER,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return sorted(read_batch(batch), key=lambda finished: finished.index)


def written(tmp_path: Path) -> list[str]:
    out = tmp_path / "out"
    return sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())


def test_each_document_has_its_own_fate(tmp_path: Path) -> None:
    """Crash, hang, bug, known error: one failure each, all other documents are read and whole."""
    place = folder(
        tmp_path, a="ok 3", b="crash", c="hang", d="bug", e="encrypted", f="ok 1", g="crash", h="ok"
    )
    ended = run(place, tmp_path, Options(timeout_s=8), workers=2)
    codes = [f.failure.code if f.failure else "ok" for f in ended]
    assert codes == ["ok", "crashed", "timed_out", "bug", "encrypted", "ok", "crashed", "ok"]
    exits = [f.failure.exit_code for f in ended if f.failure]
    assert exits == [9, 7, 70, 4, 9]
    assert [f.pages for f in ended if not f.failure] == [3, 1, 1]
    assert written(tmp_path) == [".extractor-journal.jsonl", "a.json", "f.json", "h.json"]
    document = Document.from_json((tmp_path / "out" / "a.json").read_bytes())
    assert document.document.filename == "a.pdf"


def test_failures_are_one_sentence_that_names_the_file(tmp_path: Path) -> None:
    """Also those of a dead process and of a bug, without the words of the exception."""
    place = folder(tmp_path, b="crash", d="bug")
    for finished in run(place, tmp_path):
        assert finished.failure is not None
        assert finished.failure.sentence.startswith(str(finished.input.path))
        assert "\n" not in finished.failure.sentence
        assert "secret" not in finished.failure.sentence


def test_a_full_disk_is_no_fault_of_the_program(tmp_path: Path) -> None:
    """It is told as what it is, and the same command reads what is left once there is room."""
    flag = tmp_path / "flag"
    flag.touch()
    place = folder(tmp_path, a=f"full {flag}", b="ok")
    full, fine = run(place, tmp_path)
    assert full.failure is not None
    assert (full.failure.code, full.failure.exit_code) == ("disk_full", 10)
    assert "the disk is full" in full.failure.sentence
    assert fine.failure is None
    flag.unlink()
    assert [f.failure for f in run(place, tmp_path)] == [None, None]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_a_memory_limit_that_nothing_fits_in_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Workers start all the same: it is the document that says what to raise."""
    (finished,) = run(folder(tmp_path, a="large"), tmp_path, limits=Limits(memory_bytes=1000))
    assert finished.failure is not None
    assert "--memory-limit" in finished.failure.sentence
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux only")
def test_a_document_that_needs_too_much_memory_fails_alone(tmp_path: Path) -> None:
    """The limit of the worker stops it long before the machine suffers."""
    place = folder(tmp_path, a="hungry", b="ok")
    hungry, fine = run(place, tmp_path, limits=Limits(memory_bytes=512 * 1024 * 1024))
    assert hungry.failure is not None
    assert hungry.failure.code == "crashed"
    assert "--memory-limit" in hungry.failure.sentence
    assert fine.failure is None


def test_a_second_run_reads_only_what_is_left(tmp_path: Path) -> None:
    """Done documents stay; failed, changed and lost ones are read again."""
    place = folder(tmp_path, a="ok", b="ok", c="encrypted", d="ok")
    run(place, tmp_path)
    folder(tmp_path, b="ok 2", c="ok")
    (tmp_path / "out" / "d.json").unlink()
    ended = run(place, tmp_path)
    assert [f.resumed for f in ended] == [True, False, False, False]
    assert [f.pages for f in ended] == [1, 2, 1, 1]
    assert not any(f.failure for f in ended)


def test_other_options_and_fresh_read_everything_again(tmp_path: Path) -> None:
    """A result holds only for the options it was read with."""
    place = folder(tmp_path, a="ok")
    run(place, tmp_path)
    assert [f.resumed for f in run(place, tmp_path, Options(dpi=300))] == [False]
    assert [f.resumed for f in run(place, tmp_path, Options(dpi=300))] == [True]
    assert [f.resumed for f in run(place, tmp_path, Options(dpi=300), fresh=True)] == [False]


def test_a_file_that_turned_bad_keeps_no_old_result(tmp_path: Path) -> None:
    """What was read from its earlier state would be taken for the present one."""
    place = folder(tmp_path, a="ok")
    run(place, tmp_path)
    folder(tmp_path, a="encrypted")
    assert run(place, tmp_path)[0].failure is not None
    assert written(tmp_path) == [".extractor-journal.jsonl"]


def test_a_missing_file_and_a_folder_in_its_place_fail(tmp_path: Path) -> None:
    """Only the failing document is affected."""
    (tmp_path / "closed").mkdir()
    inputs = (Input(tmp_path / "gone.pdf", "gone"), Input(tmp_path / "closed", "closed"))
    sentences = []
    for finished in read_batch(Batch(inputs, Options(), tmp_path / "out")):
        assert finished.failure is not None
        assert finished.failure.exit_code == UnreadableError.exit_code
        sentences.append(finished.failure.sentence)
    assert any("No such file" in sentence for sentence in sentences)
    assert any("this is a folder" in sentence for sentence in sentences)


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    """Before anything is read."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OptionsError, match="another --out"):
        run(folder(tmp_path, a="ok"), tmp_path)


@pytest.mark.parametrize("fate", ["ok", "encrypted"])
def test_a_result_that_has_no_place_fails_alone(tmp_path: Path, fate: str) -> None:
    """A name too long with .json, a file where its folder belongs, a folder in its own place."""
    long = "x" * 251
    place = folder(tmp_path, z="ok", own=fate, **{long: fate})
    (place / "sub").mkdir()
    (place / "sub" / "a.pdf").write_text(fate)
    out = tmp_path / "out"
    out.mkdir()
    (out / "sub").write_text("a file")
    (out / "own.json").mkdir()
    ended = {finished.input.path.stem: finished for finished in run(place, tmp_path)}
    failed = {name: f.failure.code for name, f in ended.items() if f.failure}
    code = "options" if fate == "ok" else "encrypted"
    assert failed == dict.fromkeys(["own", long, "a"], code)
    assert written(tmp_path) == [".extractor-journal.jsonl", "sub", "z.json"]


def test_a_killed_run_continues(tmp_path: Path) -> None:
    """SIGKILL leaves whole results and no worker behind; the same run again finishes the rest."""
    place = folder(tmp_path, **{f"d{n}": "slow 0.4" for n in range(8)})
    code = (
        "from pathlib import Path; from tests.test_batch import run;"
        f"run(Path({str(place)!r}), Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
    journal = tmp_path / "out" / ".extractor-journal.jsonl"
    deadline = time.monotonic() + 60
    while not (journal.exists() and len(journal.read_bytes().splitlines()) >= 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert _emptied(process.pid), "workers outlived the run"
    results = list((tmp_path / "out").rglob("*.json"))
    assert 2 <= len(results) < 8
    for result in results:
        Document.from_json(result.read_bytes())
    ended = run(place, tmp_path)
    assert not any(f.failure for f in ended)
    assert Counter(f.resumed for f in ended)[True] >= 2
    assert written(tmp_path) == [".extractor-journal.jsonl", *(f"d{n}.json" for n in range(8))]


def _emptied(group: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return False


def test_verbose_runs_log_a_line_a_page(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Our own lines and only where they are asked for."""
    place = folder(tmp_path, a="ok")
    run(place, tmp_path, level=logging.INFO)
    assert capfd.readouterr().err == "page 1: read\n"
    run(place, tmp_path, fresh=True)
    assert capfd.readouterr().err == ""


def test_pages_are_told_while_documents_are_read(tmp_path: Path) -> None:
    """Every page of every document, with the document's page count."""
    pages: list[tuple[int, int]] = []
    place = folder(tmp_path, a="ok 3", b="ok 1")
    batch = Batch(discover([place]), Options(), tmp_path / "out", reader=READER, workers=1)
    list(read_batch(batch, lambda done, total: pages.append((done, total))))
    assert sorted(pages) == [(1, 1), (1, 3), (2, 3), (3, 3)]


def test_cores_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the cores read documents, at most one each; each gets its share of threads."""
    monkeypatch.setattr("extractor.batch.run.cores", lambda: 8)
    assert share_cores(0, 100) == (4, 2)
    assert share_cores(0, 1) == (1, 8)
    assert share_cores(8, 100) == (8, 1)
    assert share_cores(99, 3) == (3, 2)


def test_threads_of_a_worker_are_its_share(tmp_path: Path) -> None:
    """They reach the reader by its options, and OpenCV; a number the user gives is kept."""
    place = folder(tmp_path, a="ok", b="ok")
    share = share_cores(2, 2)[1]
    for options, threads in ((Options(threads=5), 5), (Options(), share)):
        run(place, tmp_path, options, workers=2, fresh=True)
        result = json.loads((tmp_path / "out" / "a.json").read_text(encoding="utf-8"))
        assert result["document"]["engine"]["ocr"].endswith(f"{threads} and {threads} threads")


def test_failures_name_the_file_even_where_the_error_does_not() -> None:
    """An error without a place gets the document's."""
    failure = failure_of(UnreadableError("is\n damaged"), Path("a.pdf"), 1.0)
    assert failure.sentence == "a.pdf: is damaged"
    bug = bug_of(ZeroDivisionError("x"), Path("a.pdf"))
    assert bug.trace is not None
    assert "ZeroDivisionError: x" in bug.trace


def test_a_worker_that_dies_idle_costs_nothing(tmp_path: Path) -> None:
    """The pool is made anew, and documents that were waiting are read."""
    place = folder(tmp_path, a="ok", b="ok", c="ok")
    jobs = [Job(item.path, Options()) for item in discover([place])]
    with ReaderPool(1, Limits(), reader=READER) as pool:
        assert isinstance(pool.submit(jobs[0]).result(), Reply)
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)
        ended = list(read_all(pool, jobs, lambda done, total: None))
    assert [type(outcome) for _, outcome in ended] == [Reply, Reply, Reply]
