"""Requests with an Idempotency-Key: the second one gets the answer of the first.

As the draft of the IETF has it (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import before, lock
from service.rows import Idempotent

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.service import Service


UNDER_WAY = 0  # the status of what has no answer yet
LONGEST = timedelta(minutes=10)  # then who was to answer has died


class KeyReusedError(Exception):
    """The key came before with another request."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer: its status and body."""

    status: int
    body: str


def once(
    service: Service, owner: str, key: str, fingerprint: str, work: Callable[[], Kept]
) -> Kept:
    """What `work` answered when the key came first. Raises KeyReusedError.

    Only answers that took something are kept: a request that failed may be sent again. Where two
    come at the same moment that are the same, both work: uploads are the same whoever comes first,
    and who comes again after a crash need not wait.
    """
    kept = _reserved(service, owner, key, fingerprint)
    if kept is not None:
        return kept
    try:
        kept = work()
    except BaseException:
        _settle(service, owner, key, fingerprint, None)
        raise
    _settle(service, owner, key, fingerprint, kept if kept.status < 400 else None)
    return kept


def _reserved(service: Service, owner: str, key: str, fingerprint: str) -> Kept | None:
    """The answer that is there; None where the key is this request's now."""
    with service.database.write() as session:
        lock(session, f"idempotency {owner} {key}")
        # Who died over a key does not keep it.
        lost = Idempotent.status == UNDER_WAY, Idempotent.created_at < before(LONGEST)
        session.execute(
            sa.delete(Idempotent).where(Idempotent.owner == owner, Idempotent.key == key, *lost)
        )
        row = session.get(Idempotent, (owner, key))
        if row is None:
            session.add(Idempotent(
                owner=owner, key=key, fingerprint=fingerprint, status=UNDER_WAY, body=""
            ))  # fmt: skip
            return None
        if row.fingerprint != fingerprint:
            raise KeyReusedError
        return Kept(row.status, row.body) if row.status != UNDER_WAY else None


def _settle(service: Service, owner: str, key: str, fingerprint: str, kept: Kept | None) -> None:
    with service.database.write() as session:
        lock(session, f"idempotency {owner} {key}")
        row = session.get(Idempotent, (owner, key))
        if row is not None and (row.status != UNDER_WAY or row.fingerprint != fingerprint):
            return
        if kept is not None:
            session.merge(Idempotent(
                owner=owner, key=key, fingerprint=fingerprint, status=kept.status, body=kept.body
            ))  # fmt: skip
        elif row is not None:
            session.delete(row)
