"""Names for showing, from whatever a client or an archive calls a file; none opens one."""

from __future__ import annotations

import re
import unicodedata

UNNAMED = "upload"  # what a file is called of whose name nothing is left
LONGEST_NAME = 200  # bytes of UTF-8; file systems take 255
LONGEST_SENT = 4_096  # characters that are looked at: normalising is quadratic in combining marks
_LEADING = re.compile(r"^(?:\s|[A-Za-z]:)+")  # spaces and drive letters
_JOINERS = "\u200c\u200d"  # words of some scripts and many emoji need them
# Letters and marks that print as nothing: fillers of Hangul, an empty Braille cell, and the like.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# What operating systems and office programs leave beside people's files.
_CLUTTER = frozenset(
    {"__macosx", ".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin"}
)
_LEFT = ("~$", "._")  # how locks of office programs begin, and what macOS keeps beside a file


def shown_path(sent: str | None) -> str:
    """The path a file was sent under, relative, with "/": at most 200 bytes, its ending kept.

    Without absolute parts, drive letters, "..", control and invisible characters, and in NFC. It is
    stable: of a path that it gave it gives the same. "upload" where nothing is left.
    """
    text = cleaned((sent or "")[-LONGEST_SENT:])
    parts = [_part(part) for part in text.replace("\\", "/").split("/")]
    kept = [part for part in parts if part]
    return _ending(kept) if kept else UNNAMED


def file_name(sent: str | None) -> str:
    """The last part of that path."""
    return shown_path(sent).rpartition("/")[2]


def cleaned(text: str) -> str:
    """In NFC and without characters that are not seen: controls, bidi marks, lone surrogates."""
    return unicodedata.normalize("NFC", "".join(filter(_is_seen, text)))


def trimmed(given: object) -> object:
    """A text without what is not seen at its ends; what is no text is given back as it is.

    Spaces, marks without a width, and characters that print as nothing: two names would look alike.
    """
    if not isinstance(given, str):
        return given
    seen = [place for place, character in enumerate(given) if _has_ink(character)]
    return given[seen[0] : seen[-1] + 1] if seen else ""


def _has_ink(character: str) -> bool:
    # A control character between others is refused by its own rule, and not cut off.
    return unicodedata.category(character) not in {"Zs", "Zl", "Zp", "Cf"} and not (
        character.isspace() or character in _BLANKS
    )


def _is_seen(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character in _JOINERS
    return category not in {"Cc", "Cs", "Zl", "Zp"} and not _is_noncharacter(ord(character))


def _is_noncharacter(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF  # XML cannot write them


def _part(part: str) -> str:
    """Without spaces at its ends and drives at its start; "" for those that lead elsewhere."""
    bare = _LEADING.sub("", part).rstrip()
    return bare if bare not in {".", ".."} else ""


def _ending(parts: list[str]) -> str:
    """As many of the last parts as fit; of one that does not fit alone, its end."""
    path = parts[-1]
    if len(path.encode()) > LONGEST_NAME:
        return _part(path.encode()[-LONGEST_NAME:].decode("utf-8", "ignore")) or UNNAMED
    for part in reversed(parts[:-1]):
        if len(f"{part}/{path}".encode()) > LONGEST_NAME:
            break
        path = f"{part}/{path}"
    return path


def is_clutter(path: str) -> bool:
    """Whether a program left it there: thumbnails, locks of open documents.

    Other hidden files are somebody's: none may vanish without a word.
    """
    parts = path.split("/")
    return any(part.lower() in _CLUTTER for part in parts) or parts[-1].startswith(_LEFT)


def numbered(path: str, taken: dict[str, int]) -> str:
    """A path that is not taken yet: "a (2).pdf" where "a.pdf" is. Case is not told apart.

    `taken` has each path with the last number that was tried for it, and is added to.
    """
    key, candidate = path.casefold(), path
    number = taken.get(key, 1)
    while candidate.casefold() in taken:
        number += 1
        candidate = _with_number(path, number)
    taken[key] = number
    taken.setdefault(candidate.casefold(), 1)
    return candidate


def _with_number(path: str, number: int) -> str:
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    return shown_path(f"{folder}{slash}{stem} ({number}){dot}{extension}")
