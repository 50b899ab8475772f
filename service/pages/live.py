"""What the archive's page asks for while somebody looks at it: rows, choices, what is gone."""

from __future__ import annotations

from fastapi import Response  # noqa: TC002  read by FastAPI
from fastapi.responses import JSONResponse

from service.http.problems import not_found
from service.pages.lists import listed, overview
from service.pages.routing import page_router
from service.pages.views.search import search_of
from service.pages.visits import Visiting  # noqa: TC001
from service.repository import documents

router = page_router("/archive")

LONGEST_LIST = 100  # ids that are asked for at a time


@router.get("/rows")
def rows(visit: Visiting) -> Response:
    """Rows alone, for scripts: those of some ids, or the next part of the list."""
    if visit.project is None:
        return visit.render("archive/no_project.html")
    query = visit.request.query_params
    ids = tuple(query.getlist("id")[:LONGEST_LIST]) or None
    with visit.service.database.read() as session:
        found = listed(session, visit.project.id, search_of(query), ids)
        glance = overview(session, visit.project.id)
    return visit.part(
        "archive/fragment.html", listed=found, overview=glance, search=search_of(query)
    )


@router.get("/choices")
def choices(visit: Visiting) -> Response:
    """What there is to filter by, for scripts: it grows while documents are read."""
    if visit.project is None:
        raise not_found("project")
    with visit.service.database.read() as session:
        facets = documents.facets(session, [visit.project.id])
    search = search_of(visit.request.query_params)
    return visit.part("archive/choices.html", facets=facets, search=search)


@router.get("/gone")
def gone(visit: Visiting) -> Response:
    """Those of some ids that are no documents of the project any more, for scripts."""
    if visit.project is None:
        raise not_found("project")
    asked = tuple(visit.request.query_params.getlist("id")[:LONGEST_LIST])
    with visit.service.database.read() as session:
        here = documents.present(session, visit.project.id, asked)
    return JSONResponse([one for one in asked if one not in here])
