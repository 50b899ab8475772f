"""What can be done with documents: taking one in, having it read again, deleting it for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import InvalidRequestError

from service import webhooks
from service.database import lock
from service.identity import stem_of
from service.intake.limits import size_text
from service.intake.refusals import IntakeError
from service.queue import BULK, SINGLE
from service.repository import audit, documents, erasures, runs
from service.rows import Document, Run, new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.intake.staging import StagedFile
    from service.rows import Project
    from service.service import Service


class GoneError(Exception):
    """Somebody else has deleted the document, or its project, at this moment."""


class NotLockedError(Exception):
    """A password was given for a document that needs none."""


@dataclass(frozen=True, slots=True)
class Uploader:
    """Who sends: the name for the audit log, the id of a user where there is one."""

    actor: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A document that was taken in; `created` is False where the project had it already."""

    document: Document
    created: bool


def admit(
    service: Service,
    session: Session,
    project: Project,
    staged: StagedFile,
    by: Uploader,
    *,
    password: str | None = None,
    single: bool = False,
) -> Admitted:
    """Takes a staged file into a project and has it read, once for all that have this file.

    Its content is locked by this transaction. A document that the project has already stays as it
    is, but a password is tried where it needs one. Raises IntakeError where the project is full.
    """
    known = documents.by_content(session, project.id, staged.sha256)
    if known is not None:
        if password is not None and known.error_code == "encrypted":
            read_again(service, session, known, by.actor, password=password)
        return Admitted(known, created=False)
    _guard_quota(session, project, staged.size)
    keep_file(service, staged)
    run = _run(service, session, staged.sha256, password, SINGLE if single else BULK)
    document = Document(
        id=new_id(), project_id=project.id, sha256=staged.sha256, name=staged.name,
        size=staged.size, kind=staged.kind, run_id=run.id, uploaded_by=by.user_id,
    )  # fmt: skip
    runs.show(document, run)
    session.add(document)
    audit.append(session, by.actor, "document.upload", document.id, {"project": project.id})
    return Admitted(document, created=True)


def keep_file(service: Service, staged: StagedFile) -> None:
    """Has the store hold a staged file, where it does not yet."""
    if service.store.size(staged.sha256) != staged.size:
        service.store.put(staged.path, staged.sha256)


def quota_keys(project: Project) -> tuple[str, ...]:
    """What is locked beside contents: two that count at the same moment could both find room."""
    limited = project.max_documents is not None or project.max_bytes is not None
    return (f"quota {project.id}",) if limited else ()


def _guard_quota(session: Session, project: Project, size: int) -> None:
    if project.max_documents is None and project.max_bytes is None:
        return
    number, used = documents.used(session, project.id)
    if project.max_documents is not None and number >= project.max_documents:
        raise IntakeError("quota_documents", number=number)
    if project.max_bytes is not None and used + size > project.max_bytes:
        raise IntakeError("quota_bytes", left=size_text(max(project.max_bytes - used, 0)))


def _run(
    service: Service, session: Session, sha256: str, password: str | None, priority: int
) -> Run:
    """The run of a file by the present reader; a new one is queued."""
    stem = stem_of(sha256, service.reader, password, service.seal)
    return runs.latest(session, stem) or _queued(service, session, stem, sha256, password, priority)


def _queued(
    service: Service,
    session: Session,
    run_id: str,
    sha256: str,
    password: str | None,
    priority: int,
) -> Run:
    sealed = None if password is None else service.seal.close(password)
    workflow = service.queue.read(session, run_id, priority)
    run = Run(
        id=run_id, workflow=workflow, sha256=sha256, reader=service.reader, password=sealed,
        state="queued", pages_done=0,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def read_again(
    service: Service,
    session: Session,
    document: Document,
    actor: str,
    *,
    password: str | None = None,
) -> bool:
    """Has a document read again; False where it is being read at this moment.

    A result is kept until there is a new one. What another reader or password has read already is
    shown at once; only what is as it was before is really read again. Raises NotLockedError where a
    password is given for a document that is not locked and was not opened with one.
    """
    _hold(session, document)
    if document.next_id is not None or document.state in runs.OPEN:
        return False
    shown = runs.by_id(session, document.run_id)
    known = None if shown is None else shown.password
    if password is None and known is not None:
        password = service.seal.open(known)
    elif password is not None and known is None and document.error_code != "encrypted":
        raise NotLockedError
    stem = stem_of(document.sha256, service.reader, password, service.seal)
    run = runs.latest(session, stem)
    if run is None:
        run = _queued(service, session, stem, document.sha256, password, SINGLE)
    elif run.state not in runs.OPEN and (run.state == "failed" or run.id == document.run_id):
        run = _queued(
            service, session, runs.next_id(session, stem), document.sha256, password, SINGLE
        )
    _show_next(session, document, run)
    audit.append(session, actor, "document.read_again", document.id)
    return True


def _show_next(session: Session, document: Document, run: Run) -> None:
    before = document.run_id
    if document.state == "done":
        document.next_id = run.id
    else:
        document.run_id = run.id
    document.error_code = document.error = None
    runs.show(document, run)
    session.flush()
    if document.run_id != before:
        erasures.drop_run(session, before)


def _hold(session: Session, document: Document) -> None:
    """Keeps others from the document, and looks at it anew: they may have changed or deleted it."""
    lock(session, document.sha256)
    try:
        session.refresh(document)
    except InvalidRequestError:
        raise GoneError from None


def delete(service: Service, session: Session, document: Document, actor: str) -> tuple[str, ...]:
    """Deletes a document; its files go with it where no other document has them.

    Gives the keys of what may be removed once this is committed: see service.erasing.
    """
    _hold(session, document)
    webhooks.announce(service, session, document, "document.deleted")
    shown = document.run_id, document.next_id
    session.delete(document)
    session.flush()
    keys = [document.sha256]
    for run_id in filter(None, shown):
        keys += erasures.drop_run(session, run_id)
    erasures.note(session, [document.sha256])
    audit.append(session, actor, "document.delete", document.id, {"project": document.project_id})
    return tuple(keys)
