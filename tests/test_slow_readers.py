"""Readers who take their time, or go: others get their answers, and what was held comes back."""

from __future__ import annotations

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service.rows import Run
from service.store import Store
from tests.example_documents import example_document
from tests.live_site import Live, live, wait_until
from tests.page_site import Site

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS, CHARACTERS = 24, 400_000
EXPORT = "GET /api/v1/export?format=json"


@contextmanager
def served(folder: Path) -> Iterator[Live]:
    """An archive whose export is far larger than what lies between a server and a reader."""
    site = Site(folder, no_auth=True)
    project = site.project("archive")
    plain = example_document()
    for number in range(DOCUMENTS):
        section = replace(plain.sections[0], paragraphs=(f"{number}" + "x" * CHARACTERS,))
        site.document(project, f"{number}.pdf", replace(plain, sections=(section,)))
    words = site.service.store.put_bytes(gzip.compress(b"[]"))
    with site.service.database.write() as session:
        session.execute(sa.update(Run).values(words=words))
    with live(site) as found:
        yield found


def begun(found: Live, request: str = EXPORT) -> socket.socket:
    """A reader who has taken the beginning of an answer."""
    connection = found.connect(request)
    assert connection.recv(64).startswith(b"HTTP/1.1 200")
    return connection


def held(found: Live) -> int:
    """How many exports are under way."""
    return sum(found.site.app.state.exports._held.values())


def test_readers_who_stall_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are answered meanwhile; exports beyond a bound are asked to come again."""
    monkeypatch.setattr("service.exports.WAIT_S", 0.5)
    with served(tmp_path) as found, ExitStack() as readers, found.client() as client:
        for _ in range(4):
            readers.enter_context(begun(found))
        assert held(found) == 4
        with ThreadPoolExecutor(20) as pool:
            export = "/api/v1/export?format=json"
            answers = [pool.submit(client.get, export) for _ in range(20)]
            assert client.get("/healthz", timeout=2).status_code == 200
            assert client.get("/api/v1/documents", timeout=2).status_code == 200
            refused = [answer.result() for answer in answers]
        assert {answer.status_code for answer in refused} == {503}
        assert refused[0].json()["code"] == "overloaded"
        assert refused[0].headers["retry-after"] == "10"


def test_a_stalled_export_holds_no_connection_and_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread ends too, and the answer is cut off for the reader to see."""
    monkeypatch.setattr("service.streams.STALL_S", 1.0)
    with served(tmp_path) as found, begun(found) as reader:
        wait_until(lambda: found.connections() == 0, 0.9)
        assert held(found) == 1
        assert wait_until(lambda: held(found) == 0) < 5
        taken = b""
        while piece := reader.recv(1_000_000):
            taken += piece
        assert not taken.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("form", ["xlsx", "pdf"])
def test_what_is_long_in_the_making_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """More of them than there are threads that answer, and a look at a list is answered at once."""
    goes_on = threading.Event()
    plain = Store.read

    def slow(store: Store, key: str) -> bytes:
        goes_on.wait(20)
        return plain(store, key)

    monkeypatch.setattr("service.exports.WAIT_S", 0.5)
    monkeypatch.setattr("service.conversion.WAIT_S", 0.5)
    with served(tmp_path) as found, ThreadPoolExecutor(20) as pool, found.client() as client:
        item = client.get("/api/v1/documents?limit=1").json()["items"][0]
        monkeypatch.setattr(Store, "read", slow)
        place = f"/api/v1/documents/{item['id']}/export?format={form}"
        answers = [pool.submit(client.get, place) for _ in range(20)]
        try:
            wait_until(lambda: sum(answer.done() for answer in answers) >= 12)
            assert client.get("/healthz", timeout=2).status_code == 200
            assert client.get("/api/v1/documents", timeout=2).status_code == 200
        finally:
            goes_on.set()
        statuses = [answer.result().status_code for answer in answers]
        assert statuses.count(503) >= 12


@pytest.mark.parametrize("request_line", [EXPORT, "GET /api/v1/export?format=xlsx"])
def test_what_nobody_waits_for_ends(tmp_path: Path, request_line: str) -> None:
    """Also where nothing has been sent yet: a workbook is written before its first byte."""
    with served(tmp_path) as found:
        with found.connect(request_line):
            wait_until(lambda: held(found) == 1)
        assert wait_until(lambda: held(found) == 0) < 5
        wait_until(lambda: found.connections() == 0)


def sleepy(*_: object) -> None:
    """Stands for a file that takes very long; runs in the process of the converter."""
    time.sleep(60)


@pytest.mark.slow
def test_a_conversion_that_nobody_waits_for_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process with it, so that the next one has its turn."""
    with served(tmp_path) as found, found.client() as client:
        item = client.get("/api/v1/documents?limit=1").json()["items"][0]
        place = f"/api/v1/documents/{item['id']}/export?format=pdf"
        turns, lock = found.site.app.state.conversions, found.site.app.state.converter._turn
        with monkeypatch.context() as patch:
            patch.setattr("service.conversion.make", sleepy)
            with found.connect(f"GET {place}"):
                wait_until(lock.locked)
                time.sleep(1)  # its process has begun, or is about to
                with found.connect(f"GET {place}"):  # waits for the one before
                    wait_until(lambda: turns._held.total() == 2)
                assert wait_until(lambda: turns._held.total() == 1) < 5
            assert wait_until(lambda: turns._held.total() == 0) < 5
        answer = client.get(place)
        assert (answer.status_code, answer.content[:4]) == (200, b"%PDF"), "the next has its turn"


def test_a_slow_export_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents that are deleted or read anew meanwhile are left out, not an error."""
    monkeypatch.setattr("service.repository.documents.BATCH", 10)
    with served(tmp_path) as found, begun(found) as reader, found.client() as client:
        items = client.get("/api/v1/documents?limit=500").json()["items"]
        for item in items[:5]:  # the newest: they come last
            assert client.delete(f"/api/v1/documents/{item['id']}").status_code == 204
        taken = b""
        while not taken.endswith(b"0\r\n\r\n"):
            piece = reader.recv(1_000_000)
            assert piece, "it broke off"
            taken = taken[-10_000_000:] + piece
        assert b"23xxx" not in taken
        assert b"18xxx" in taken


def test_a_lost_original_is_no_broken_download(tmp_path: Path) -> None:
    """The answer says so, before any header of a file was sent."""
    with served(tmp_path) as found, found.client() as client:
        item = client.get("/api/v1/documents?limit=1").json()["items"][0]
        store = found.site.service.store
        place = f"/api/v1/documents/{item['id']}/original"
        whole = client.get(place)
        assert len(whole.content) == int(whole.headers["content-length"]) == item["size"]
        store.delete(item["sha256"])
        answer = client.get(place)
        assert (answer.status_code, answer.json()["code"]) == (404, "missing")


def test_a_pool_without_connections_is_a_database_that_does_not_answer(tmp_path: Path) -> None:
    """And not a fault of the program."""
    with served(tmp_path) as found, ExitStack() as taken, found.client() as client:
        engine = found.site.service.database.engines[0]
        engine.pool._timeout = 0.2  # type: ignore[attr-defined]
        for _ in range(engine.pool.size() + engine.pool._max_overflow):  # type: ignore[attr-defined]
            taken.enter_context(engine.connect())
        answer = client.get("/api/v1/documents")
        assert (answer.status_code, answer.json()["code"]) == (503, "database")
