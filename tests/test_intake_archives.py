"""Archives unpacked: real ones, those of other systems, and damaged ones."""

from __future__ import annotations

import io
import shutil
import stat
import struct
import subprocess
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.intake_zips import (
    BZIPPED,
    ENCRYPTED,
    PDF,
    PNG,
    STREAMED,
    UTF8,
    Member,
    deflated,
    locked,
    told,
    unpacked,
    zip_of,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_documents_come_out(tmp_path: Path) -> None:
    """Packed in any usual way; what is no document is refused by itself."""
    data = zip_of(
        Member(b"2021/", b"", method=0),
        Member(b"2021/a.pdf", PDF * 1_000),
        Member(b"2021/b.png", PNG, method=0),
        Member(b"c.pdf", PDF + b"c", method=BZIPPED),
        Member(b"d.pdf", PDF + b"d", flags=STREAMED),
        Member(b"e.docx", zip_of(Member(b"[Content_Types].xml"), Member(b"word/document.xml"))),
        Member(b"f.zip", zip_of(Member(b"g.pdf"))),
        Member(b"g.pdf", b""),
    )
    assert unpacked(tmp_path, data) == [
        ("2021/a.pdf", "pdf", PDF * 1_000),
        ("2021/b.png", "png", PNG),
        ("c.pdf", "pdf", PDF + b"c"),
        ("d.pdf", "pdf", PDF + b"d"),
        ("e.docx", "word", b""),
        ("f.zip", "nested_archive", b""),
        ("g.pdf", "empty", b""),
    ]


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]


