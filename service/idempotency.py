"""Requests with an Idempotency-Key: the second one gets the answer of the first.

As the draft of the IETF has it (draft-ietf-httpapi-idempotency-key-header-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.rows import Idempotent

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.service import Service


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
    come at the same moment, both work: uploads are the same whoever comes first.
    """
    with service.database.read() as session:
        row = session.get(Idempotent, (owner, key))
        if row is not None:
            if row.fingerprint != fingerprint:
                raise KeyReusedError
            return Kept(row.status, row.body)
    kept = work()
    if kept.status < 400:
        _keep(service, Idempotent(
            owner=owner, key=key, fingerprint=fingerprint, status=kept.status, body=kept.body
        ))  # fmt: skip
    return kept


def _keep(service: Service, row: Idempotent) -> None:
    with service.database.write() as session:
        if session.get(Idempotent, (row.owner, row.key)) is None:
            session.add(row)
