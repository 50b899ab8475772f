"""The page of a document, and what is done with that document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002  read by FastAPI

from extractor.template import load_templates
from service import archive, selection
from service.http.access import one_document
from service.pages.addresses import START
from service.pages.forms import GUARDED, Posted
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.views.document import ResultView, result_view
from service.pages.views.rows import row_of
from service.pages.visits import Visit, Visiting  # noqa: TC001
from service.repository import runs
from service.results import result

if TYPE_CHECKING:
    from extractor.template import Template
    from service.rows import Document, Run

router = page_router("/documents/{document_id}")


@router.get("")
def document_page(visit: Visiting, document_id: str) -> Response:
    """A document: how far it is, and all that was read."""
    with visit.service.database.read() as session:
        document = one_document(session, visit.principal, "read", document_id)
        run = runs.by_id(session, document.run_id)
        pictures = {p.page for p in runs.pictures(session, document.run_id)}
        session.expunge_all()
    found = _result(visit, document, run, pictures)
    names = {project.id: project.name for project in visit.projects}
    may = visit.principal.may
    return visit.render(
        "document/page.html", document=document, row=row_of(document), result=found,
        may_read_again=may("upload", document.project_id),
        may_delete=may("admin", document.project_id),
        project_name=names.get(document.project_id, ""),
    )  # fmt: skip


def _result(
    visit: Visit, document: Document, run: Run | None, pictures: set[int]
) -> ResultView | None:
    if run is None or run.result is None:
        return None
    read = result(visit.service, run, document)
    return result_view(read, _template(visit, read.document.template), pictures)


def _template(visit: Visit, form: str | None) -> Template | None:
    """The form of a result, None where this program does not know it."""
    known = load_templates(visit.service.options.templates)
    return next((template for template in known if template.id == form), None)


@router.post("/read", dependencies=GUARDED)
def read_again(visit: Visiting, document_id: str) -> Response:
    """Has the document read again."""
    done = _read(visit, document_id, None)
    note = Note("read_again", {"count": 1}) if done else Note("not_read_again")
    return visit.go(f"/documents/{document_id}", note)


@router.post("/password")
def give_password(visit: Visiting, document_id: str, form: Posted) -> Response:
    """Has a locked document read with its password."""
    password = form.raw("password")[:1000]
    if not password:
        return visit.go(f"/documents/{document_id}", Note("no_password"))
    done = _read(visit, document_id, password)
    note = Note("password_given") if done else Note("not_read_again")
    return visit.go(f"/documents/{document_id}", note)


def _read(visit: Visit, document_id: str, password: str | None) -> bool:
    with visit.service.database.write() as session:
        document = one_document(session, visit.principal, "upload", document_id)
        name = visit.principal.name
        return archive.read_again(visit.service, session, document, name, password=password)


@router.get("/delete")
def confirm_delete(visit: Visiting, document_id: str) -> Response:
    """Asks whether the document is really to be deleted."""
    with visit.service.database.read() as session:
        document = one_document(session, visit.principal, "admin", document_id)
        chosen = [row_of(document)]
    return visit.render("archive/delete.html", chosen=chosen, back=START)


@router.post("/delete", dependencies=GUARDED)
def delete(visit: Visiting, document_id: str) -> Response:
    """Deletes the document for good."""
    with visit.service.database.read() as session:
        one_document(session, visit.principal, "admin", document_id)
    count = selection.delete(visit.service, visit.principal, [document_id])
    return visit.go(START, Note("deleted", {"count": count}))