class Pipe(io.RawIOBase):
    """A stream that cannot be sought in: sizes then follow the data."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += data
        return len(data)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.binary(max_size=5_000), min_size=1, max_size=5),
    st.sampled_from(METHODS),
    st.booleans(),
    st.binary(max_size=40),
)
def test_what_the_standard_library_packs_comes_out(
    tmp_path_factory: pytest.TempPathFactory,
    contents: list[bytes],
    method: int,
    zip64: bool,
    comment: bytes,
) -> None:
    """To a file or a pipe, with and without Zip64."""
    for target in (io.BytesIO(), Pipe()):
        with zipfile.ZipFile(target, "w", method) as archive:
            archive.comment = comment
            for number, content in enumerate(contents):
                with archive.open(f"{number}.pdf", "w", force_zip64=zip64) as entry:
                    entry.write(PDF + content)
        data = target.getvalue() if isinstance(target, io.BytesIO) else bytes(target.written)
        found = unpacked(tmp_path_factory.mktemp("z"), data)
        assert found == [(f"{n}.pdf", "pdf", PDF + c) for n, c in enumerate(contents)]


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs the zip command")
@pytest.mark.parametrize("options", [[], ["-0"], ["-Z", "bzip2"], ["-P", "pä报"], ["-fd"]])
def test_what_the_zip_command_packs_comes_out(tmp_path: Path, options: list[str]) -> None:
    """As others do on Linux and macOS."""
    for name in ("a.pdf", "报告.pdf"):
        (tmp_path / name).write_bytes(PDF + name.encode() * 500)
    archive = tmp_path / "x.zip"
    command = ["zip", "-q", *options, str(archive), "a.pdf", "报告.pdf"]
    subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "t").mkdir()
    found = unpacked(tmp_path / "t", archive.read_bytes(), password="pä报")
    assert found == [(name, "pdf", PDF + name.encode() * 500) for name in ("a.pdf", "报告.pdf")]


def test_what_systems_add_is_left_out(tmp_path: Path) -> None:
    """Folders, links, devices, thumbnails, what macOS puts beside; hidden files are taken."""
    data = zip_of(
        Member(b"x/", PDF), Member(b"y\\", b"", method=0), Member(b"__MACOSX/x/._a.pdf"),
        Member(b"x/.DS_Store"), Member(b"Thumbs.db"), Member(b"d/.2021.pdf"),
        Member(b"link.pdf", b"/etc/passwd", mode=stat.S_IFLNK | 0o777),
        Member(b"pipe.pdf", mode=stat.S_IFIFO), Member(b"device.pdf", mode=stat.S_IFBLK),
        Member(b"folder.pdf", mode=stat.S_IFDIR | 0o755),
        Member(b"a.pdf", mode=stat.S_IFREG | stat.S_ISUID | 0o777),
    )  # fmt: skip
    assert told(tmp_path, data) == [("d/.2021.pdf", "pdf"), ("a.pdf", "pdf")]


def test_an_archive_without_files_is_told(tmp_path: Path) -> None:
    """Else nobody would learn what became of it."""
    assert told(tmp_path, zip_of()) == [("scans.zip", "zip_without_files")]
    assert told(tmp_path, zip_of(Member(b"x/"))) == [("scans.zip", "zip_without_files")]


def test_no_name_leads_out(tmp_path: Path) -> None:
    """Names are for showing only; those that are the same are numbered."""
    names = (
        b"../../etc/a.pdf", b"/etc/a.pdf", b"C:\\x\\a.pdf", b"..\\a.pdf", b"a\0b.pdf", b"..",
        b"a.pdf", b"A.PDF", b"x" * 1_000 + b".pdf",
    )  # fmt: skip
    assert [name for name, _ in told(tmp_path, zip_of(*map(Member, names)))] == [
        "etc/a.pdf", "etc/a (2).pdf", "x/a.pdf", "a.pdf", "ab.pdf", "upload", "a (2).pdf",
        "A (3).PDF", "x" * 196 + ".pdf",
    ]  # fmt: skip


def first_name(folder: Path, *members: Member) -> str:
    return told(folder, zip_of(*members))[0][0]


def test_names_of_chinese_windows_are_read(tmp_path: Path) -> None:
    """In GBK without a word about it; a second byte can be a backslash."""
    for name in ("2021年度报告.pdf", "附件/沈阳市.pdf", "联通.pdf", "乗.pdf/总体情况说明.pdf"):
        assert first_name(tmp_path, Member(name.encode("gbk"))) == name
        assert first_name(tmp_path, Member(name.encode())) == name
        assert first_name(tmp_path, Member(name.encode(), flags=UTF8)) == name
    assert first_name(tmp_path, Member("Résumé.pdf".encode("cp437"))) == "Résumé.pdf"


def unicode_path(name: str, of: bytes) -> bytes:
    data = struct.pack("<BL", 1, zlib.crc32(of)) + name.encode()
    return struct.pack("<2H", 0x7075, len(data)) + data


def test_a_unicode_path_is_preferred(tmp_path: Path) -> None:
    """Where it belongs to the name, as its checksum says."""
    right, wrong = unicode_path("报告.pdf", b"x.pdf"), unicode_path("报告.pdf", b"y.pdf")
    assert first_name(tmp_path, Member(b"x.pdf", extra=right)) == "报告.pdf"
    assert first_name(tmp_path, Member(b"x.pdf", extra=wrong)) == "x.pdf"
    assert first_name(tmp_path, Member(b"x.pdf", extra=right[:7])) == "x.pdf"


def test_a_flag_that_lies_is_not_believed(tmp_path: Path) -> None:
    """A name that says it is UTF-8 and is not."""
    names = [name.encode("gbk") for name in ("年度报告.pdf", "总体情况.pdf")]
    found = told(tmp_path, zip_of(Member(names[0], flags=UTF8), Member(names[1])))
    assert [name for name, _ in found] == ["年度报告.pdf", "总体情况.pdf"]


def test_a_locked_archive_opens_with_its_password(tmp_path: Path) -> None:
    """In UTF-8 or as Chinese Windows writes it."""
    for password, spelled in (("secret", b"secret"), ("密码", "密码".encode("gbk"))):
        data = zip_of(locked(b"a.pdf", spelled, PDF * 9_000), Member(b"b.pdf"))
        assert unpacked(tmp_path, data, password=password)[0] == ("a.pdf", "pdf", PDF * 9_000)
        assert told(tmp_path, data, password="wrong")[0] == ("a.pdf", "entry_wrong_password")
        assert told(tmp_path, data) == [("a.pdf", "entry_locked"), ("b.pdf", "pdf")]
    with zipfile.ZipFile(io.BytesIO(zip_of(locked(b"a.pdf", b"secret")))) as archive:
        assert archive.read("a.pdf", pwd=b"secret") == PDF


def test_a_wrong_password_that_fits_by_chance_is_told(tmp_path: Path) -> None:
    """Its check is one byte: the data then is noise."""
    data = zip_of(locked(b"a.pdf", b"right"))
    found = {told(tmp_path, data, password=str(number))[0][1] for number in range(600)}
    assert found == {"entry_wrong_password"}


def test_other_locks_and_methods_are_told(tmp_path: Path) -> None:
    """What is not read; the rest is."""
    cut = Member(b"short.pdf", flags=ENCRYPTED, packed=b"short")
    data = zip_of(
        Member(b"aes.pdf", method=99, flags=ENCRYPTED, packed=PDF),
        Member(b"strong.pdf", flags=ENCRYPTED | 1 << 6, packed=PDF),
        Member(b"lzma.pdf", method=14, packed=PDF), cut, Member(b"a.pdf"),
    )  # fmt: skip
    assert told(tmp_path, data, password="x") == [
        ("aes.pdf", "entry_aes"), ("strong.pdf", "entry_aes"), ("lzma.pdf", "entry_method"),
        ("short.pdf", "entry_wrong_password"), ("a.pdf", "pdf"),
    ]  # fmt: skip


def test_damaged_entries_do_not_spoil_the_others(tmp_path: Path) -> None:
    """Wrong checksums, broken data, headers that are not there."""
    data = zip_of(
        Member(b"crc.pdf", crc=1),
        Member(b"data.pdf", packed=b"\xff" * 20),
        Member(b"bzip.pdf", method=BZIPPED, packed=b"BZh9" + b"x" * 20),
        Member(b"half.pdf", packed=deflated(PDF * 99)[:-5]),
        Member(b"half2.pdf", method=BZIPPED, packed=b""),
        Member(b"ends.pdf", packed=deflated(PDF) + b"more"),
        Member(b"a.pdf"),
        Member(b"nowhere.pdf", at=3),
        Member(b"far.pdf", at=0xFFFFFFF0),
    )
    assert dict(told(tmp_path, data)) == {
        "crc.pdf": "entry_damaged", "data.pdf": "entry_damaged", "bzip.pdf": "entry_damaged",
        "half.pdf": "entry_damaged", "half2.pdf": "entry_damaged", "ends.pdf": "pdf",
        "a.pdf": "pdf", "nowhere.pdf": "entry_overlaps", "far.pdf": "entry_cut_off",
    }  # fmt: skip


def test_a_cut_off_archive_gives_what_is_left(tmp_path: Path) -> None:
    """Its directory, at the end, is lost; each entry has a header too."""
    members = [
        Member(b"0.pdf", PDF * 50), Member(b"1.pdf", PDF * 50, flags=STREAMED),
        Member("二.pdf".encode("gbk"), PDF * 50), Member(b"3.pdf", PDF * 50, method=0),
    ]  # fmt: skip
    body = sum(len(member.local()) for member in members)
    whole = [("0.pdf", "pdf"), ("1.pdf", "pdf"), ("二.pdf", "pdf"), ("3.pdf", "pdf")]
    end = ("scans.zip", "zip_cut_off")
    data = zip_of(*members)
    assert told(tmp_path, data[: body + 60]) == [*whole, end]
    assert told(tmp_path, data[: body - 1]) == [*whole[:3], ("3.pdf", "entry_cut_off"), end]
    second = len(members[0].local()) + 45
    assert told(tmp_path, data[:second]) == [whole[0], ("1.pdf", "entry_cut_off"), end]
    assert told(tmp_path, data[:20]) == [("scans.zip", "zip_damaged")]


def test_every_cut_of_an_archive_is_told(tmp_path: Path) -> None:
    """And each file in it is whole or refused."""
    data = zip_of(Member(b"a.pdf", flags=STREAMED), Member(b"b.pdf", PNG, method=0))
    for length in range(4, len(data)):
        found = unpacked(tmp_path, data[:length])
        assert found[-1][1] in {"zip_cut_off", "zip_damaged"}
        assert all(content in (b"", PDF, PNG) for _, _, content in found)
    assert told(tmp_path, data) == [("a.pdf", "pdf"), ("b.pdf", "png")]


def test_an_archive_cut_off_in_one_inside_is_not_taken_for_it(tmp_path: Path) -> None:
    """The end of the inner one is the last that is there."""
    inner = zip_of(Member(b"inner.pdf"))
    data = zip_of(Member(b"a.pdf"), Member(b"inner.zip", inner, method=0), Member(b"c.pdf"))
    cut = data[: data.index(b"c.pdf") + 5]
    assert told(tmp_path, cut)[:2] == [("a.pdf", "pdf"), ("inner.zip", "nested_archive")]


def test_what_surrounds_an_archive_does_not_matter(tmp_path: Path) -> None:
    """A comment, bytes after it, and another archive before it."""
    data = zip_of(Member(b"a.pdf"))
    assert told(tmp_path, zip_of(Member(b"a.pdf"), comment=b"PK\x05\x06" * 9)) == [("a.pdf", "pdf")]
    assert told(tmp_path, data + bytes(100)) == [("a.pdf", "pdf")]
    assert told(tmp_path, zip_of(Member(b"a.pdf"), before=b"PK\x03\x04")) == [("a.pdf", "pdf")]


def test_the_end_of_a_large_archive_is_read(tmp_path: Path) -> None:
    """Zip64: its numbers are in a record of their own; also behind something else."""
    member = Member(b"a.pdf")
    body, directory = member.local(), member.central(0)
    end = zip_of(member)[-22:-10]
    numbers = (1, 1, len(directory), len(body))
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *numbers)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(body) + len(directory), 1)
    data = body + directory + record + locator + end + b"\xff" * 8 + bytes(2)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["a.pdf"]
    assert told(tmp_path, data) == [("a.pdf", "pdf")]
    assert told(tmp_path, b"PK\x03\x04" + data) == [("a.pdf", "pdf")]


def test_pieces_of_a_split_archive_are_told(tmp_path: Path) -> None:
    """The last one has the directory, the first one a mark."""
    data = bytearray(zip_of(Member(b"a.pdf")))
    struct.pack_into("<2H", data, len(data) - 18, 1, 0)
    assert told(tmp_path, bytes(data)) == [("scans.zip", "zip_split")]
    first = b"PK\x07\x08" + zip_of(Member(b"a.pdf"))[:60]
    assert told(tmp_path, first)[-1][1] in {"zip_cut_off", "zip_damaged"}
