"""What an upload may cost: every limit of the intake in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields

from extractor.errors import OptionsError
from extractor.options import MIB, Options

KIB, GIB = 1024, 1024 * MIB
LONGEST_BOUNDARY = 70  # bytes, RFC 2046 section 5.1.1


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Sizes in bytes, times in seconds. Raises OptionsError where one is not above 0."""

    file_bytes: int = Options().max_bytes
    zip_bytes: int = 2 * GIB  # a file that starts as a ZIP does: it holds many documents
    request_bytes: int = 4 * GIB
    files: int = 2_000  # of a request
    fields: int = 2_100  # of a request: one beside each file, and some
    field_bytes: int = 16 * KIB
    all_fields_bytes: int = MIB
    field_name_bytes: int = 128
    file_name_bytes: int = 4_096  # as sent, with its folders
    headers: int = 16  # of a part
    header_bytes: int = 16 * KIB  # one header; a name of 4,096 bytes is three times as long in %XX
    idle_s: float = 60.0  # that are waited for the next `idle_bytes` of a body
    idle_bytes: int = 256 * KIB
    free_bytes: int = GIB  # what uploads leave of the disk
    archive_entries: int = 5_000  # documents in a ZIP; what is skipped does not count
    archive_bytes: int = 4 * GIB  # unpacked, of all archives that share a budget
    archive_directory_bytes: int = 8 * MIB  # names and places of all entries
    archive_s: float = 300.0  # own time of unpacking, without that of the caller
    # Bombs. As uncompressed images scans pack 1:2 to 1:50, drawn pages of text 1:25 to 1:150, those
    # with little on them up to 1:500, and empty ones 1:1000, the most that Deflate can do. So a
    # ratio alone would refuse honest pages. But a single page is at most 102 MB (A4, colour, 600
    # dpi): only what is larger has to keep to the ratio.
    ratio: int = 200  # unpacked to packed bytes
    entry_grace_bytes: int = 128 * MIB
    archive_grace_bytes: int = 512 * MIB  # of all entries together

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not value > 0:  # NaN is not
                raise OptionsError(f"{limit.name} is {value}: choose more than 0")


def size_text(size: int) -> str:
    """A number of bytes as people read it: "256 MiB"; exact for those that limits have."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size >= unit:
            return f"{round(size / unit, 1):g} {name}"
    return f"{size} bytes"
