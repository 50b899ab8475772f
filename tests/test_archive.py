"""Taking in and deleting, with others who do the same at this moment; on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service import archive, erasing, selection
from service.accounts import first
from service.accounts.roles import LOCAL
from service.intake.multipart import Upload
from service.intake.staging import Staging
from service.repository import accounts, audit, documents, erasures
from service.repository.documents import Filter
from service.uploads import Outcome, take_in
from tests.opened import empty
from tests.serving import BACKENDS, pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.rows import Project
    from service.service import Service

BY = archive.Uploader("wang", None)


@pytest.fixture(params=BACKENDS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service on a new database, with a project and without a server."""
    with empty(request.param, tmp_path) as opened:
        first.prepare(opened)
        yield opened


def project_of(service: Service) -> Project:
    """The project that is there from the start."""
    with service.database.read() as session:
        (project,) = accounts.projects(session)
        session.expunge(project)
        return project


def taken(service: Service, *contents: bytes) -> list[Outcome]:
    """What becomes of files that are uploaded together."""
    with Staging(service.settings.staging).batch() as batch:
        staged = []
        for number, content in enumerate(contents):
            sink = batch.create()
            sink.write(content)
            staged.append(sink.settle(f"{number}.pdf"))
        return take_in(service, project_of(service), Upload(tuple(staged), batch), BY, None)


def at_once(works: Sequence[Callable[[], object]]) -> None:
    """Does all in threads of their own, from the same moment on."""
    start = threading.Barrier(len(works))

    def one(work: Callable[[], object]) -> object:
        start.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(one, work) for work in works]:
            done.result(timeout=60)


def files_of(service: Service) -> set[str]:
    """The keys of what lies in the store."""
    return set(service.store)


def test_a_quota_holds_for_many_at_once(service: Service) -> None:
    """Each would have found room where it looked; what was refused is not kept."""
    with service.database.write() as session:
        (project,) = accounts.projects(session)
        project.max_documents = 3
    outcomes: list[Outcome] = []

    def one(content: bytes) -> None:
        outcomes.extend(taken(service, content))

    at_once([partial(one, pdf(f"ok 1#{number}")) for number in range(8)])
    assert sorted(outcome.status for outcome in outcomes) == ["created"] * 3 + ["refused"] * 5
    assert {o.refusal.reason for o in outcomes if o.refusal} == {"quota_documents"}
    erasing.erase(service)
    assert files_of(service) == {o.document.sha256 for o in outcomes if o.document}


def test_a_file_that_is_cut_off_in_the_store_is_put_in_anew(service: Service) -> None:
    """As a power cut leaves it where a disk does not keep its word."""
    (outcome,) = taken(service, pdf("ok 1"))
    assert outcome.document is not None
    path = service.store.path(outcome.document.sha256)
    assert path is not None
    path.write_bytes(b"%PDF")
    assert [again.status for again in taken(service, pdf("ok 1"))] == ["duplicate"]
    assert path.read_bytes() == pdf("ok 1")


def test_many_who_delete_at_once_do_not_wait_for_each_other(service: Service) -> None:
    """Whatever order they name the documents in; the log has each deletion once and is whole."""
    contents = [pdf(f"ok 1#{number}") for number in range(20)]
    ids = [o.document.id for o in taken(service, *contents) if o.document is not None]
    counts: list[int] = []

    def one(step: int) -> None:
        counts.append(selection.delete(service, LOCAL, ids[step:] + ids[:step]))

    at_once([partial(one, step) for step in range(0, 20, 5)])
    assert sum(counts) == len(ids)
    assert files_of(service) == set()
    with service.database.read() as session:
        verdict = audit.verify(session)
        assert verdict.broken is None
        actions = [row.action for row in audit.walked(session)]
        assert actions.count("document.delete") == len(ids)
        assert documents.count(session, Filter((project_of(service).id,))) == 0


def test_a_file_that_cannot_be_removed_does_not_keep_others(service: Service) -> None:
    """It stays noted, and is removed as soon as that can be done."""
    outcomes = taken(service, pdf("ok 1#a"), pdf("ok 1#b"))
    keys = sorted(o.document.sha256 for o in outcomes if o.document is not None)
    blocked = service.store.path(keys[0])
    assert blocked is not None
    blocked.unlink()
    blocked.mkdir()  # a folder cannot be removed as a file
    ids = [o.document.id for o in outcomes if o.document is not None]
    assert selection.delete(service, LOCAL, ids) == 2
    assert not service.store.has(keys[1])
    with service.database.read() as session:
        assert [key for key, _ in erasures.noted(session)] == [keys[0]]
    blocked.rmdir()
    erasing.erase(service)
    with service.database.read() as session:
        assert erasures.noted(session) == ()


def test_what_is_swept_while_it_is_taken_in_is_put_in_again(service: Service) -> None:
    """The file is in the store before its row: to others it looks left over."""
    put = service.store.put
    swept: list[int] = []

    def put_and_sweep(source: Path, key: str) -> None:
        put(source, key)
        if not swept:
            swept.append(erasing.sweep(service))

    service.store.put = put_and_sweep  # type: ignore[method-assign]
    (outcome,) = taken(service, pdf("ok 1"))
    assert swept == [1]
    assert outcome.document is not None
    assert service.store.read(outcome.document.sha256) == pdf("ok 1")


def test_the_project_may_be_gone(service: Service) -> None:
    """Somebody has deleted it while the file came in."""
    gone = project_of(service)
    with service.database.write() as session:
        session.execute(sa.text("DELETE FROM projects"))
    with Staging(service.settings.staging).batch() as batch:
        sink = batch.create()
        sink.write(pdf("ok 1"))
        upload = Upload((sink.settle("a.pdf"),), batch)
        with pytest.raises(archive.GoneError):
            take_in(service, gone, upload, BY, None)


def test_the_audit_log_cannot_be_emptied(service: Service) -> None:
    """By no statement of the database's."""
    taken(service, pdf("ok 1"))
    statement = "DELETE FROM audit" if service.database.is_sqlite else "TRUNCATE audit"
    with pytest.raises(sa.exc.DBAPIError), service.database.write() as session:
        session.execute(sa.text(statement))
    with service.database.read() as session:
        assert audit.verify(session).rows > 0


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_what_was_deleted_is_not_in_the_file_of_the_database(service: Service) -> None:
    """SQLite leaves deleted rows in free pages unless it is told not to."""
    (outcome,) = taken(service, pdf("ok 1"))
    assert outcome.document is not None
    name = f"geheim-{outcome.document.id}"
    with service.database.write() as session:
        session.execute(sa.text("UPDATE documents SET name = :name"), {"name": name})
    path = Path(sa.make_url(service.database.url).database or "")
    assert holds(service, path, name)
    selection.delete(service, LOCAL, [outcome.document.id])
    assert not holds(service, path, name)


def holds(service: Service, path: Path, text: str) -> bool:
    """Whether the database's file has a text, once all is written to it."""
    with service.database.engine.connect().execution_options() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    return text.encode() in path.read_bytes()
