"""Routes of pages: what goes wrong is a page too, never a problem document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from service.pages.errors import error_page

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from fastapi import Request, Response
    from fastapi.params import Depends

SEE_OTHER = 303


class ElsewhereError(Exception):
    """The reader has to go to another page first, to log in for example."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class PageRoute(APIRoute):
    """A route whose errors are shown to people."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI has it, with errors made into pages."""
        inner = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await inner(request)
            except ElsewhereError as error:
                return RedirectResponse(error.location, SEE_OTHER)
            except Exception as error:  # noqa: BLE001  the last border before the reader
                return await run_in_threadpool(error_page, request, error)

        return answered


def page_router(prefix: str = "", dependencies: Sequence[Depends] = ()) -> APIRouter:
    """A router for pages; they are no part of the description of the API."""
    return APIRouter(
        prefix=prefix, route_class=PageRoute, include_in_schema=False, dependencies=dependencies
    )
