"""Forms with files written by hand, and what becomes of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from service.intake import IntakeError, IntakeLimits, StagedFile, Staging, Upload, staged_upload
from tests.intake_zips import PDF

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from pathlib import Path

FORM = "multipart/form-data; boundary=b0und"
SMALL = IntakeLimits(
    file_bytes=1_000, zip_bytes=2_000, request_bytes=100_000, files=5, fields=3, field_bytes=100,
    all_fields_bytes=150, file_name_bytes=200, header_bytes=512, idle_s=0.2,
)  # fmt: skip


def part(name: str, data: bytes, file_name: str | None = None) -> bytes:
    """A part of a form, a file where it has a file name."""
    end = "" if file_name is None else f'; filename="{file_name}"'
    head = f'--b0und\r\nContent-Disposition: form-data; name="{name}"{end}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def file(data: bytes = PDF, name: str = "a.pdf") -> bytes:
    return part("file", data, name)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b0und--\r\n"


async def pieces(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def chunked(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def send(
    folder: Path,
    *chunks: bytes,
    limits: IntakeLimits | None = None,
    on_field: Callable[[str, str], Awaitable[None] | None] | None = None,
    content_type: str = FORM,
    seen: Callable[[Upload], None] = lambda upload: None,
) -> Upload:
    """What became of an upload; `seen` is shown it while its files are there."""

    async def run() -> Upload:
        staging = Staging(folder, limits)
        body = pieces(chunks)
        async with staged_upload(body, content_type, staging, on_field=on_field) as upload:
            seen(upload)
            return upload

    try:
        return asyncio.run(run())
    finally:
        assert not list(folder.iterdir())


def told(upload: Upload) -> list[tuple[str, str]]:
    """Names, and kinds or reasons."""
    return [(f.name, f.kind if isinstance(f, StagedFile) else f.reason) for f in upload.files]


def refused(folder: Path, *chunks: bytes, limits: IntakeLimits | None = SMALL) -> IntakeError:
    with pytest.raises(IntakeError) as caught:
        send(folder, *chunks, limits=limits)
    return caught.value
