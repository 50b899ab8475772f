"""In what encoding the names in a ZIP are, which most programs do not say."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from service.intake.zipformat import UNICODE_PATH, UTF8, Entry, extra_field

if TYPE_CHECKING:
    from collections.abc import Iterable

CHINESE, UNIVERSAL, AMERICAN = "gb18030", "utf-8", "cp437"  # the last is what the format says
SAMPLE = 1_000  # names that are looked at
# Scripts of two bytes a character in UTF-8, as ranges of code points: Greek, Cyrillic, Hebrew with
# Arabic. Latin letters with accents stand beside others.
_SCRIPTS = ((0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x6FF))
_LATIN = (0xC0, 0x36F)
_ACCENTED = re.compile("[A-Za-z][\xc0-\u036f]|[\xc0-\u036f][A-Za-z]")


def name_of(entry: Entry, encoding: str) -> str:
    """The name of an entry; `encoding` is that of names which do not say theirs."""
    unicode_path = _unicode_path(entry)
    if unicode_path is not None:
        return unicode_path
    if entry.flags & UTF8 and _decodes(entry.raw_name, UNIVERSAL):
        return entry.raw_name.decode()
    return entry.raw_name.decode(encoding, "replace")


def _unicode_path(entry: Entry) -> str | None:
    """The name in the extra field of Info-ZIP, where it belongs to the other one."""
    data = extra_field(entry.extra, UNICODE_PATH)
    if data is None or len(data) < 6 or data[0] != 1 or not _decodes(data[5:], UNIVERSAL):
        return None
    same = int.from_bytes(data[1:5], "little") == zlib.crc32(entry.raw_name)
    return data[5:].decode() if same else None


def encoding_of(names: Iterable[bytes]) -> str:
    """The encoding of the names of one archive: UTF-8, GB 18030 or code page 437.

    One program wrote all of them, so they are judged together: a short Chinese name in GBK can be
    valid UTF-8, and a Western one in code page 437 valid GBK.
    """
    odd = [name for name in names if not name.isascii()]
    if all(_decodes(name, UNIVERSAL) for name in odd) and _is_likely(
        "".join(map(bytes.decode, odd))
    ):
        return UNIVERSAL
    common = sum(map(_common_share, odd))
    return CHINESE if odd and common >= len(odd) / 2 else AMERICAN


def _decodes(name: bytes, encoding: str) -> bool:
    try:
        name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_likely(text: str) -> bool:
    """Whether UTF-8 was meant: characters of three bytes do not come about by chance."""
    codes = {ord(character) for character in text if not character.isascii()}
    if not codes or max(codes) >= 0x800:
        return True
    if any(_all_within(codes, *script) for script in _SCRIPTS):
        return True
    return _all_within(codes, *_LATIN) and _ACCENTED.search(text) is not None


def _all_within(codes: set[int], low: int, high: int) -> bool:
    return low <= min(codes) and max(codes) <= high


def _common_share(name: bytes) -> float:
    """Of the characters outside ASCII, the share that are in GB 2312, as nearly all Chinese are."""
    if not _decodes(name, CHINESE):
        return 0.0
    odd = [c.encode(CHINESE) for c in name.decode(CHINESE) if not c.isascii()]
    return sum(len(c) == 2 and c[0] <= 0xF7 and min(c) >= 0xA1 for c in odd) / len(odd)
