"""What is done with several documents at once, a few with each commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import archive, erasing
from service.database import lock
from service.repository import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from service.accounts.roles import Permission, Principal
    from service.rows import Document
    from service.service import Service

TOGETHER = 20  # documents with one commit: others write in between


def allowed(
    session: Session, principal: Principal, permission: Permission, ids: Sequence[str]
) -> tuple[Document, ...]:
    """Those of the documents that are there and that the principal may do that with."""
    found = (documents.by_id(session, document_id) for document_id in dict.fromkeys(ids))
    return tuple(d for d in found if d is not None and principal.may(permission, d.project_id))


def read_again(service: Service, principal: Principal, ids: Sequence[str]) -> int:
    """Has documents read again; gives how many. Those that are being read are left alone."""

    def one(session: Session, document: Document) -> bool:
        return archive.read_again(service, session, document, principal.name)

    return _each(service, principal, "upload", ids, one)


def delete(service: Service, principal: Principal, ids: Sequence[str]) -> int:
    """Deletes documents for good, with their results and pictures; gives how many."""

    keys: list[str] = []

    def one(session: Session, document: Document) -> bool:
        keys.extend(archive.delete(service, session, document, principal.name))
        return True

    count = _each(service, principal, "admin", ids, one)
    erasing.erase_now(service, keys)
    return count


def _each(
    service: Service,
    principal: Principal,
    permission: Permission,
    ids: Sequence[str],
    work: Callable[[Session, Document], bool],
) -> int:
    done = 0
    for start in range(0, len(ids), TOGETHER):
        with service.database.write() as session:
            chosen = allowed(session, principal, permission, ids[start : start + TOGETHER])
            lock(session, *(document.sha256 for document in chosen))
            done += sum([_done(work, session, document) for document in chosen])
    return done


def _done(work: Callable[[Session, Document], bool], session: Session, document: Document) -> bool:
    try:
        return work(session, document)
    except archive.GoneError:
        return False
