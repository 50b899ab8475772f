"""Headers of a form and its parts: parameters, boundaries and names as browsers really send them.

RFC 7578 and the "multipart/form-data" algorithm of the HTML standard: names are in UTF-8, and of a
name only the quote and line ends are escaped, as %22, %0D and %0A. Others write `filename*` (RFC
5987), escape with a backslash (curl), or use the encoding of a Chinese Windows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from service.intake.limits import LONGEST_BOUNDARY
from service.intake.refusals import IntakeError

# ; name="quoted \" text", or ; name=token. A quote that is never closed is part of a token.
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"|([^;]*))', re.DOTALL)
_ESCAPED = re.compile(rb'\\(["\\])')
_BY_BROWSERS = re.compile(rb"%(22|0D|0A)", re.IGNORECASE)
_PLAIN = frozenset({b"", b"7bit", b"8bit", b"binary"})  # encodings that encode nothing


@dataclass(frozen=True, slots=True)
class PartHeaders:
    """What the headers of a part say; `file_name` is None for a field."""

    name: str
    file_name: str | None


def boundary_of(content_type: str | None) -> bytes:
    """The boundary of a form; raises IntakeError where the body is none."""
    value = (content_type or "").encode("utf-8", "replace")
    kind, _, _ = value.partition(b";")
    boundary = _parameters(value).get(b"boundary", b"")
    if kind.strip().lower() != b"multipart/form-data" or not boundary:
        raise IntakeError("no_form")
    if len(boundary) > LONGEST_BOUNDARY or not boundary.isascii():
        raise IntakeError("no_form")
    return boundary


def part_headers(headers: dict[bytes, bytes]) -> PartHeaders:
    """The names in the headers of a part, whose keys are in lower case. Raises IntakeError."""
    disposition = headers.get(b"content-disposition", b"")
    found = _parameters(disposition)
    if b"name" not in found or disposition.partition(b";")[0].strip().lower() != b"form-data":
        raise IntakeError("nameless_part")
    name = _text(_unescaped(found[b"name"]))
    encoding = headers.get(b"content-transfer-encoding", b"").strip().lower()
    if encoding not in _PLAIN:
        raise IntakeError("encoded_part", field=shown(name), encoding=shown(_text(encoding)))
    return PartHeaders(name, _file_name(found))


def shown(name: str) -> str:
    """A name from a header, short and printable."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:80])


def _parameters(value: bytes) -> dict[bytes, bytes]:
    """The parameters of a header, names in lower case; of several of a name the first."""
    found: dict[bytes, bytes] = {}
    for match in _PARAMETER.finditer(value):
        name, quoted, token = match.groups()
        plain = token.strip().strip(b'"') if quoted is None else _ESCAPED.sub(rb"\1", quoted)
        found.setdefault(name.lower(), plain)
    return found


def _file_name(found: dict[bytes, bytes]) -> str | None:
    extended = _extended(found[b"filename*"]) if b"filename*" in found else None
    if extended is not None or b"filename" not in found:
        return extended
    return _text(_unescaped(found[b"filename"]))


def _extended(value: bytes) -> str | None:
    """A value as `UTF-8''%E2%82%AC`, None where it is not well formed."""
    charset, *rest = value.split(b"'", 2)
    if len(rest) != 2 or charset.lower() not in {b"utf-8", b"iso-8859-1"}:
        return None
    try:
        return unquote_to_bytes(rest[1]).decode(charset.decode("ascii"))
    except UnicodeDecodeError:
        return None


def _unescaped(name: bytes) -> bytes:
    return _BY_BROWSERS.sub(lambda match: bytes.fromhex(match[1].decode()), name)


def _text(name: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "replace")
