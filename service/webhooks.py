"""Webhooks: programs elsewhere are told what became of documents, signed and with retries.

Headers and signature follow the Standard Webhooks specification 1.0.0: HMAC-SHA256 over
"id.timestamp.body", so that a receiver knows who calls and can tell a call that is repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from typing import TYPE_CHECKING, Literal, get_args

from extractor.errors import OptionsError
from service import outbound
from service.outbound import UrlError as UrlError
from service.repository import audit, webhooks
from service.rows import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from service.rows import Delivery, Document, Webhook
    from service.service import Service

log = logging.getLogger(__name__)

Event = Literal["document.done", "document.failed", "document.deleted"]
EVENTS: tuple[Event, ...] = get_args(Event)
RETRIES_S = (5, 60, 300, 1800, 7200, 43200)  # pauses between the calls
LOST = "the process that was to call it died"
PREFIX = "whsec_"


def new_secret() -> str:
    """What both sides sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def callable_url(service: Service, url: str) -> str:
    """The address as it is kept; raises UrlError. It asks for names: not within a transaction."""
    return outbound.callable_url(url, private=service.settings.webhooks_to_private)


def subscribe(
    service: Service, session: Session, actor: str, project_id: str, url: str, events: Sequence[str]
) -> tuple[Webhook, str]:
    """A new webhook of an address that may be called, and the secret that calls are signed with."""
    secret = new_secret()
    sealed = service.seal.close(secret)
    row = webhooks.add(session, project_id, url, sealed, events)
    audit.append(session, actor, "webhook.create", row.id, {"project": project_id})
    return row, secret


def unsubscribe(session: Session, actor: str, webhook: Webhook) -> None:
    """Ends the calls of a webhook, also of events that happened already."""
    webhook_id = webhook.id
    webhooks.remove(session, webhook)
    audit.append(session, actor, "webhook.delete", webhook_id)


def announce(service: Service, session: Session, document: Document, event: Event) -> None:
    """Queues calls of all webhooks that want to know; made if the transaction is committed."""
    for webhook in webhooks.for_event(session, document.project_id, event):
        delivery_id = new_id()
        workflow = service.queue.deliver(session, delivery_id, webhook.id)
        body = body_of(document, event)
        webhooks.queue(session, webhook.id, event, body, delivery_id, workflow)


def body_of(document: Document, event: Event) -> str:
    """What is sent: which document, and its state; never what stands in it."""
    data = {
        "id": document.id, "project": document.project_id, "sha256": document.sha256,
        "state": document.state, "pages": document.pages, "needs_review": document.needs_review,
        "error": document.error_code,
    }  # fmt: skip
    return json.dumps({"type": event, "data": data}, separators=(",", ":"))


def signed(secret: str, delivery_id: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers that say who sent it."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{delivery_id}.{timestamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def deliver(service: Service, delivery_id: str, workflow: str) -> None:
    """Calls a webhook once, and queues the next try where that fails and may go well later.

    Nothing is done where another workflow sees to the delivery by now.
    """
    with service.database.read() as session:
        found = webhooks.delivery(session, delivery_id)
        if found is None or found[0].workflow != workflow or found[0].state != "queued":
            return  # the webhook was removed, or the call was made before its worker died
        delivery, webhook = found
    state, status, error = _call(service, webhook, delivery)
    with service.database.write() as session:
        if state == "queued":
            _try_again(service, session, delivery, status, error)
        else:
            webhooks.settle(session, delivery_id, workflow, state, status, error)
    called = {"delivery": delivery_id, "attempt": delivery.attempts + 1, "status": status}
    log.info("webhook called", extra=called | {"error": error})


def _call(
    service: Service, webhook: Webhook, delivery: Delivery
) -> tuple[str, int | None, str | None]:
    """The state of the delivery after it, the status of the answer, and what was wrong with it."""
    try:
        secret = service.seal.open(webhook.secret)
        headers = signed(secret, delivery.id, int(time.time()), delivery.body)
        headers["content-type"] = "application/json"
        private = service.settings.webhooks_to_private
        status = outbound.post(webhook.url, delivery.body, headers, private=private)
    except outbound.PrivateError as error:
        return "failed", None, str(error)
    except (outbound.CallError, UrlError, OptionsError) as error:
        return "queued", None, str(error)
    if 200 <= status < 300:
        return "delivered", status, None
    return "queued", status, f"it answered {status}"


def _try_again(
    service: Service, session: Session, delivery: Delivery, status: int | None, error: str | None
) -> bool:
    """After a pause in which nobody waits for it; whether the call still counted."""
    is_last = delivery.attempts >= len(RETRIES_S)
    state = "failed" if is_last else "queued"
    if not webhooks.settle(session, delivery.id, delivery.workflow, state, status, error):
        return False
    if not is_last:
        pause_s = RETRIES_S[delivery.attempts]
        workflow = service.queue.deliver(session, delivery.id, delivery.webhook_id, pause_s)
        webhooks.assign(session, delivery.id, workflow)
    return True


def requeue_lost(service: Service) -> int:
    """Queues deliveries anew whose workflow has ended without them; gives the number.

    It counts as a call, so that one that ends its worker each time has an end.
    """
    with service.database.read() as session:
        waiting = webhooks.unfinished(session)
    lost = service.queue.lost([delivery.workflow for delivery in waiting])
    requeued = 0
    for delivery in waiting:
        if delivery.workflow in lost:
            with service.database.write() as session:
                if _try_again(service, session, delivery, None, LOST):
                    log.error("a delivery was lost on the way", extra={"delivery": delivery.id})
                    requeued += 1
    return requeued
