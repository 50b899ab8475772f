"""What every request passes: an id, limits, headers that keep browsers safe, a log line."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import math
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from limits import parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request

from service.accounts.attempts import network_of
from service.http.access import COOKIE
from service.http.problems import ProblemError, answered

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from service.metrics import Metrics
    from service.settings import Settings

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
MOST_BYTES = 1024 * 1024
LARGE = "the body is larger than 1 MiB: only uploads are"
WHOLE_S = 60.0  # that are waited for the next piece of a body
PER_ADDRESS = 10  # an address may ask so many times as often as a user: offices share one
PATIENCE = {"socket_timeout": 2, "socket_connect_timeout": 2}  # with Redis
GONE = 499  # the status in the log where nobody waited for an answer
WATCHED = frozenset(("/healthz", "/readyz", "/metrics"))


class SafeHeaders:
    """Adds the headers; pages and data are not kept by caches unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, sent)


class Logged:
    """Gives each request an id, and a line in the log when it is answered.

    Never with the query, which may hold what somebody looks for.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        started, status = time.perf_counter(), GONE

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])  # also where it is an HTTPStatus
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.answered(scope["method"], route, status, seconds)
            if not is_unlimited(scope["path"]):
                what = {"method": scope["method"], "path": scope["path"], "status": status}
                log.info("answered", extra={**what, "ms": round(seconds * 1000, 1)})


class Limited:
    """Refuses requests of one user or address beyond the limit, and hosts that are not ours."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._limit = parse(settings.rate_limit)
        # An address counts beside its users, or every token that somebody makes up had its own.
        self._limit_of_address = type(self._limit)(
            self._limit.amount * PER_ADDRESS, self._limit.multiples
        )
        storage = storage_from_string(settings.rate_storage, wrap_exceptions=True, **PATIENCE)
        self._limiter = FixedWindowRateLimiter(storage)
        self._is_far = not settings.rate_storage.startswith("memory")
        self._only_loopback = settings.no_auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request) or await self._excess(request)
        if refusal is not None:
            await (await answered(request, refusal))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, request: Request) -> ProblemError | None:
        if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
            detail = "an address has no zero bytes: leave them out"
            return ProblemError(HTTPStatus.BAD_REQUEST, "request", detail)
        # A name of another site that leads here (DNS rebinding) would else have all rights.
        if not self._only_loopback or is_unlimited(request.scope["path"]):
            return None
        if is_loopback(request.url.hostname or ""):
            return None
        detail = "without accounts the service answers to localhost only"
        return ProblemError(HTTPStatus.FORBIDDEN, "host", detail)

    async def _excess(self, request: Request) -> ProblemError | None:
        if is_unlimited(request.scope["path"]) or await self._is_within(request):
            return None
        headers = {"Retry-After": str(self._limit.get_expiry())}
        detail = "these are too many requests: wait a minute"
        return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "rate", detail, headers)

    async def _is_within(self, request: Request) -> bool:
        try:
            return (
                await run_in_threadpool(self._hit, request) if self._is_far else self._hit(request)
            )
        except StorageError as error:  # better no limit than no service
            log.warning("the limits cannot be counted: %s", error)
            return True

    def _hit(self, request: Request) -> bool:
        is_within = self._limiter.hit(self._limit, who(request))
        return self._limiter.hit(self._limit_of_address, address_of(request)) and is_within


class Bounded:
    """Refuses large bodies where no upload is taken: the framework would keep them in memory.

    And bodies that do not go on. Pages see to the size of their forms themselves, uploads to both.
    """

    def __init__(self, app: ASGIApp, uploads: Collection[str]) -> None:
        """`uploads` are the paths where files are taken."""
        self.app, self._uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["path"] in self._uploads:
            await self.app(scope, receive, send)
            return
        most = MOST_BYTES if scope["path"].startswith("/api/") else math.inf
        if _length(Headers(scope=scope)) > most:
            error = ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", LARGE)
            await (await answered(Request(scope), error))(scope, receive, send)
            return
        await self.app(scope, _bounded(receive, most), send)


def _bounded(receive: Receive, most: float) -> Receive:
    taken, is_whole = 0, False

    async def received() -> Message:
        nonlocal taken, is_whole
        if is_whole:  # what comes now is that the client leaves
            return await receive()
        try:
            async with asyncio.timeout(WHOLE_S):
                message = await receive()
        except TimeoutError:
            detail = "the request did not go on for a minute: send it again"
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail) from None
        taken += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if taken > most:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, LARGE)
        return message

    return received


def _length(headers: Headers) -> int:
    sent = headers.get("content-length", "")
    return int(sent) if sent.isdecimal() and len(sent) < 20 else 0


def who(request: Request) -> str:
    """Whose limit a request counts for first: a token's, a login's, an address's."""
    secret = request.headers.get("authorization") or request.cookies.get(COOKIE)
    if secret:
        return hashlib.sha256(secret.encode()).hexdigest()
    return address_of(request)


def address_of(request: Request) -> str:
    """The network that a request comes from; what a proxy says that is trusted."""
    return network_of(request.client.host) if request.client else ""


def is_unlimited(path: str) -> bool:
    """Whether it may be asked for as often as anybody likes, and is not logged."""
    return path.startswith("/static/") or path in WATCHED


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name may lead anywhere but for localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
