"""What every request passes: an id, limits, headers that keep browsers safe, a log line."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request

from service.http.access import COOKIE
from service.http.problems import problem

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
UNLIMITED = ("/static/", "/healthz", "/readyz", "/metrics")


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
        started, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.answered(scope["method"], route, status, seconds)
            if not scope["path"].startswith(UNLIMITED):
                what = {"method": scope["method"], "path": scope["path"], "status": status}
                log.info("answered", extra={**what, "ms": round(seconds * 1000, 1)})


class Limited:
    """Refuses requests of one user or address beyond the limit, and hosts that are not ours."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._limit = parse(settings.rate_limit)
        self._limiter = FixedWindowRateLimiter(storage_from_string(settings.rate_storage))
        self._is_far = not settings.rate_storage.startswith("memory")
        self._only_loopback = settings.no_auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["path"].startswith(UNLIMITED):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        # A name of another site that leads here (DNS rebinding) would else have all rights.
        if self._only_loopback and not is_loopback(request.url.hostname or ""):
            detail = "without accounts the service answers to localhost only"
            await problem(HTTPStatus.FORBIDDEN, "host", detail)(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            detail = "an address has no zero bytes: leave them out"
            await problem(HTTPStatus.BAD_REQUEST, "request", detail)(scope, receive, send)
            return
        if not await self._hit(who(request)):
            detail = "these are too many requests: wait a minute"
            headers = {"Retry-After": str(self._limit.get_expiry())}
            answer = problem(HTTPStatus.TOO_MANY_REQUESTS, "rate", detail, headers)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _hit(self, key: str) -> bool:
        if self._is_far:
            return await run_in_threadpool(self._limiter.hit, self._limit, key)
        return self._limiter.hit(self._limit, key)


class Bounded:
    """Refuses large bodies where no upload is taken: the framework would keep them in memory."""

    def __init__(self, app: ASGIApp, uploads: Collection[str]) -> None:
        """`uploads` are the paths that see to it themselves."""
        self.app, self._uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["path"] in self._uploads:
            await self.app(scope, receive, send)
            return
        if _length(Headers(scope=scope)) > MOST_BYTES:
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", LARGE)(
                scope, receive, send
            )
            return
        taken = 0

        async def received() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, LARGE)
            return message

        await self.app(scope, received, send)


def _length(headers: Headers) -> int:
    sent = headers.get("content-length", "")
    return int(sent) if sent.isdecimal() and len(sent) < 20 else 0


def who(request: Request) -> str:
    """Whose limit a request counts for: a token's, a login's, an address's."""
    secret = request.headers.get("authorization") or request.cookies.get(COOKIE)
    if secret:
        return hashlib.sha256(secret.encode()).hexdigest()
    return request.client.host if request.client else ""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name may lead anywhere but for localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
