"""Hostile archives: what they cost is bounded, and nothing else breaks."""

from __future__ import annotations

import io
import random
import struct
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.options import MIB
from service.intake import Budget, IntakeLimits, Refusal, StagedFile, Staging, expand
from tests.intake_zips import (
    ENCRYPTED,
    PDF,
    PNG,
    STREAMED,
    Member,
    deflated,
    encrypted,
    locked,
    staged,
    told,
    zip_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

SMALL = IntakeLimits(
    file_bytes=2 * MIB, archive_entries=5, archive_bytes=4 * MIB, entry_grace_bytes=MIB,
    archive_grace_bytes=2 * MIB, archive_directory_bytes=10_000,
)  # fmt: skip


def test_too_many_entries_are_refused_before_the_first(tmp_path: Path) -> None:
    """What is left out does not count; a long list of names is refused too."""
    members = [Member(b"%d.pdf" % n) for n in range(6)]
    clutter = [Member(b"__MACOSX/%d" % n, b"") for n in range(50)]
    assert len(told(tmp_path, zip_of(*members[:5], *clutter), limits=SMALL)) == 5
    many = told(tmp_path, zip_of(*members), limits=SMALL)
    assert many == [("scans.zip", "zip_many_entries")]
    scanned = told(tmp_path, zip_of(*members)[:-22], limits=SMALL)
    assert scanned[5:] == [("scans.zip", "zip_many_entries")]
    long = zip_of(Member(b"x" * 10_000))
    assert told(tmp_path, long, limits=SMALL) == [("scans.zip", "zip_large_directory")]


def bomb(size: int) -> bytes:
    return deflated(PDF + bytes(size))


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    """Whatever its header says; one page that packs as well is taken."""
    page = Member(b"page.pdf", PDF + bytes(MIB // 2))
    liar = Member(b"liar.pdf", PDF, packed=bomb(4 * MIB))
    data = zip_of(page, liar, Member(b"a.pdf"))
    limits = replace(SMALL, archive_grace_bytes=8 * MIB)
    assert told(tmp_path, data, limits=limits) == [
        ("page.pdf", "pdf"), ("liar.pdf", "entry_bomb"), ("a.pdf", "pdf"),
    ]  # fmt: skip


def test_a_real_bomb_costs_little(tmp_path: Path) -> None:
    """400 MiB in 400 KB, with the limits of the service: in seconds and in little memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(PDF) + b"".join(packer.compress(bytes(MIB)) for _ in range(400))
    data = zip_of(Member(b"a.pdf", packed=packed + packer.flush(), size=1_000), Member(b"b.pdf"))
    assert len(data) < 420_000
    tracemalloc.start()
    start = time.monotonic()
    assert told(tmp_path, data) == [("a.pdf", "entry_bomb"), ("b.pdf", "pdf")]
    assert time.monotonic() - start < 10
    assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    tracemalloc.stop()


def test_many_small_bombs_are_one(tmp_path: Path) -> None:
    """Each below the grace of an entry, together above that of an archive."""
    data = zip_of(*(Member(b"%d.pdf" % n, PDF + bytes(MIB - 9)) for n in range(4)))
    assert told(tmp_path, data, limits=SMALL) == [
        ("0.pdf", "pdf"), ("1.pdf", "pdf"), ("scans.zip", "zip_bomb"),
    ]  # fmt: skip


def test_a_large_entry_is_refused_alone(tmp_path: Path) -> None:
    """By its header, and by what really comes out."""
    noise = PDF + random.Random(1).randbytes(2 * MIB)
    data = zip_of(
        Member(b"a.pdf", noise), Member(b"b.pdf", noise, size=10), Member(b"c.pdf", size=2**31),
        Member(b"d.pdf"),
    )  # fmt: skip
    limits = IntakeLimits(file_bytes=2 * MIB)
    assert told(tmp_path, data, limits=limits) == [
        ("a.pdf", "large_file"), ("b.pdf", "large_file"), ("c.pdf", "large_file"), ("d.pdf", "pdf"),
    ]  # fmt: skip


def test_a_budget_is_for_all_archives_of_an_upload(tmp_path: Path) -> None:
    """What the first one took, the second one does not have."""
    noise = random.Random(2).randbytes(3 * MIB // 2)
    data = zip_of(Member(b"a.pdf", PDF + noise, method=0))
    budget = Budget(SMALL)
    with Staging(tmp_path, SMALL).batch() as batch:
        archive = staged(batch, data)
        found = [list(expand(archive, batch, budget=budget)) for _ in range(3)]
    assert [type(items[0]) for items in found] == [StagedFile, StagedFile, Refusal]
    refusal = found[2][0]
    assert isinstance(refusal, Refusal)
    assert (refusal.name, refusal.code) == ("scans.zip", "too_large")
    assert "more than 4 MiB" in refusal.sentence


def test_time_is_limited(tmp_path: Path) -> None:
    """That of unpacking, not that of whoever asks for the next file."""
    noise = random.Random(3).randbytes(400_000)
    packed = encrypted(deflated(PDF + noise), b"x", zlib.crc32(PDF + noise) >> 24)
    slow = Member(b"slow.pdf", PDF + noise, flags=ENCRYPTED, packed=packed)
    data = zip_of(Member(b"a.pdf"), Member(b"b.pdf"), slow, Member(b"c.pdf"))
    with Staging(tmp_path, IntakeLimits(archive_s=0.1)).batch() as batch:
        found = []
        for item in expand(staged(batch, data), batch, password="x"):
            time.sleep(0.1)
            found.append(item)
    assert [item.name for item in found] == ["a.pdf", "b.pdf", "scans.zip"]
    assert isinstance(found[2], Refusal)
    assert found[2].code == "timed_out"


def test_a_full_disk_ends_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was staged before stays."""
    data = zip_of(Member(b"a.pdf"), Member(b"b.pdf"), Member(b"c.pdf"))
    staging = Staging(tmp_path)
    with staging.batch() as batch:
        items = expand(staged(batch, data), batch)
        first = next(items)
        staging.limits = IntakeLimits(free_bytes=2**62)
        (last,) = items
        assert isinstance(first, StagedFile)
        assert first.path.exists()
        assert isinstance(last, Refusal)
        assert last.code == "disk_full"


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """Fifield's bomb: one kernel, many entries; only one of them has it."""
    same = [Member(b"%d.pdf" % n, PDF * 100, at=0) for n in range(5)]
    found = told(tmp_path, zip_of(*same))
    assert found == [("0.pdf", "pdf")] + [(f"{n}.pdf", "entry_overlaps") for n in range(1, 5)]


def fifield(count: int, kernel: bytes) -> bytes:
    """Entries of which each quotes the headers of all that follow, then has the kernel."""
    body, content = deflated(kernel), kernel
    ends: list[tuple[Member, int]] = []  # and how far before the end of the data they start
    for number in reversed(range(count)):
        member = Member(b"%d.pdf" % number, content, packed=body)
        header = member.local()[: -len(body)]
        ends.append((member, len(header) + len(body)))
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        body, content = quote + header + body, header + content
    whole = body[5:]
    directory = b"".join(m.central(len(whole) - back) for m, back in reversed(ends))
    lengths = (count, count, len(directory), len(whole), 0)
    return whole + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *lengths)


def test_quoted_headers_do_not_multiply_a_kernel(tmp_path: Path) -> None:
    """Fifield's other bomb, which unzips in the standard library; here the first entry has all."""
    data = fifield(5, PDF * 10)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("4.pdf") == PDF * 10
    found = told(tmp_path, data)
    assert [reason for _, reason in found[1:]] == ["entry_overlaps"] * 4


def test_entries_come_when_they_are_asked_for(tmp_path: Path) -> None:
    """The disk has one at a time, where each is taken away."""
    data = zip_of(*(Member(b"%d.pdf" % n) for n in range(50)))
    with Staging(tmp_path).batch() as batch:
        archive = staged(batch, data)
        taken = 0
        for item in islice(expand(archive, batch), 10):
            assert isinstance(item, StagedFile)
            assert len(list(tmp_path.iterdir())) == 2
            batch.remove(item.path)
            taken += 1
        assert taken == 10
        batch.remove(archive.path)
        assert not list(tmp_path.iterdir())


def test_a_hostile_directory_costs_little(tmp_path: Path) -> None:
    """8 MB of folders that are all left out."""
    count = 100_000
    one = Member(b"x/", b"", method=0).central(0)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, count * len(one), 4, 0)
    data = b"PK\x03\x04" + one * count + end
    start = time.monotonic()
    assert told(tmp_path, data) == [("scans.zip", "zip_without_files")]
    assert time.monotonic() - start < 20


def test_looking_for_lost_entries_is_limited(tmp_path: Path) -> None:
    """Clutter, which is left out, costs as much to find: in bytes, and in time."""
    hidden = Member(b"__MACOSX/x", PDF, flags=STREAMED, packed=bomb(MIB)).local()
    data = hidden * 9 + Member(b"a.pdf").local()
    assert told(tmp_path, data, limits=SMALL) == [("scans.zip", "zip_too_much")]
    folders = Member(b"x/", b"", method=0).local() * 100_000
    limits = replace(SMALL, archive_s=0.1)
    assert told(tmp_path, folders, limits=limits) == [("scans.zip", "zip_slow")]


def edited(data: bytes, edits: Sequence[tuple[int, int]]) -> bytes:
    result = bytearray(data)
    for place, value in edits:
        result[place % len(result)] = value
    return bytes(result)


BASE = zip_of(
    Member(b"a.pdf", PDF * 20), Member("报.pdf".encode("gbk"), PNG, method=0),
    Member(b"c.pdf", PDF * 9, flags=STREAMED), locked(b"d.pdf", b"x"),
    Member(b"e.pdf", PDF, extra=struct.pack("<2HQQQ", 1, 24, 9, 9, 9)),
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 10_000) | st.none(),
)
def test_no_change_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], cut: int | None
) -> None:
    """Any bytes changed, anywhere cut: files and refusals, nothing else."""
    data = b"PK\x03\x04" + edited(BASE, edits)[4:cut]
    with Staging(tmp_path_factory.mktemp("z"), SMALL).batch() as batch:
        sink = batch.create()
        sink.write(data)
        archive = sink.settle("scans.zip")
        if isinstance(archive, StagedFile):
            assert list(expand(archive, batch, password="x"))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*BASE.split(b"PK"), b"", b"\x03\x04"]) | st.binary(max_size=30)))
def test_shuffled_pieces_do_not_break_the_reading(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    """Headers in any order, with bytes between."""
    with Staging(tmp_path_factory.mktemp("z"), SMALL).batch() as batch:
        sink = batch.create()
        sink.write(b"PK".join([b"", *pieces, b"\x05\x06" + bytes(18)]))
        archive = sink.settle("scans.zip")
        if isinstance(archive, StagedFile):
            assert list(expand(archive, batch, password="x"))
