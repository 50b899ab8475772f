"""Webhooks: programs elsewhere are told what became of documents, signed and with retries.

Headers and signature follow the Standard Webhooks specification 1.0.0: HMAC-SHA256 over
"id.timestamp.body", so that a receiver knows who calls and can tell a call that is repeated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import re
import secrets
import socket
import time
from typing import TYPE_CHECKING, Literal, get_args

import httpx

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
TIMEOUT_S = 10.0
PREFIX = "whsec_"
HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:]+")  # a name or an IPv6 address


class UrlError(ValueError):
    """An address that webhooks may not call."""


def new_secret() -> str:
    """What both sides sign with."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def subscribe(
    service: Service, session: Session, actor: str, project_id: str, url: str, events: Sequence[str]
) -> tuple[Webhook, str]:
    """A new webhook, and the secret that its calls are signed with. Raises UrlError."""
    secret = new_secret()
    sealed = service.seal.close(secret)
    row = webhooks.add(session, project_id, checked_url(url), sealed, events)
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
        webhooks.queue(session, webhook.id, event, body_of(document, event), delivery_id)
        service.queue.deliver(session, delivery_id)


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


def deliver(service: Service, delivery_id: str, *, last: bool) -> bool:
    """Calls a webhook once; whether that is settled. A call that fails is noted."""
    with service.database.read() as session:
        found = webhooks.delivery(session, delivery_id)
        if found is None:
            return True  # the webhook was removed
        delivery, webhook = found
        url, secret = webhook.url, service.seal.open(webhook.secret)
    status, error = _call(service, url, secret, delivery)
    done = error is None
    state = "delivered" if done else "failed" if last else "queued"
    with service.database.write() as session:
        webhooks.settle(session, delivery_id, state, status, error)
    log.info("webhook called", extra={"delivery": delivery_id, "status": status, "state": state})
    return done


def _call(
    service: Service, url: str, secret: str, delivery: Delivery
) -> tuple[int | None, str | None]:
    headers = signed(secret, delivery.id, int(time.time()), delivery.body)
    headers["content-type"] = "application/json"
    try:
        target = httpx.URL(url)
        address = reachable(target.host, target.port, private=service.settings.webhooks_to_private)
        # By the address that was looked at: a name may lead elsewhere the next time it is asked.
        request = httpx.Request(
            "POST",
            target.copy_with(host=address),
            content=delivery.body,
            headers={"host": target.netloc.decode(), **headers},
            extensions={"sni_hostname": target.host},
        )
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.send(request, stream=True)  # what it says beside its status is not read
            answer.close()
    except (httpx.HTTPError, UrlError) as error:
        return None, str(error) or type(error).__name__
    if answer.is_success:
        return answer.status_code, None
    return answer.status_code, f"it answered {answer.status_code}"


def reachable(host: str, port: int | None, *, private: bool) -> str:
    """An address of the host that may be called.

    Raises UrlError where it has none, or leads into the own network and that is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UrlError(f"{host} is not known: {error}") from None
    addresses = [str(item[4][0]) for item in found]
    for address in addresses:
        if not private and not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise UrlError(f"{host} is in the own network, which webhooks may not call")
    return addresses[0]


def checked_url(url: str) -> str:
    """The address; raises UrlError where it is none that can be called."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlError(f"this is no address: {error}") from None
    named = HOST.fullmatch(parsed.raw_host) is not None
    if not named or parsed.scheme not in ("http", "https") or parsed.userinfo:
        raise UrlError("an address begins with https:// and has no user in it")
    return str(parsed)
