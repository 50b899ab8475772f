"""Webhooks and their deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import now
from service.rows import Delivery, Webhook, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def add(session: Session, project_id: str, url: str, secret: str, events: Sequence[str]) -> Webhook:
    """A new webhook; `secret` is sealed."""
    row = Webhook(
        id=new_id(), project_id=project_id, url=url, secret=secret, events=" ".join(events)
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def by_id(session: Session, webhook_id: str) -> Webhook | None:
    """A webhook."""
    return session.get(Webhook, webhook_id)


def of_projects(session: Session, projects: Sequence[str]) -> tuple[Webhook, ...]:
    """The webhooks of some projects, the oldest first."""
    query = sa.select(Webhook).where(Webhook.project_id.in_(projects)).order_by(Webhook.id)
    return tuple(session.scalars(query))


def for_event(session: Session, project_id: str, event: str) -> tuple[Webhook, ...]:
    """The webhooks of a project that want to know of an event."""
    found = of_projects(session, [project_id])
    return tuple(webhook for webhook in found if event in webhook.events.split())


def queue(
    session: Session, webhook_id: str, event: str, body: str, delivery_id: str, workflow: str
) -> None:
    """A delivery that is to be made."""
    session.add(
        Delivery(
            id=delivery_id, webhook_id=webhook_id, event=event, body=body, workflow=workflow
        )
    )  # fmt: skip
    session.flush()


def delivery(session: Session, delivery_id: str) -> tuple[Delivery, Webhook] | None:
    """A delivery with its webhook."""
    query = sa.select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id)
    row = session.execute(query.where(Delivery.id == delivery_id)).first()
    return None if row is None else (row[0], row[1])


def deliveries(session: Session, webhook_id: str, limit: int) -> tuple[Delivery, ...]:
    """The last deliveries of a webhook, the newest first."""
    query = sa.select(Delivery).where(Delivery.webhook_id == webhook_id)
    return tuple(session.scalars(query.order_by(Delivery.id.desc()).limit(limit)))


def unfinished(session: Session) -> tuple[Delivery, ...]:
    """The deliveries that have to be made yet."""
    return tuple(session.scalars(sa.select(Delivery).where(Delivery.state == "queued")))


def settle(
    session: Session,
    delivery_id: str,
    workflow: str,
    state: str,
    status: int | None,
    error: str | None = None,
) -> bool:
    """Notes how a call went; False where another workflow sees to the delivery by now."""
    ended = {} if state == "queued" else {"finished_at": now()}
    mine = Delivery.id == delivery_id, Delivery.workflow == workflow, Delivery.state == "queued"
    query = sa.update(Delivery).where(*mine)
    values = {"state": state, "status": status, "error": error} | ended
    noted = session.execute(query.values(attempts=Delivery.attempts + 1, **values))
    return bool(noted.rowcount)  # type: ignore[attr-defined]


def assign(session: Session, delivery_id: str, workflow: str) -> None:
    """Has another workflow see to a delivery."""
    query = sa.update(Delivery).where(Delivery.id == delivery_id)
    session.execute(query.values(workflow=workflow))


def remove(session: Session, webhook: Webhook) -> None:
    """Removes a webhook and its deliveries."""
    session.execute(sa.delete(Delivery).where(Delivery.webhook_id == webhook.id))
    session.delete(webhook)
    session.flush()
