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


def queue(session: Session, webhook_id: str, event: str, body: str, delivery_id: str) -> None:
    """A delivery that is to be made."""
    session.add(Delivery(id=delivery_id, webhook_id=webhook_id, event=event, body=body))
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


def settle(
    session: Session, delivery_id: str, state: str, status: int | None, error: str | None
) -> None:
    """Notes how a call went."""
    ended = {} if state == "queued" else {"finished_at": now()}
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=state, status=status, error=error, attempts=Delivery.attempts + 1, **ended)
    )


def remove(session: Session, webhook: Webhook) -> None:
    """Removes a webhook and its deliveries."""
    session.execute(sa.delete(Delivery).where(Delivery.webhook_id == webhook.id))
    session.delete(webhook)
    session.flush()
