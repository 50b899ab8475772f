"""Every error as a problem document (RFC 9457), in one place."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from extractor.errors import ExtractorError
from service.accounts import passwords
from service.accounts.attempts import ThrottledError
from service.accounts.logins import LoginError
from service.accounts.passwords import WeakPasswordError
from service.administration import TakenError, UnknownProjectError
from service.archive import GoneError, NotLockedError
from service.database import is_damaged
from service.idempotency import KeyReusedError
from service.intake.refusals import IntakeError
from service.repository.documents import CursorError
from service.results import NoResultError
from service.turns import BusyError
from service.webhooks import UrlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    "options": HTTPStatus.BAD_REQUEST,
    "request": HTTPStatus.BAD_REQUEST,
    "unreadable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "encrypted": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unsupported": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "stalled": HTTPStatus.REQUEST_TIMEOUT,
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

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        """`more` are members of the document beside the standard ones."""
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more
        self.headers = headers if headers is not None else HEADERS.get(code)


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
    # Halves of characters that somebody sent cannot be written; the rest is told.
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, status, headers, media_type=MEDIA_TYPE)


def told(error: Exception) -> ProblemError | None:
    """What a known error says to its user; None for one that nobody foresaw."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, ExtractorError | IntakeError):
        status = STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
        return ProblemError(status, error.code, str(error))
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return ProblemError(status, CODES.get(status, "request"), error.detail, error.headers)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if is_damaged(error):
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "database", SENTENCES["damaged"])
    for kind, status, code in KNOWN:
        if isinstance(error, kind):
            return ProblemError(status, code, SENTENCES.get(code) or str(error))
    return None


def _invalid(error: RequestValidationError) -> ProblemError:
    """A request that is not as the description of the API has it."""
    wrong = [
        {"place": ".".join(str(part) for part in item["loc"]), "detail": item["msg"]}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['place']}: {item['detail']}" for item in wrong[:3])
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=wrong)


KNOWN: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (LoginError, HTTPStatus.UNAUTHORIZED, "login"),
    (ThrottledError, HTTPStatus.TOO_MANY_REQUESTS, "throttled"),
    (WeakPasswordError, HTTPStatus.UNPROCESSABLE_ENTITY, "password"),
    (CursorError, HTTPStatus.BAD_REQUEST, "cursor"),
    (NoResultError, HTTPStatus.CONFLICT, "no_result"),
    (TakenError, HTTPStatus.CONFLICT, "taken"),
    (UnknownProjectError, HTTPStatus.NOT_FOUND, "not_found"),
    (GoneError, HTTPStatus.NOT_FOUND, "gone"),
    (NotLockedError, HTTPStatus.CONFLICT, "not_locked"),
    (KeyReusedError, HTTPStatus.UNPROCESSABLE_ENTITY, "key_reused"),
    (UrlError, HTTPStatus.UNPROCESSABLE_ENTITY, "url"),
    (ClientDisconnect, HTTPStatus.BAD_REQUEST, "cut_off"),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE, "overloaded"),
    (passwords.BusyError, HTTPStatus.SERVICE_UNAVAILABLE, "overloaded"),
    (IntegrityError, HTTPStatus.CONFLICT, "conflict"),
    (OperationalError, HTTPStatus.SERVICE_UNAVAILABLE, "database"),
    (InterfaceError, HTTPStatus.SERVICE_UNAVAILABLE, "database"),
    (PoolTimeoutError, HTTPStatus.SERVICE_UNAVAILABLE, "database"),
    (FileNotFoundError, HTTPStatus.NOT_FOUND, "missing"),
    (OSError, HTTPStatus.SERVICE_UNAVAILABLE, "store"),
)
CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.REQUEST_TIMEOUT: "stalled",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}  # of what the framework refuses
SENTENCES = {
    "login": "the name or the password is wrong",
    "not_locked": "it is not locked: it needs no password",
    "gone": "somebody has deleted it at this moment",
    "no_result": "the document has no result: see its state, and wait or read its error",
    "key_reused": "the Idempotency-Key came before with another request: take a new one",
    "throttled": "too many failed logins: wait a quarter of an hour, then try again",
    "cut_off": "the request broke off before its end: send it again",
    "overloaded": "too many of these are under way: try again in a moment",
    "conflict": "somebody has changed what it belongs to at this moment: look again",
    "database": "the database does not answer: try again in a moment",
    "damaged": "the database is damaged: an administrator has to restore a backup",
    "missing": "the file is not in the store: it was deleted at this moment, or has been lost: "
    "upload it again",
    "bug": "the program failed in a way that was not foreseen: please report it",
    "store": "the store of the files does not answer: try again in a moment",
}
HEADERS = {
    "database": {"Retry-After": "5"},
    "store": {"Retry-After": "5"},
    "overloaded": {"Retry-After": "10"},
    "stalled": {"Connection": "close"},  # what may still come is not waited for
}


def understood(error: Exception) -> ProblemError:
    """What any error says to its user. Those that an operator has to know of are logged."""
    known = told(error)
    if known is None:
        log.error("unforeseen", exc_info=error)
        return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "bug", SENTENCES["bug"])
    if known.code in ("database", "store", "missing"):
        log.error("%s: %s", known.code, _plain(error))
    return known


def _plain(error: Exception) -> str:
    """What is logged of it: of a statement not a word."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, OSError) else name


async def answered(request: Request, error: Exception) -> Response:
    """The answer to an error: a page for who looks at pages, a problem document for programs."""
    if wants_page(request):
        page: Response = await run_in_threadpool(request.app.state.error_page, request, error)
        return page
    known = understood(error)
    headers = dict(known.headers or {})
    if known.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(known.status, known.code, known.detail, headers, **known.more)


def wants_page(request: Request) -> bool:
    """Whether somebody looks at it in a browser, and not at the API."""
    is_page = not request.scope["path"].startswith("/api/")
    return is_page and "text/html" in request.headers.get("accept", "")


def add_handlers(app: FastAPI) -> None:
    """Has an application answer known errors; service.http.answering sees to all others."""
    framework = HTTPException, RequestValidationError
    for kind in (ProblemError, ExtractorError, IntakeError, *framework, *(k for k, _, _ in KNOWN)):
        app.add_exception_handler(kind, answered)


COMMON = (400, 401, 403, 408, 413, 422, 429, 503)  # what any route may answer


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of problem documents for OpenAPI: of those statuses and the common ones."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, "content": content}
        for status in sorted((*COMMON, *statuses))
    }
