"""Administration of webhooks, also by the administrators of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002  read by FastAPI

from service import webhooks as calls
from service.api.schemas import WebhookIn
from service.http.access import one_project, require
from service.http.problems import not_found
from service.pages.forms import GUARDED, REFUSED, Posted, checked, refusal_of
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.visits import Visit, Visiting  # noqa: TC001
from service.repository import webhooks

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.rows import Project, Webhook

router = page_router("/administration/webhooks")

HERE = "/administration/webhooks"
SHOWN = 100  # deliveries


@router.get("")
def webhooks_page(visit: Visiting) -> Response:
    """The webhooks of all projects that one administers, and the form for a new one."""
    return _page(visit)


def _page(visit: Visit, error: str | None = None, status: int = 200, url: str = "") -> Response:
    own = _administered(visit)
    if not own and not visit.principal.may_everything():
        raise not_found("page")
    with visit.service.database.read() as session:
        found = webhooks.of_projects(session, [project.id for project in own])
        session.expunge_all()
    names = {project.id: project.name for project in own}
    return visit.render(
        "administration/webhooks.html", status, found=found, names=names, own=own, error=error,
        given_url=url, events=calls.EVENTS,
    )  # fmt: skip


def _administered(visit: Visit) -> list[Project]:
    return [p for p in visit.projects if visit.principal.may("admin", p.id)]


@router.post("")
def make_webhook(visit: Visiting, form: Posted) -> Response:
    """Makes a webhook; its secret is shown on the next page, once."""
    actor = visit.principal.name
    try:
        given = checked(WebhookIn, project=form.one("project"), url=form.one("url"),
                        events=list(form.every("events")))  # fmt: skip
        with visit.service.database.read() as session:
            one_project(session, visit.principal, "admin", given.project)
        url = calls.callable_url(visit.service, given.url)
        with visit.service.database.write() as session:
            project = one_project(session, visit.principal, "admin", given.project)
            row, secret = calls.subscribe(
                visit.service, session, actor, project.id, url, given.events
            )
            webhook_id = row.id
    except REFUSED as error:
        return _page(visit, *refusal_of(error), url=form.one("url"))
    return visit.go(f"{HERE}/{webhook_id}", Note("webhook_made", secret=secret))


@router.get("/{webhook_id}")
def webhook_page(visit: Visiting, webhook_id: str) -> Response:
    """One webhook, and how its calls went."""
    with visit.service.database.read() as session:
        row = _webhook(session, visit, webhook_id)
        deliveries = webhooks.deliveries(session, webhook_id, SHOWN)
        session.expunge_all()
    return visit.render("administration/webhook.html", webhook=row, deliveries=deliveries)


def _webhook(session: Session, visit: Visit, webhook_id: str) -> Webhook:
    row = webhooks.by_id(session, webhook_id)
    if row is None or not visit.principal.may("read", row.project_id):
        raise not_found("webhook")
    require(visit.principal, "admin", row.project_id)
    return row


@router.post("/{webhook_id}/remove", dependencies=GUARDED)
def remove_webhook(visit: Visiting, webhook_id: str) -> Response:
    """Ends the calls."""
    with visit.service.database.write() as session:
        row = _webhook(session, visit, webhook_id)
        calls.unsubscribe(session, visit.principal.name, row)
    return visit.go(HERE, Note("webhook_removed"))
