"""The folder of staged files: what is made, what is removed, and what a full disk does."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import stat
import string
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extractor.errors import ExtractorError, OptionsError
from extractor.options import Options
from service.intake.limits import GIB, KIB, IntakeLimits, size_text
from service.intake.refusals import SENTENCES, IntakeError, Refusal
from service.intake.staging import NAME, StagedBatch, StagedFile, Staging
from tests.intake_zips import PDF


def test_a_file_is_staged(tmp_path: Path) -> None:
    """With its digest, size and kind, for its owner only, under a name of its own."""
    with Staging(tmp_path / "new" / "staging").batch() as batch:
        sink = batch.create()
        for piece in (PDF, b"", b"more"):
            sink.write(piece)
        staged = sink.settle("x/a.pdf")
        assert isinstance(staged, StagedFile)
        assert (staged.name, staged.kind, staged.size) == ("x/a.pdf", "pdf", len(PDF) + 4)
        assert staged.sha256 == hashlib.sha256(PDF + b"more").hexdigest()
        assert staged.path.read_bytes() == PDF + b"more"
        assert stat.S_IMODE(staged.path.stat().st_mode) == 0o600
        assert NAME.fullmatch(staged.path.name)
        assert stat.S_IMODE(staged.path.parent.stat().st_mode) == 0o700
    assert not staged.path.exists()


def test_what_is_moved_away_is_kept(tmp_path: Path) -> None:
    """The rest goes with the block, also where it fails."""

    def keep_one_and_fail() -> None:
        with Staging(tmp_path / "s").batch() as batch:
            kept, left = batch.create(), batch.create()
            kept.write(PDF)
            kept.settle("a.pdf")
            left.write(PDF)
            kept.path.rename(tmp_path / "kept.pdf")
            raise KeyError

    with pytest.raises(KeyError):
        keep_one_and_fail()
    assert [path.name for path in tmp_path.rglob("*.pdf")] == ["kept.pdf"]
    assert not list((tmp_path / "s").iterdir())


def test_a_kind_that_is_not_read_leaves_nothing(tmp_path: Path) -> None:
    """But its refusal."""
    with Staging(tmp_path).batch() as batch:
        sink = batch.create()
        sink.write(b"Rar!\x1a\x07\x00")
        refusal = sink.settle("a.rar")
        assert refusal == Refusal("a.rar", "rar")
        assert isinstance(refusal, Refusal)
        assert refusal.sentence == "this is a RAR archive: unpack it, or send a ZIP"
        assert refusal.code == "unsupported"
        assert not list(tmp_path.iterdir())


def test_a_closed_batch_takes_nothing(tmp_path: Path) -> None:
    """A thread that comes late writes nowhere."""
    batch = Staging(tmp_path).batch()
    sink = batch.create()
    batch.close()
    with pytest.raises(ValueError, match="closed"):
        sink.write(PDF)
    with pytest.raises(ValueError, match="closed"):
        batch.create()
    batch.close()
    assert not list(tmp_path.iterdir())


def test_a_file_is_removed_once(tmp_path: Path) -> None:
    """Not by a second call, and none that is not of the batch."""
    other = tmp_path / "other.pdf"
    other.write_bytes(PDF)
    with Staging(tmp_path).batch() as batch:
        sink = batch.create()
        for path in (sink.path, sink.path, other):
            batch.remove(path)
        sink.discard()
    assert list(tmp_path.iterdir()) == [other]


def test_closing_races_with_writing(tmp_path: Path) -> None:
    """Whatever the threads are at, no file and no handle is left."""
    for _ in range(20):
        batch, started = Staging(tmp_path).batch(), threading.Barrier(5)
        before = handles()
        with ThreadPoolExecutor(4) as threads:
            work = [threads.submit(write_on, batch, started) for _ in range(4)]
            started.wait()
            batch.close()
        assert all("closed" in str(job.exception()) for job in work)
        assert not list(tmp_path.iterdir())
        assert handles() == before


def write_on(batch: StagedBatch, started: threading.Barrier) -> None:
    started.wait()
    while True:
        batch.create().write(PDF)


def handles() -> int:
    """Open files of this process."""
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_a_nearly_full_disk_takes_nothing(tmp_path: Path) -> None:
    """And says whose matter it is."""
    staging = Staging(tmp_path, IntakeLimits(free_bytes=2**62))
    with pytest.raises(IntakeError, match="administrator") as caught:
        staging.check_space()
    assert caught.value.code == "disk_full"
    with staging.batch() as batch, pytest.raises(IntakeError, match="nearly full"):
        batch.create()
    with pytest.raises(IntakeError, match="nearly full"):
        Staging(tmp_path).check_space(coming=2**62)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other faults of the disk are not."""

    def failing(number: int) -> object:
        def write(*_: object) -> int:
            raise OSError(number, os.strerror(number))

        return write

    with Staging(tmp_path).batch() as batch:
        sink = batch.create()
        monkeypatch.setattr("os.write", failing(errno.ENOSPC))
        with pytest.raises(IntakeError, match="nearly full"):
            sink.write(PDF)
        monkeypatch.setattr("os.write", failing(errno.EIO))
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            sink.write(PDF)
    assert not list(tmp_path.iterdir())


def test_leftovers_are_swept(tmp_path: Path) -> None:
    """Old files that were named here; nothing else, whatever it is called."""
    staging = Staging(tmp_path)
    old, young = "staged-" + "0" * 32, "staged-" + "1" * 32
    others = ["a.pdf", "staged-0", "staged-" + "0" * 33, "staged-" + "2" * 32]
    outside = tmp_path.parent / "outside"
    outside.write_bytes(PDF)
    for name in (old, young, *others[:3]):
        (tmp_path / name).write_bytes(PDF)
    (tmp_path / others[3]).symlink_to(outside)
    (tmp_path / ("staged-" + "3" * 32)).mkdir()
    for path in tmp_path.iterdir():
        if path.name != young:
            os.utime(path, (0, time.time() - 7_200))
    assert staging.sweep(3_600) == 1
    assert {path.name for path in tmp_path.iterdir()} >= {young, *others}
    assert not (tmp_path / old).exists()
    assert outside.exists()


def test_every_limit_has_to_be_above_0() -> None:
    """And the size of a file is that of the extractor."""
    with pytest.raises(OptionsError, match="choose more than 0"):
        IntakeLimits(file_bytes=0)
    with pytest.raises(OptionsError, match="idle_s"):
        IntakeLimits(idle_s=float("nan"))
    assert IntakeLimits().file_bytes == Options().max_bytes


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (100, "100 bytes"),
        (KIB, "1 KiB"),
        (1536, "1.5 KiB"),
        (256 * KIB**2, "256 MiB"),
        (GIB, "1 GiB"),
    ],
)
def test_sizes_are_told_in_their_unit(size: int, text: str) -> None:
    """As limits are written."""
    assert size_text(size) == text


def test_every_sentence_can_be_filled_in() -> None:
    """By an error, which keeps its parts through a pickle, and by a refusal made of it."""
    codes = {cls.code for cls in ExtractorError.__subclasses__()} | {
        "request",
        "stalled",
        "disk_full",
        "quota",
    }
    for reason, (code, text) in SENTENCES.items():
        wanted = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        error = IntakeError(reason, **dict.fromkeys(wanted, "{x}"))
        again = pickle.loads(pickle.dumps(error))
        assert (again.code, again.reason, str(again)) == (code, reason, str(error))
        assert str(error).count("{x}") == len(wanted)
        assert error.of("a").sentence == str(error)
        assert code in codes
        assert text[0].islower() or text.startswith("{")
        assert not text.endswith(".")
