"""Who leaves a stream while something is told is no fault of the program."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from anyio import BrokenResourceError

from service.http.answering import Answered

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

LEFT = ExceptionGroup("tasks", [BrokenResourceError()])
FAULT = ExceptionGroup("tasks", [BrokenResourceError(), KeyError("bug")])


@pytest.mark.parametrize(
    ("error", "is_fault"), [(BrokenResourceError(), False), (LEFT, False), (FAULT, True)]
)
def test_who_leaves_a_stream_is_no_error(
    error: Exception, is_fault: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What else fails in it still is."""

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    async def nothing(*_: Message) -> Message:
        return {}

    caplog.set_level(logging.INFO)
    scope = {"type": "http", "path": "/api/v1/events"}
    asyncio.run(Answered(stream)(scope, nothing, nothing))  # type: ignore[arg-type]
    assert [line.exc_info is not None for line in caplog.records[-1:]] == [is_fault]
    assert [line.levelno == logging.ERROR for line in caplog.records[-1:]] == [is_fault]
