"""From staged files to documents: archives unpacked, taken in file by file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from service import archive
from service.database import lock
from service.intake.archives import Budget, expand
from service.intake.refusals import IntakeError, Refusal
from service.intake.staging import StagedFile
from service.repository import accounts, erasures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from service.archive import Uploader
    from service.intake.multipart import Upload
    from service.rows import Document, Project
    from service.service import Service

Status = Literal["created", "duplicate", "refused"]
TOGETHER = 20  # files that are taken in with one commit: each commit waits for the disk


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    status: Status
    document: Document | None = None
    refusal: Refusal | None = None


def take_in(
    service: Service, project: Project, upload: Upload, by: Uploader, password: str | None
) -> list[Outcome]:
    """Takes what was uploaded into a project; a file that is refused does not keep others out."""
    single = len(upload.files) == 1
    outcomes: list[Outcome] = []
    items = _unpacked(upload, password)
    while together := list(islice(items, TOGETHER)):
        outcomes += _together(service, project, together, by, password, single)
        for item in together:
            if isinstance(item, StagedFile):
                upload.batch.remove(item.path)
    return outcomes


def _together(
    service: Service,
    project: Project,
    items: Sequence[StagedFile | Refusal],
    by: Uploader,
    password: str | None,
    single: bool,
) -> list[Outcome]:
    staged = [item for item in items if isinstance(item, StagedFile)]
    for item in staged:  # nobody waits for a database that waits for a store
        archive.keep_file(service, item)
    with service.database.write() as session:
        _hold(session, project, staged)
        for item in staged:  # what was of no use to anybody may have been swept away meanwhile
            archive.keep_file(service, item)
        return [_taken(service, session, project, item, by, password, single) for item in items]


def _hold(session: Session, project: Project, staged: Sequence[StagedFile]) -> None:
    lock(session, *archive.quota_keys(project), *(item.sha256 for item in staged))
    if accounts.project(session, project.id) is None:
        raise archive.GoneError


def _unpacked(upload: Upload, password: str | None) -> Iterator[StagedFile | Refusal]:
    budget = Budget(upload.batch.staging.limits)
    for item in upload.files:
        if isinstance(item, Refusal) or item.kind != "zip":
            yield item
        else:
            yield from expand(item, upload.batch, password=password, budget=budget)


def _taken(
    service: Service,
    session: Session,
    project: Project,
    item: StagedFile | Refusal,
    by: Uploader,
    password: str | None,
    single: bool,
) -> Outcome:
    if isinstance(item, Refusal):
        return Outcome(item.name, "refused", refusal=item)
    try:
        admitted = archive.admit(
            service, session, project, item, by, password=password, single=single
        )
    except IntakeError as error:
        erasures.note(session, [item.sha256])
        return Outcome(item.name, "refused", refusal=error.of(item.name))
    session.flush()
    session.expunge(admitted.document)  # it is looked at after the transaction
    return Outcome(item.name, "created" if admitted.created else "duplicate", admitted.document)
