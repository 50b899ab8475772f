"""An answer to every request: to what nobody foresaw, and to HEAD wherever there is GET."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from anyio import BrokenResourceError, CancelScope
from starlette.requests import Request

from service.http.problems import answered
from service.streams import StalledError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)


class Answered:
    """Answers errors that nobody foresaw, where the headers of all answers are still added.

    The framework's own place for that lies outside of all middleware.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def sent(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except StalledError:
            log.info("the reader of %s took nothing for too long", scope["path"])
        except Exception as error:
            if has_begun and _has_left(error):
                log.info("the reader of %s has left", scope["path"])
                return
            if has_begun:  # the server breaks off an answer without an end
                log.error("an answer broke off", exc_info=error)
                return
            answer = await answered(Request(scope, receive), error)
            await answer(scope, receive, send)


def _has_left(error: Exception) -> bool:
    """Whether all that failed is that nobody took what a stream had to tell."""
    if isinstance(error, ExceptionGroup):
        return error.split(BrokenResourceError)[1] is None
    return isinstance(error, BrokenResourceError)


class Headed:
    """Answers HEAD with the headers of GET; nothing is made beyond them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        with CancelScope() as rest:

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    rest.cancel()

            await self.app(asked, receive, sent)
        scope["route"] = asked.get("route")
