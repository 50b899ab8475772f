"""Uploads as they come in: fields first, stalled, cancelled, many at once, in flat memory."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from service.intake import (
    IntakeError,
    IntakeLimits,
    StagedFile,
    Staging,
    staged_request,
    staged_upload,
)  # fmt: skip
from tests.intake_forms import FORM, SMALL, chunked, file, form, part, pieces, refused, send, told
from tests.intake_zips import PDF

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message

ROOT = Path(__file__).parent.parent


def test_fields_are_told_before_the_files_after_them(tmp_path: Path) -> None:
    """At once, so that a wrong token ends the upload before anything is on the disk."""
    events: list[object] = []

    async def body() -> AsyncIterator[bytes]:
        yield part("csrf", b"right")[:-2]
        yield b"\r\n--b0und\r\n"
        assert events == [("csrf", "right", 0)]
        yield file(bytes(3_000_000))[9:]
        events.append(len(list(tmp_path.iterdir())))
        yield form(part("late", b"x"))

    async def run() -> None:
        def on_field(name: str, value: str) -> None:
            events.append((name, value, len(list(tmp_path.iterdir()))))

        async with staged_upload(body(), FORM, Staging(tmp_path), on_field=on_field):
            pass

    asyncio.run(run())
    assert events == [("csrf", "right", 0), 1, ("late", "x", 1)]


@pytest.mark.parametrize("waits", [False, True])
def test_a_field_can_refuse_all(tmp_path: Path, waits: bool) -> None:
    """With an error of the service's own; the callback can be a coroutine."""

    def refuse(name: str, value: str) -> None:
        raise PermissionError(f"{name}={value}")

    async def refuse_later(name: str, value: str) -> None:
        await asyncio.sleep(0)
        refuse(name, value)

    body = form(part("csrf", b"wrong"), file())
    with pytest.raises(PermissionError, match="csrf=wrong"):
        send(tmp_path, body, on_field=refuse_later if waits else refuse)


def test_a_client_that_stalls_is_not_waited_for(tmp_path: Path) -> None:
    """However long the connection stays open."""

    async def body() -> AsyncIterator[bytes]:
        yield file(bytes(500))
        await asyncio.sleep(60)

    async def run() -> None:
        async with staged_upload(body(), FORM, Staging(tmp_path, SMALL)):
            pass

    with pytest.raises(IntakeError, match="nothing or too little came"):
        asyncio.run(run())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_refuses_the_upload(tmp_path: Path) -> None:
    """Before the first byte."""
    error = refused(tmp_path, form(file()), limits=IntakeLimits(free_bytes=2**62))
    assert error.code == "disk_full"


@pytest.mark.parametrize("times", [1, 2])
def test_a_cancelled_upload_leaves_nothing(tmp_path: Path, times: int) -> None:
    """Also where it is cancelled while a thread writes, and again while that is cleared up."""

    async def body() -> AsyncIterator[bytes]:
        yield file(PDF)[:-2]
        while True:
            yield bytes(1_048_576)

    async def upload() -> None:
        limits = IntakeLimits(file_bytes=2**40)
        async with staged_upload(body(), FORM, Staging(tmp_path, limits)):
            pass

    async def run() -> None:
        task = asyncio.create_task(upload())
        while not list(tmp_path.iterdir()):
            await asyncio.sleep(0.001)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())  # waits for the threads
    assert not list(tmp_path.iterdir())


def test_many_uploads_at_once_do_not_mix(tmp_path: Path) -> None:
    """200 small ones, each with its own file."""

    async def one(number: int) -> None:
        content = PDF + str(number).encode() * 1_000
        chunks = chunked(form(file(content, f"{number}.pdf")), 700)
        async with staged_upload(pieces(chunks), FORM, Staging(tmp_path)) as upload:
            (staged,) = upload.files
            assert isinstance(staged, StagedFile)
            assert staged.path.read_bytes() == content

    async def run() -> None:
        await asyncio.gather(*map(one, range(200)))

    start = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - start < 10
    assert not list(tmp_path.iterdir())


def request_of(*messages: Message, length: bytes = b"100") -> Request:
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    headers = [(b"content-type", FORM.encode()), (b"content-length", length)]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


@pytest.mark.parametrize("length", [b"100", b"x", "²".encode()])
def test_a_request_of_the_framework_is_read(tmp_path: Path, length: bytes) -> None:
    """With its headers, whatever they say."""
    body: Message = {"type": "http.request", "body": form(file()), "more_body": False}

    async def run() -> None:
        async with staged_request(request_of(body, length=length), Staging(tmp_path)) as upload:
            assert told(upload) == [("a.pdf", "pdf")]

    asyncio.run(run())


def test_a_client_that_goes_away_is_told_as_such(tmp_path: Path) -> None:
    """The framework's own exception does not come through."""
    start: Message = {"type": "http.request", "body": file()[:90], "more_body": True}

    async def run() -> None:
        request = request_of(start, {"type": "http.disconnect"})
        async with staged_request(request, Staging(tmp_path)):
            pass

    with pytest.raises(IntakeError, match="broke off"):
        asyncio.run(run())
    assert not list(tmp_path.iterdir())


FLAT = """
import asyncio, sys
from pathlib import Path
from service.intake import IntakeLimits, Staging, staged_upload

def resident_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])

async def body(count):
    yield b'--b\\r\\nContent-Disposition: form-data; name="f"; filename="a.pdf"\\r\\n\\r\\n%PDF-1.7'
    piece = bytes(65_536)
    for _ in range(count):
        yield piece
    yield b"\\r\\n--b--"

async def send(count):
    form = "multipart/form-data; boundary=b"
    async with staged_upload(body(count), form, Staging(Path(sys.argv[1]))) as upload:
        assert upload.files[0].size == count * 65_536 + 8

asyncio.run(send(64))
before = resident_kb()
asyncio.run(send(1_600))
print(resident_kb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """100 MiB need no more than 4 MiB did."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", FLAT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000  # KiB
