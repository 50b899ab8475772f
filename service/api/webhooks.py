"""Webhooks over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from service import webhooks as calls
from service.api.schemas import DeliveryOut, NewWebhookOut, WebhookIn, WebhookOut
from service.api.shapes import webhook_out
from service.http.access import Asking, TheService, chosen_projects, one_project, require
from service.http.problems import not_found, responses
from service.repository import webhooks

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.accounts.roles import Principal
    from service.rows import Webhook

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.get("", responses=responses())
def list_webhooks(service: TheService, asking: Asking) -> list[WebhookOut]:
    """The webhooks of all projects that you administer."""
    with service.database.read() as session:
        own = [
            project
            for project in chosen_projects(session, asking, None)
            if asking.may("admin", project)
        ]
        return [webhook_out(row) for row in webhooks.of_projects(session, own)]


@router.post("", status_code=201, responses=responses(404))
def add_webhook(service: TheService, asking: Asking, given: WebhookIn) -> NewWebhookOut:
    """Has an address called when documents are read, fail or are deleted.

    Calls are signed as the Standard Webhooks specification has it, and repeated for about fifteen
    hours until the address answers with 2xx. One that leads into the network of the service is
    refused.
    """
    with service.database.read() as session:
        one_project(session, asking, "admin", given.project)
    url = calls.callable_url(service, given.url)
    with service.database.write() as session:
        project = one_project(session, asking, "admin", given.project)
        row, secret = calls.subscribe(service, session, asking.name, project.id, url, given.events)
        return NewWebhookOut(**webhook_out(row).model_dump(), secret=secret)


@router.get("/{webhook_id}/deliveries", responses=responses(404))
def list_deliveries(service: TheService, asking: Asking, webhook_id: str) -> list[DeliveryOut]:
    """The last hundred events, and how the calls went."""
    with service.database.read() as session:
        row = _own(session, asking, webhook_id)
        found = webhooks.deliveries(session, row.id, 100)
        return [DeliveryOut.model_validate(delivery) for delivery in found]


@router.delete(
    "/{webhook_id}", status_code=204, responses=responses(404),
    response_class=Response,
)  # fmt: skip
def remove_webhook(service: TheService, asking: Asking, webhook_id: str) -> Response:
    """Ends the calls, also of events that happened already."""
    with service.database.write() as session:
        calls.unsubscribe(session, asking.name, _own(session, asking, webhook_id))
    return Response(status_code=204)


def _own(session: Session, asking: Principal, webhook_id: str) -> Webhook:
    """A webhook of a project that the principal administers; a 404 or a 403 else."""
    row = webhooks.by_id(session, webhook_id)
    if row is None or not asking.may("read", row.project_id):
        raise not_found("webhook")
    require(asking, "admin", row.project_id)
    return row
