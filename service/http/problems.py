"""Every error as a problem document (RFC 9457), in one place."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from extractor.errors import ExtractorError
from service.accounts.attempts import ThrottledError
from service.accounts.logins import LoginError
from service.accounts.passwords import WeakPasswordError
from service.administration import TakenError, UnknownProjectError
from service.archive import GoneError
from service.idempotency import KeyReusedError
from service.intake.refusals import IntakeError
from service.repository.documents import CursorError
from service.results import NoResultError
from service.webhooks import UrlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request, Response

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    "options": HTTPStatus.BAD_REQUEST,
    "request": HTTPStatus.BAD_REQUEST,
    "unreadable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "encrypted": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "timed_out": HTTPStatus.UNPROCESSABLE_ENTITY,
    "disk_full": HTTPStatus.INSUFFICIENT_STORAGE,
    "quota": HTTPStatus.FORBIDDEN,
    "engine": HTTPStatus.SERVICE_UNAVAILABLE,
}  # everything else is 500


class Problem(BaseModel):
    """What went wrong and what to do, as RFC 9457 has it; `code` is for programs."""

    title: str = Field(examples=["Unsupported Media Type"])
    status: int = Field(examples=[415])
    detail: str = Field(examples=["this is a Word document: export it as PDF"])
    code: str = Field(examples=["unsupported"])


class ProblemError(Exception):
    """An error of a request, on its way to become a problem document."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, **more: object) -> None:
        """`more` are members of the document beside the standard ones."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


def not_found(what: str = "document") -> ProblemError:
    """The same for what is not there and for what the one who asks may not know of."""
    return ProblemError(HTTPStatus.NOT_FOUND, "not_found", f"there is no such {what}")


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """A problem document."""
    body = {"title": status.phrase, "status": status.value, "detail": detail, "code": code, **more}
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def told(error: Exception) -> ProblemError | None:
    """What a known error says to its user; None for one that nobody foresaw."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, ExtractorError | IntakeError):
        status = STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
        return ProblemError(status, error.code, str(error))
    for kind, status, code in KNOWN:
        if isinstance(error, kind):
            return ProblemError(status, code, str(error) or SENTENCES[code])
    return None


KNOWN: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (LoginError, HTTPStatus.UNAUTHORIZED, "login"),
    (ThrottledError, HTTPStatus.TOO_MANY_REQUESTS, "throttled"),
    (WeakPasswordError, HTTPStatus.UNPROCESSABLE_ENTITY, "password"),
    (CursorError, HTTPStatus.BAD_REQUEST, "cursor"),
    (NoResultError, HTTPStatus.CONFLICT, "no_result"),
    (TakenError, HTTPStatus.CONFLICT, "taken"),
    (UnknownProjectError, HTTPStatus.NOT_FOUND, "not_found"),
    (GoneError, HTTPStatus.NOT_FOUND, "gone"),
    (KeyReusedError, HTTPStatus.UNPROCESSABLE_ENTITY, "key_reused"),
    (UrlError, HTTPStatus.UNPROCESSABLE_ENTITY, "url"),
)
SENTENCES = {
    "login": "the name or the password is wrong",
    "gone": "somebody has deleted the document at this moment",
    "no_result": "the document has no result: see its state, and wait or read its error",
    "key_reused": "the Idempotency-Key came before with another request: take a new one",
    "throttled": "too many failed logins: wait a quarter of an hour, then try again",
}


def add_handlers(app: FastAPI) -> None:
    """Has an application answer errors with problem documents."""
    app.add_exception_handler(ProblemError, _answer)
    for kind in (ExtractorError, IntakeError, *(kind for kind, _, _ in KNOWN)):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OperationalError, _no_database)
    app.add_exception_handler(Exception, _unforeseen)


async def _answer(_: Request, error: Exception) -> Response:
    known = told(error)
    assert known is not None
    headers = {"WWW-Authenticate": "Bearer"} if known.status == HTTPStatus.UNAUTHORIZED else None
    return problem(known.status, known.code, known.detail, headers, **known.more)


async def _refused(_: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address or method."""
    assert isinstance(error, HTTPException)
    return problem(HTTPStatus(error.status_code), "request", error.detail, error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    """A request that is not as the description of the API has it."""
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"place": ".".join(str(part) for part in item["loc"]), "detail": item["msg"]}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['place']}: {item['detail']}" for item in wrong[:3])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=wrong)


async def _no_database(_: Request, error: Exception) -> Response:
    log.error("the database does not answer: %s", type(error).__name__)
    detail = "the database does not answer: try again in a moment"
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "database", detail, {"Retry-After": "5"})


async def _unforeseen(_: Request, error: Exception) -> Response:
    log.error("unforeseen", exc_info=error)
    detail = "the program failed in a way that was not foreseen: please report it"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "bug", detail)


COMMON = (400, 401, 403, 413, 422, 429, 503)  # what any route may answer


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of problem documents for OpenAPI: of those statuses and the common ones."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, "content": content}
        for status in sorted((*COMMON, *statuses))
    }
