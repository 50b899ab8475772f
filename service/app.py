"""A small HTTP face of the library: send a document, get its result. No accounts: loopback only."""

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

from extractor import __version__
from extractor.batch import Failure, ReaderPool, share_cores
from extractor.batch.outcome import failure_of
from extractor.batch.pool import outcome
from extractor.batch.worker import READER, Job, Limits
from extractor.errors import ExtractorError, OptionsError, TooLargeError
from extractor.options import MIB, Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


def create_app(reader: str | None = None, options: Options | None = None) -> FastAPI:
    """The application; its worker processes live as long as it runs."""
    workers, threads = share_cores(0, documents=1_000)
    chosen = options or Options(threads=threads)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ReaderPool(workers, Limits(), reader=reader or READER) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(title="extractor", version=__version__, lifespan=lifespan)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.post("/api/v1/documents")
    async def documents(request: Request) -> Response:
        """Reads the file of a multipart form ("file"); gives its result, or a problem document."""
        try:
            return await _answer(request, chosen)
        except ExtractorError as error:
            return problem(failure_of(error, Path("upload")))

    return app


async def _answer(request: Request, options: Options) -> Response:
    if int(request.headers.get("content-length", 0)) > options.max_bytes + OVERHEAD:
        raise TooLargeError(
            f"it is larger than {options.max_bytes / MIB:g} MiB: send a smaller one"
        )
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
    return name[-80:] if name not in {"", ".."} else "upload"


def _store(upload: UploadFile, path: Path) -> None:
    with path.open("wb") as stream:
        shutil.copyfileobj(upload.file, stream, MIB)


async def _read(request: Request, job: Job) -> Response:
    pool: ReaderPool = request.app.state.pool
    future = pool.submit(job)
    await asyncio.wait([asyncio.wrap_future(future)])
    answer = outcome(future, job)
    if isinstance(answer, Failure):
        return problem(answer, job.path)
    return Response(answer.json, media_type="application/json")


def problem(failure: Failure, path: Path | None = None) -> JSONResponse:
    """A failure as a problem document (RFC 9457); the server's own paths are not told."""
    status = STATUS.get(failure.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = failure.sentence if path is None else failure.sentence.replace(str(path), path.name)
    body = {"title": status.phrase, "status": status, "detail": detail, "code": failure.code}
    return JSONResponse(body, status, media_type="application/problem+json")
