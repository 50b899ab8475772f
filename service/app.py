"""A small HTTP face of the library: send a document, get its result. It knows no accounts."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from extractor import __version__
from extractor.batch import Failure, ReaderPool, share_cores
from extractor.batch.outcome import bug_of, failure_of
from extractor.batch.pool import outcome
from extractor.batch.worker import READER, Job, Limits
from extractor.errors import ExtractorError, OptionsError, TooLargeError
from extractor.options import MIB, Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Message

STATUS = {
    "options": HTTPStatus.BAD_REQUEST,
    "unreadable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "encrypted": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "timed_out": HTTPStatus.GATEWAY_TIMEOUT,
    "engine": HTTPStatus.SERVICE_UNAVAILABLE,
}  # everything else is 500
OVERHEAD = MIB  # of a multipart body over the file in it
UPLOAD = Path("upload")  # what a file is called that no name came with
LONGEST_NAME = 200  # bytes; file systems take 255


def create_app(reader: str | None = None, options: Options | None = None) -> FastAPI:
    """The application; its worker processes live as long as it runs."""
    workers, threads = share_cores(0, documents=1_000)
    chosen = options or Options(threads=threads)
    limits = Limits(threads=chosen.threads or threads)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ReaderPool(workers, limits, reader=reader or READER) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(title="extractor", version=__version__, lifespan=lifespan)
    app.add_exception_handler(ExtractorError, _known)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unforeseen)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.post("/api/v1/documents")
    async def documents(request: Request) -> Response:
        """Reads the file of a multipart form ("file"); gives its result, or a problem document."""
        return await _answer(_limited(request, chosen.max_bytes), chosen)

    return app


def _limited(request: Request, max_bytes: int) -> Request:
    """The request, as one whose body cannot be read beyond a file of `max_bytes` bytes.

    What it says of its length is believed only where that is too much: a body that comes in chunks
    says nothing. Raises TooLargeError, here or while the body is read.
    """
    most, taken = max_bytes + OVERHEAD, 0
    long = TooLargeError(f"it is larger than {max_bytes / MIB:g} MiB: send a smaller one")
    if int(request.headers.get("content-length", 0)) > most:
        raise long

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise long
        return message

    return Request(request.scope, receive)


async def _answer(request: Request, options: Options) -> Response:
    async with request.form(max_files=1, max_fields=1) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise OptionsError('the form has no file: send one named "file"')
        with tempfile.TemporaryDirectory(prefix="extractor-") as folder:
            path = Path(folder, file_name(upload.filename))
            await run_in_threadpool(_store, upload, path)
            return await _read(request, Job(path, options, indent=None))


def file_name(sent: str | None) -> str:
    """The last part of what the client calls its file, safe to create in an own folder."""
    name = PurePosixPath((sent or "").replace("\\", "/").replace("\0", "")).name
    tail = name.encode("utf-8", "ignore")[-LONGEST_NAME:].decode("utf-8", "ignore")
    return tail if tail not in {"", ".."} else UPLOAD.name


def _store(upload: UploadFile, path: Path) -> None:
    with path.open("wb") as stream:
        shutil.copyfileobj(upload.file, stream, MIB)


async def _read(request: Request, job: Job) -> Response:
    pool: ReaderPool = request.app.state.pool
    future = pool.submit(job)
    await asyncio.wait([asyncio.wrap_future(future)])
    answer = outcome(future, job)
    if isinstance(answer, Failure):
        return problem(answer, job.path.parent)
    return Response(answer.json, media_type="application/json")


async def _known(_: Request, error: Exception) -> Response:
    assert isinstance(error, ExtractorError)
    return problem(failure_of(error, UPLOAD))


async def _refused(_: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address or method, a form that cannot be read."""
    assert isinstance(error, HTTPException)
    return _problem(HTTPStatus(error.status_code), "request", error.detail, error.headers)


async def _unforeseen(_: Request, error: Exception) -> Response:
    return problem(bug_of(error, UPLOAD))


def problem(failure: Failure, folder: Path | None = None) -> Response:
    """A failure as a problem document; the server's own `folder` is not told."""
    status = STATUS.get(failure.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = failure.sentence if folder is None else failure.sentence.replace(f"{folder}/", "")
    return _problem(status, failure.code, detail)


def _problem(
    status: HTTPStatus, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The form of RFC 9457."""
    body = {"title": status.phrase, "status": status, "detail": detail, "code": code}
    return JSONResponse(body, status, headers, media_type="application/problem+json")
