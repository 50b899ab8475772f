"""What kind of file it is, by its content; names are not asked.

What is taken is what extractor.pdf.sniff knows, and ZIPs. All others have a sentence of their own
in service.intake.refusals under the same key, because people know their files by these names.
"""

from __future__ import annotations

import codecs
import re
import struct
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from extractor.pdf import sniff
from service.intake.limits import IntakeLimits
from service.intake.refusals import IntakeError
from service.intake.zipformat import (
    END,
    LOCAL,
    SPANNED,
    DirectoryLostError,
    local_entry,
    read_directory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGES = frozenset({"png", "jpeg", "bmp", "webp", "tiff"})
READ = IMAGES | {"pdf"}
ARCHIVES = frozenset({"zip", "rar", "seven_zip", "gzip", "tar", "other_archive"})

HEAD = 4_096  # bytes that are looked at
_MANY = 5_000  # names of a ZIP that are looked at
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER_OF_OLE = 512

# Before sniff: it finds a PDF anywhere in the first KB, also one that is packed in an archive.
_CONTAINERS: tuple[tuple[int, bytes, str], ...] = (  # offset, magic, kind
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "seven_zip"),
    (0, b"\x1f\x8b", "gzip"),
    (257, b"ustar", "tar"),
    (0, b"BZh", "other_archive"),
    (0, b"\xfd7zXZ\x00", "other_archive"),
    (0, b"\x28\xb5\x2f\xfd", "other_archive"),  # Zstandard
    (0, b"MSCF", "other_archive"),  # cabinet
    (2, b"-lh", "other_archive"),
)
_IMAGES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "png"),
    (0, b"\xff\xd8", "jpeg"),
    (0, b"BM", "bmp"),
    (8, b"WEBP", "webp"),
    (0, b"II", "tiff"),
    (0, b"MM", "tiff"),
)
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"CAJ\x00", "caj"),
    (0, b"HN\x00\x00", "caj"),
    (0, b"KDH ", "caj"),
    (0, b"AT&TFORM", "djvu"),
    (0, b"%!PS", "postscript"),
    (0, b"\xc5\xd0\xd3\xc6", "postscript"),  # EPS with a preview
    (0, b"{\\rtf", "rtf"),
    (0, b"GIF8", "gif"),
    (0, b"8BPS", "photoshop"),
    (0, b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (0, b"\xff\x4f\xff\x51", "jpeg2000"),
    (4, b"ftyphei", "heic"),
    (4, b"ftyphev", "heic"),
    (4, b"ftypmif1", "heic"),
    (4, b"ftypavif", "heic"),
    (4, b"ftyp", "media"),
    (8, b"AVI ", "media"),
    (8, b"WAVE", "media"),
    (0, b"ID3", "media"),
    (0, b"OggS", "media"),
    (0, b"\x1a\x45\xdf\xa3", "media"),  # Matroska
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
)
_OF_OLE = (  # streams, and who writes them
    ("EncryptedPackage", "office_locked"),
    ("WordDocument", "word"),
    ("Workbook", "excel"),
    ("Book", "excel"),
    ("PowerPoint Document", "powerpoint"),
    ("__substg1.0_", "mail"),
)
_OF_ZIP = (  # starts of names, and whose files have such entries beside [Content_Types].xml
    (b"word/", "word"),
    (b"xl/", "excel"),
    (b"ppt/", "powerpoint"),
)
_MARKUP = (
    ("<!doctype html", "html"),
    ("<html", "html"),
    ("<svg", "svg"),
    ("<head", "html"),
    ("<script", "html"),
    ("<?xml", "xml"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MAIL = ("received:", "return-path:", "mime-version:", "message-id:", "delivered-to:", "from: ")


def kind_of(path: Path) -> str:
    """The kind of a file: of READ, "zip", or a key of refusals.SENTENCES. Raises OSError."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        if head.startswith((LOCAL, SPANNED, END)):
            return _kind_of_zip(stream, head)
        if head.startswith(_OLE):
            return _kind_of_ole(stream, head)
    return kind_of_head(head)


def kind_of_head(head: bytes) -> str:
    """The kind by the first HEAD bytes of a file that is no ZIP and no old Office document."""
    if not head:
        return "empty"
    container = _matched(head, _CONTAINERS)
    if container is not None:
        return container
    sniffed = sniff(head)
    if sniffed is None:
        return _matched(head, _OTHERS) or _kind_of_text(head)
    return _matched(head, _IMAGES) or "unknown" if sniffed == "image" else sniffed


def refused_as(kind: str, *, nested: bool = False) -> str | None:
    """The reason why a kind is not taken, None where it is; archives are not `nested` in others."""
    if nested and kind in ARCHIVES:
        return "nested_archive"
    return None if kind in READ or kind == "zip" else kind


def _matched(head: bytes, signatures: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((kind for at, magic, kind in signatures if head.startswith(magic, at)), None)


def _kind_of_zip(stream: BinaryIO, head: bytes) -> str:
    names = frozenset(_names(stream))
    if b"OFD.xml" in names:
        return "ofd"
    if b"mimetype" in names:
        return "epub" if b"mimetypeapplication/epub+zip" in head else "opendocument"
    if b"[Content_Types].xml" not in names:
        return "zip"
    starts = (kind for start, kind in _OF_ZIP if any(name.startswith(start) for name in names))
    return next(starts, "office")


def _names(stream: BinaryIO) -> Iterator[bytes]:
    """The names in the archive, or its first one where it has no directory that can be read."""
    try:
        for entry in islice(read_directory(stream, IntakeLimits()), _MANY):
            yield entry.raw_name
    except (DirectoryLostError, IntakeError):
        found = local_entry(stream, 0)
        if found is not None:
            yield found[0].raw_name


def _kind_of_ole(stream: BinaryIO, head: bytes) -> str:
    """By the names of its streams, which are in the directory (MS-CFB 2.6) in UTF-16."""
    if len(head) < _HEADER_OF_OLE:
        return "unknown"
    sector_size = 1 << min(struct.unpack_from("<H", head, 30)[0], 12)
    first = struct.unpack_from("<L", head, 48)[0]
    stream.seek((first + 1) * sector_size)
    directory = stream.read(HEAD)
    found = (kind for name, kind in _OF_OLE if name.encode("utf-16-le") in directory)
    return next(found, "office")


def _kind_of_text(head: bytes) -> str:
    text = _text(head)
    if text is None:
        return "unknown"
    start = text.lstrip("\ufeff \t\r\n").lower()
    kind = next((kind for sign, kind in _MARKUP if start.startswith(sign)), None)
    if kind == "xml":  # what it is of stands after its declaration
        return next((kind for sign, kind in _MARKUP if kind != "xml" and sign in start), kind)
    return kind or ("mail" if start.startswith(_MAIL) else "text")


def _text(head: bytes) -> str | None:
    """The start of a text, None for bytes that are none."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        try:  # the last character may be cut
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) else text
    return None
