"""Rows that nobody needs after a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import before, now
from service.rows import Delivery, Idempotent, Login, Token

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DELIVERIES = timedelta(days=30)
ANSWERS = timedelta(days=1)


def forget_old(session: Session) -> None:
    """Removes logins and tokens that have ended, old deliveries and answers."""
    session.execute(sa.delete(Login).where(Login.expires_at < now()))
    session.execute(sa.delete(Token).where(Token.expires_at < now()))
    old = Delivery.state != "queued", Delivery.created_at < before(DELIVERIES)
    session.execute(sa.delete(Delivery).where(*old))
    session.execute(sa.delete(Idempotent).where(Idempotent.created_at < before(ANSWERS)))
