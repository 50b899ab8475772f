"""Kinds of files by their content."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.pdf import _SIGNATURES, sniff
from service.intake.kinds import ARCHIVES, HEAD, READ, kind_of, kind_of_head, refused_as
from service.intake.refusals import SENTENCES
from tests.intake_zips import PDF, PNG, Member, zip_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def kind(folder: Path, data: bytes) -> str:
    path = folder / "staged"
    path.write_bytes(data)
    return kind_of(path)


def ole(stream: str) -> bytes:
    """The start of an old Office document with a stream of this name, in its second sector."""
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<H", header, 30, 9)  # sectors of 512 bytes
    struct.pack_into("<L", header, 48, 1)
    names = "".join(name.ljust(64, "\0") for name in ("Root Entry", stream))
    return bytes(header) + bytes(512) + names.encode("utf-16-le")


def tar(data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("a.pdf")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def written(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def stored(*names: str, data: bytes = b"") -> bytes:
    return zip_of(*(Member(name.encode(), data, method=0) for name in names))


EXAMPLES = [
    ("pdf", PDF),
    ("pdf", b"junk of a mail gateway\r\n" + PDF),
    ("png", PNG),
    ("jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ("bmp", b"BM\x00\x00"),
    ("webp", b"RIFF\x00\x00\x00\x00WEBP"),
    ("tiff", b"II*\x00"),
    ("tiff", b"MM\x00+"),
    ("zip", stored("a.pdf", data=PDF)),
    ("zip", zip_of()),
    ("zip", stored("a.docx", data=stored("[Content_Types].xml", "word/document.xml"))),
    ("empty", b""),
    ("word", stored("[Content_Types].xml", "_rels/.rels", "word/document.xml")),
    ("excel", stored("xl/workbook.xml", "[Content_Types].xml")),
    ("powerpoint", stored("[Content_Types].xml", "ppt/presentation.xml")),
    ("office", stored("[Content_Types].xml", "visio/document.xml")),
    ("word", ole("WordDocument")),
    ("excel", ole("Workbook")),
    ("excel", ole("Book")),
    ("powerpoint", ole("PowerPoint Document")),
    ("office_locked", ole("EncryptedPackage")),
    ("mail", ole("__substg1.0_0037001F")),
    ("office", ole("Something")),
    ("unknown", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("ofd", stored("Doc_0/Document.xml", "OFD.xml")),
    ("epub", stored("mimetype", data=b"application/epub+zip")),
    ("opendocument", stored("mimetype", data=b"application/vnd.oasis.opendocument.text")),
    ("caj", b"CAJ\x00\x01"), ("caj", b"HN\x00\x00"), ("caj", b"KDH "),
    ("rar", b"Rar!\x1a\x07\x01\x00"), ("seven_zip", b"7z\xbc\xaf\x27\x1c\x00"),
    ("gzip", gzip.compress(PDF, mtime=0)), ("tar", tar(PDF)), ("other_archive", b"BZh91AY"),
    ("gif", b"GIF89a"), ("heic", b"\x00\x00\x00\x18ftypheic"), ("media", b"\0\0\0\x18ftypisom"),
    ("jpeg2000", b"\x00\x00\x00\x0cjP  \r\n\x87\n"), ("photoshop", b"8BPS\x00\x01"),
    ("djvu", b"AT&TFORM"), ("postscript", b"%!PS-Adobe-3.0"), ("rtf", b"{\\rtf1"),
    ("program", b"MZ\x90\x00"), ("media", b"ID3\x03"),
    ("html", b"\xef\xbb\xbf\r\n<!DOCTYPE html><html>"), ("html", b"<html><body>404"),
    ("html", b'<?xml version="1.0"?><!DOCTYPE html>'), ("xml", b'<?xml version="1.0"?><a/>'),
    ("svg", b'<?xml version="1.0"?><svg/>'), ("svg", b"<svg/>"),
    ("mail", b"MIME-Version: 1.0\r\nFrom: a"),
    ("text", b"a,b\r\n1,2"), ("text", "一、总体情况".encode("gbk")),
    ("text", "一、总体情况".encode("utf-16")), ("text", ("情" * 3_000).encode()),
    ("unknown", bytes(100)), ("unknown", b"\xff\xff\x00\x01"),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "data"), EXAMPLES)
def test_the_content_tells_the_kind(tmp_path: Path, expected: str, data: bytes) -> None:
    """Names are not asked."""
    assert kind(tmp_path, data) == expected


def test_a_real_workbook_is_known(tmp_path: Path) -> None:
    """As the library writes it that others use too."""
    assert kind(tmp_path, written(openpyxl.Workbook().save)) == "excel"


@pytest.mark.parametrize("cut", [0, 1])
def test_an_office_file_that_is_cut_off_is_one_still(tmp_path: Path, cut: int) -> None:
    """By its first entry, where its directory is lost."""
    data = stored("[Content_Types].xml", "word/document.xml")
    assert kind(tmp_path, data[: -cut or None]) == ("office" if cut else "word")


@pytest.mark.parametrize("magic", [magic for magic, _ in _SIGNATURES] + [b"%PDF-", b"x" * 1019])
def test_the_extractor_agrees(magic: bytes) -> None:
    """What it reads is taken, and what it does not is refused."""
    head = magic + b"%PDF-" if magic.startswith(b"x") else magic.ljust(40, b"\0")
    assert sniff(head) is not None
    assert kind_of_head(head) in READ


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_nothing_is_taken_that_the_extractor_refuses(data: bytes) -> None:
    """Whatever the bytes; every kind is taken or has its sentence."""
    found = kind_of_head(data[:HEAD])
    assert (refused_as(found) is None) <= (sniff(data) is not None)
    assert found in READ or found in SENTENCES


@pytest.mark.parametrize(("expected", "data"), EXAMPLES)
def test_every_kind_is_taken_or_refused(expected: str, data: bytes) -> None:
    """A refusal says what it is and, after a colon or semicolon, what to do."""
    reason = refused_as(expected)
    assert (reason is None) == (expected in READ or expected == "zip")
    if reason is not None:
        assert ": " in SENTENCES[reason][1]


def test_an_archive_in_an_archive_is_refused() -> None:
    """Of any kind; documents are not."""
    assert {refused_as(kind, nested=True) for kind in ARCHIVES} == {"nested_archive"}
    assert refused_as("pdf", nested=True) is None
    assert refused_as("word", nested=True) == "word"


def test_a_hostile_directory_is_not_listed_to_find_a_kind(tmp_path: Path) -> None:
    """It says to have 4 GB; the first entry tells."""
    data = bytearray(stored("a.pdf", data=PDF))
    struct.pack_into("<L", data, len(data) - 10, 0xFFFFFFF0)
    assert kind(tmp_path, bytes(data)) == "zip"
