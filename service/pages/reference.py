"""The description of the API as a page; viewers from elsewhere may not be loaded here."""

from __future__ import annotations

from fastapi import Request, Response  # noqa: TC002  read by FastAPI

from service.pages.routing import page_router
from service.pages.views.reference import reference_of
from service.pages.visits import Visiting  # noqa: TC001

router = page_router()


@router.get("/docs")
def reference(request: Request, visit: Visiting) -> Response:
    """Operations with parameters and examples."""
    base = visit.service.settings.public_url or str(request.base_url)
    found = reference_of(request.app.openapi(), base.rstrip("/"))
    return visit.render("reference.html", reference=found)
