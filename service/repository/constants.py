"""What all processes of one database have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.database import lock
from service.rows import Constant

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def agrees(session: Session, name: str, value: str) -> bool:
    """Whether a constant has that value; the first who asks sets it."""
    lock(session, f"constant {name}")
    row = session.get(Constant, name)
    if row is None:
        session.add(Constant(name=name, value=value))
    return row is None or row.value == value
