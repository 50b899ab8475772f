"""Administration of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Response  # noqa: TC002  read by FastAPI

from service import administration
from service.api.schemas import ProjectChange, ProjectIn
from service.http.problems import not_found
from service.intake.limits import GIB
from service.pages.forms import (
    FIELDS,
    GUARDED,
    REFUSED,
    Form,
    FormError,
    Posted,
    checked,
    refusal_of,
)
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.visits import FOR_ADMINISTRATORS, Visit, Visiting
from service.repository import accounts, documents

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.rows import Project

router = page_router("/administration/projects", FOR_ADMINISTRATORS)

HERE = "/administration/projects"


@router.get("")
def projects_page(visit: Visiting) -> Response:
    """All projects with what they hold, and the form for a new one."""
    return _page(visit)


def _page(visit: Visit, error: str | None = None, status: int = 200, name: str = "") -> Response:
    with visit.service.database.read() as session:
        found = [(p, *documents.used(session, p.id)) for p in accounts.projects(session)]
        session.expunge_all()
    return visit.render(
        "administration/projects.html", status, found=found, error=error, given_name=name
    )


@router.post("")
def make_project(visit: Visiting, form: Posted) -> Response:
    """Makes a project."""
    try:
        given = checked(ProjectIn, name=form.one("name"))
        with visit.service.database.write() as session:
            administration.add_project(session, visit.principal.name, given.name)
    except REFUSED as error:
        return _page(visit, *refusal_of(error), name=form.one("name"))
    return visit.go(HERE, Note("project_made"))


@router.get("/{project_id}")
def project_page(visit: Visiting, project_id: str) -> Response:
    """One project, and what can be changed."""
    return _project_page(visit, project_id)


def _project_page(
    visit: Visit, project_id: str, error: str | None = None, status: int = 200
) -> Response:
    with visit.service.database.read() as session:
        project = _project(session, project_id)
        count, size = documents.used(session, project_id)
        session.expunge_all()
    gib = None if project.max_bytes is None else f"{project.max_bytes / GIB:g}"
    return visit.render(
        "administration/project.html", status, project=project, count=count, used=size, gib=gib,
        error=error,
    )  # fmt: skip


def _project(session: Session, project_id: str) -> Project:
    project = accounts.project(session, project_id)
    if project is None:
        raise not_found("project")
    return project


@router.post("/{project_id}")
def change_project(visit: Visiting, project_id: str, form: Posted) -> Response:
    """Renames a project, sets how long documents are kept and how much it may hold."""
    try:
        given = checked(ProjectChange, **_changes(form))
        with visit.service.database.write() as session:
            project = _project(session, project_id)
            changes = given.model_dump(exclude_unset=True)
            administration.change_project(session, visit.principal.name, project, changes)
    except REFUSED as error:
        return _project_page(visit, project_id, *refusal_of(error))
    return visit.go(HERE, Note("project_changed"))


def _changes(form: Form) -> dict[str, Any]:
    return {
        "name": form.one("name"),
        "retention_days": form.one("retention_days") or None,
        "max_documents": form.one("max_documents") or None,
        "max_bytes": _bytes(form.one("max_gib")),
    }


def _bytes(gib: str) -> int | None:
    """A number of GiB as bytes. Raises FormError."""
    if not gib:
        return None
    try:
        return round(float(gib) * GIB)
    except (ValueError, OverflowError):
        raise FormError(FIELDS["max_bytes"]) from None


@router.post("/{project_id}/remove", dependencies=GUARDED)
def remove_project(visit: Visiting, project_id: str) -> Response:
    """Removes an empty project."""
    try:
        with visit.service.database.write() as session:
            project = _project(session, project_id)
            administration.remove_project(session, visit.principal.name, project)
    except REFUSED as error:
        return _project_page(visit, project_id, *refusal_of(error))
    return visit.go(HERE, Note("project_removed"))
