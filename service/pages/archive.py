"""The archive: its list, and what is done with the documents that were chosen in it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Response  # noqa: TC002  read by FastAPI

from service import selection
from service.api.documents import attachment
from service.exports import FORMATS, exported
from service.pages.addresses import own_path
from service.pages.forms import Form, Posted  # noqa: TC001
from service.pages.lists import listed, overview
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.views.rows import row_of
from service.pages.views.search import search_of
from service.pages.visits import Visit, Visiting  # noqa: TC001
from service.pages.wording import SHEETS
from service.repository import documents
from service.repository.documents import SORTS, Filter
from service.streams import Streamed

if TYPE_CHECKING:
    from collections.abc import Callable

router = page_router()


@router.get("/archive")
def archive_page(visit: Visiting) -> Response:
    """The documents of a project, and where to put new ones."""
    if visit.project is None:
        return visit.render("archive/no_project.html")
    search = search_of(visit.request.query_params)
    with visit.service.database.read() as session:
        found = listed(session, visit.project.id, search)
        glance = overview(session, visit.project.id)
        facets = documents.facets(session, [visit.project.id])
    limits = visit.service.settings.intake_limits()
    return visit.render(
        "archive/page.html", search=search, listed=found, overview=glance, facets=facets,
        limits=limits, sortable=SORTS,
    )  # fmt: skip


@router.post("/archive/selection")
def use_selection(visit: Visiting, form: Posted) -> Response:
    """Does something with the chosen documents, or downloads all that match."""
    action = form.one("action")
    if action == "export_all":
        return visit.go(_export_address(form))
    ids = form.every("ids")
    if not ids or action not in ACTIONS:
        return visit.go(_back(form), Note("nothing_chosen"))
    return ACTIONS[action](visit, form, ids)


def _export_address(form: Form) -> str:
    search = search_of({name: form.one(name) for name in form.values})
    more = {"project": form.one("project"), "format": form.one("format"), "sheet": _sheet(form)}
    return f"/api/v1/export?{urlencode({**search.filters(), **more})}"


def _sheet(form: Form) -> str:
    return form.one("sheet") if form.one("sheet") in SHEETS else "fields"


def _back(form: Form) -> str:
    return own_path(form.one("back"))


def _export(visit: Visit, form: Form, ids: tuple[str, ...]) -> Response:
    name = form.one("format") if form.one("format") in FORMATS else "xlsx"
    found, sheet = FORMATS[name], _sheet(form)
    with visit.service.database.read() as session:
        own = selection.allowed(session, visit.principal, "read", ids)
        projects = tuple({document.project_id for document in own})
    chosen = Filter(projects, ids=tuple(document.id for document in own))
    turns = visit.request.app.state.exports
    pieces = exported(visit.service, turns, visit.principal, chosen, name, sheet)
    part = f"-{sheet}" if found.has_sheets else ""
    return Streamed(pieces, found.media, attachment(f"documents{part}.{found.ending}"))


def _read_again(visit: Visit, form: Form, ids: tuple[str, ...]) -> Response:
    count = selection.read_again(visit.service, visit.principal, ids)
    note = Note("read_again", {"count": count}) if count else Note("not_read_again")
    return visit.go(_back(form), note)


def _delete(visit: Visit, form: Form, ids: tuple[str, ...]) -> Response:
    if form.one("confirmed") != "yes":
        with visit.service.database.read() as session:
            own = selection.allowed(session, visit.principal, "admin", ids)
            chosen = [row_of(document) for document in own]
        return visit.render("archive/delete.html", chosen=chosen, back=_back(form))
    count = selection.delete(visit.service, visit.principal, ids)
    return visit.go(_back(form), Note("deleted", {"count": count}))


ACTIONS: dict[str, Callable[[Visit, Form, tuple[str, ...]], Response]] = {
    "export": _export,
    "read_again": _read_again,
    "delete": _delete,
}
