"""An upload while it comes in: files go to the disk piece by piece, fields are told at once.

The event loop takes the form apart, which is cheap; hashing and writing is done in a thread, a
MiB or many small files at a time. So an upload takes about 2 MiB of memory whatever its size.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from service.intake.form import FormReader
from service.intake.headers import boundary_of
from service.intake.limits import size_text
from service.intake.refusals import IntakeError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request

    from service.intake.limits import IntakeLimits
    from service.intake.refusals import Refusal
    from service.intake.staging import StagedBatch, StagedFile, Staging

    OnField = Callable[[str, str], Awaitable[None] | None]

PIECE = 256 * 1024  # bytes that are taken apart at once: 0.03 ms, of a hostile form up to 60 ms


@dataclass(frozen=True, slots=True)
class Upload:
    """What came: the fields, and each file staged or refused, both in their order.

    `batch` is where the files are, and where those of its archives can be put.
    """

    files: tuple[StagedFile | Refusal, ...]
    batch: StagedBatch
    fields: tuple[tuple[str, str], ...] = field(repr=False, default=())  # one can be a password

    def field(self, name: str) -> str | None:
        """The first value of a field, None where it was not sent."""
        return next((value for key, value in self.fields if key == name), None)


@asynccontextmanager
async def staged_upload(
    body: AsyncIterator[bytes],
    content_type: str | None,
    staging: Staging,
    *,
    content_length: int | None = None,
    on_field: OnField | None = None,
) -> AsyncIterator[Upload]:
    """An upload, its files on the disk until the block ends: move away before what is to be kept.

    `on_field` is called with each text field as soon as it is there, before any file after it is
    taken, and can raise to refuse all. Raises IntakeError where the whole upload is refused, and
    OSError where the disk fails; nothing stays on the disk then, nor where the task is cancelled.
    """
    boundary = boundary_of(content_type)
    _guard_length(content_length or 0, staging.limits)
    staging.check_space(content_length or 0)
    batch = staging.batch()
    try:
        form = FormReader(boundary, batch, staging.limits)
        await _receive(body, form, staging.limits, on_field)
        yield Upload(tuple(form.files), batch, tuple(form.fields))
    finally:
        # A thread that was started ends its work even where this task is cancelled again.
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, batch.close))


def staged_request(
    request: Request, staging: Staging, *, on_field: OnField | None = None
) -> AbstractAsyncContextManager[Upload]:
    """The same for a request of Starlette whose body was not read yet."""
    length = request.headers.get("content-length", "")
    return staged_upload(
        _stream(request),
        request.headers.get("content-type"),
        staging,
        content_length=int(length) if length.isdecimal() else None,
        on_field=on_field,
    )


async def _stream(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise IntakeError("cut_off") from error


async def _receive(
    body: AsyncIterator[bytes], form: FormReader, limits: IntakeLimits, on_field: OnField | None
) -> None:
    received = 0
    async with aclosing(_timely(body, limits)) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            _guard_length(received, limits)
            for start in range(0, len(chunk), PIECE):
                form.feed(chunk[start : start + PIECE])
                await _tell(form.new_fields(), on_field)
                if form.steps.are_many():
                    await _work(form)
    if not form.ended:
        raise IntakeError("cut_off")
    await _work(form)


def _guard_length(length: int, limits: IntakeLimits) -> None:
    if length > limits.request_bytes:
        raise IntakeError("large_request", limit=size_text(limits.request_bytes))


async def _timely(body: AsyncIterator[bytes], limits: IntakeLimits) -> AsyncGenerator[bytes, None]:
    """The pieces of a body; raises IntakeError where one is waited for too long.

    Or where they come in drops: few uploads are taken at a time, and others wait for their turn.
    Only the time that is waited counts, not what is done with the pieces.
    """
    clock = asyncio.get_running_loop().time
    came, left_s = 0, limits.idle_s
    while True:
        started = clock()
        try:
            async with asyncio.timeout(left_s):
                chunk = await anext(body)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise IntakeError("stalled", seconds=round(limits.idle_s)) from error
        came, left_s = came + len(chunk), left_s - (clock() - started)
        if came >= limits.idle_bytes:
            came, left_s = 0, limits.idle_s
        yield chunk


async def _tell(fields: Iterable[tuple[str, str]], on_field: OnField | None) -> None:
    for name, value in fields:
        waited = on_field(name, value) if on_field is not None else None
        if waited is not None:
            await waited


async def _work(form: FormReader) -> None:
    """Does on the disk, in a thread, what came to be done."""
    steps = form.steps.take()
    if steps:
        await asyncio.get_running_loop().run_in_executor(None, _run, steps)


def _run(steps: Iterable[Callable[[], None]]) -> None:
    for step in steps:
        step()
