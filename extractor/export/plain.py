"""Results as text: JSON Lines and CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from extractor.export.rows import SHEETS

if TYPE_CHECKING:
    from typing import BinaryIO

    from extractor.export.rows import Documents, Scalar


def write_json(documents: Documents, stream: BinaryIO) -> None:
    """JSON Lines: one result a line, in the shape of the contract."""
    stream.writelines(document.to_json(indent=None).encode() + b"\n" for document in documents)


def write_csv(documents: Documents, stream: BinaryIO, sheet: str = "fields") -> None:
    """One sheet as CSV. UTF-8 with a byte order mark, without which Excel garbles Chinese."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text)
    for row in SHEETS[sheet](documents):
        writer.writerow([guarded(value) for value in row])
    text.detach()


def guarded(value: Scalar) -> Scalar:
    """The value as a CSV cell that no spreadsheet takes for a formula.

    A text that starts with one of = + - @, a tab or a carriage return gets an apostrophe in front,
    unless it is a number (OWASP, CSV injection). True and False are written in lower case.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value if _is_number(value) else f"'{value}"
    return value


def _is_number(text: str) -> bool:
    digits = text[1:].replace(".", "", 1)
    return text[0] in "+-" and digits.isascii() and digits.isdigit()
