"""What holds for every answer, whoever gives it: headers, shapes of errors, HEAD, conditions."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from service.database import now
from service.http.middleware import SAFE_HEADERS
from service.pages import statics
from service.rows import Document
from tests.example_documents import example_document
from tests.live_site import Live, live, wait_until
from tests.page_site import Site
from tests.serving import POSTGRESQL, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.streams import Sink

HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An archive with a document."""
    found = Site(tmp_path_factory.mktemp("data"), no_auth=True, rate_limit="400/minute")
    project = found.project("archive")
    found.document(project, "a.pdf", example_document())
    return found


@pytest.fixture(scope="module")
def served(site: Site) -> Iterator[Live]:
    """The same behind a real server."""
    with live(site) as found:
        yield found


def first(served: Live) -> str:
    """The address of the document."""
    with served.client() as client:
        return f"/api/v1/documents/{client.get('/api/v1/documents').json()['items'][0]['id']}"


@pytest.mark.parametrize(("accept", "media"), [(HTML, "text/html"), (JSON, "application/problem")])
def test_a_fault_of_the_program_is_answered_as_all_else(
    served: Live, monkeypatch: pytest.MonkeyPatch, accept: dict[str, str], media: str
) -> None:
    """With the headers that keep browsers safe, and the id that stands in the log."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("service.http.health.is_current", fail)
    monkeypatch.setattr("service.repository.documents.listed", fail)
    with served.client(**{"X-Request-ID": "r-7"}) as client:
        for path in ("/readyz", "/api/v1/documents"):
            answer = client.get(path, headers=accept)
            assert answer.status_code == 500
            assert answer.headers["x-request-id"] == "r-7"
            assert SAFE_HEADERS.items() <= dict(answer.headers).items()
            assert answer.headers["cache-control"] == "no-store"
            assert "secret" not in answer.text
            wanted = media if path == "/readyz" else "application/problem"
            assert answer.headers["content-type"].startswith(wanted)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/static/nothing.css", 404), ("PUT", "/archive", 405), ("POST", "/static/app.js", 405),
     ("GET", "/nowhere", 404), ("GET", "/archive?q=%00", 400), ("GET", "/static/%00", 400)],
)  # fmt: skip
def test_errors_outside_of_the_api_are_pages_for_browsers(
    served: Live, method: str, path: str, status: int
) -> None:
    """And problem documents for programs that do not want pages, but for addresses of pages."""
    with served.client() as client:
        page = client.request(method, path, headers=HTML)
        assert (page.status_code, page.headers["content-type"]) == (
            status, "text/html; charset=utf-8"
        )  # fmt: skip
        assert "<h1>" in page.text
        answer = client.request(method, path, headers=JSON)
        assert answer.status_code == status
        if path != "/nowhere":
            assert answer.json()["status"] == status


def test_large_forms_are_refused_as_pages(served: Live) -> None:
    """A selection of a whole archive is let through, more than that has a page that says so."""
    headers = HTML | {"Content-Type": "application/x-www-form-urlencoded"}
    with served.client() as client:
        fits = client.post("/archive/selection", content=b"a" * 1_900_000, headers=headers)
        assert fits.status_code == 303, "nothing was chosen in it, but it was read"
        large = client.post("/archive/selection", content=b"a" * 3_000_000, headers=headers)
        assert large.status_code == 413
        assert "This is too much" in large.text
        api = client.post("/api/v1/projects", content=b"a" * 1_900_000, headers=headers)
        assert (api.status_code, api.json()["code"]) == (413, "too_large")


def test_other_hosts_and_too_many_requests_are_told_as_pages(tmp_path: Path) -> None:
    """To those who look at pages."""
    site = Site(tmp_path, no_auth=True, rate_limit="3/minute")
    with live(site) as served, served.client() as client:
        foreign = client.get("/archive", headers=HTML | {"Host": "evil.example"})
        assert (foreign.status_code, "<h1>" in foreign.text) == (403, True)
        answers = [client.get("/archive", headers=HTML) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert "<h1>These are too many requests</h1>" in answers[3].text
        assert int(answers[3].headers["retry-after"]) > 0
        api = client.get("/api/v1/documents", headers=HTML)
        assert (api.status_code, api.json()["code"]) == (429, "rate")
        assert client.get("/healthz").status_code == 200


def test_a_host_that_is_none_is_refused(served: Live) -> None:
    """Not a fault of the program, whatever stands there."""
    for host in ("[::1", "a b", "[x]:1", "localhost:99999999", "@", ""):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            lines = f"GET /archive HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(lines.encode())
            status = connection.recv(12)
            assert status[9:10] in (b"2", b"4"), (host, status)


def test_head_has_the_headers_of_get(served: Live) -> None:
    """On every kind of address, and nothing else: the connection can be used on."""
    base = first(served)
    paths = [
        "/healthz", "/readyz", "/archive", "/nowhere", statics.address("app.js"),
        "/api/v1/documents", base, f"{base}/result", f"{base}/original", f"{base}/export",
        f"{base}/pages/1/picture", "/api/v1/export?format=xlsx", "/api/v1/documents/nothing",
        "/api/v1/openapi.json",
    ]  # fmt: skip
    left_out = {"date", "x-request-id", "transfer-encoding"}
    with served.client() as client:
        for path in paths:
            get, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (get.status_code, b""), path
            told = {k: v for k, v in head.headers.items() if k not in left_out}
            assert told == {k: v for k, v in get.headers.items() if k not in left_out}, path
        assert client.head("/api/v1/events").status_code == 200
        assert client.head("/api/v1/documents/x/read").status_code == 405
        assert client.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("given", ["W/{}", '"x", W/{}', '"x",{}', "*"])
def test_what_is_there_already_is_not_sent_again(served: Live, given: str) -> None:
    """By any form of If-None-Match."""
    base = first(served)
    with served.client() as client:
        for path in (f"{base}/result", f"{base}/pages/1/picture"):
            tag = client.get(path).headers["etag"]
            again = client.get(path, headers={"If-None-Match": given.format(tag)})
            assert (again.status_code, again.content) == (304, b""), (path, given)
            other = client.get(path, headers={"If-None-Match": given.format('"y"')})
            assert other.status_code == (304 if given == "*" else 200)


def test_a_store_that_fails_is_told(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """As something that passes; what is lost is told as lost."""

    def fail(*_: object) -> None:
        raise ConnectionError("secret")

    base = first(served)
    store = "service.store.Store"
    with served.client() as client:
        monkeypatch.setattr(f"{store}.read", fail)
        monkeypatch.setattr(f"{store}.put_bytes", fail)
        monkeypatch.setattr(f"{store}.open", fail)
        for path in ("result", "original", "export?format=csv", "pages/1/picture"):
            answer = client.get(f"{base}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (503, "store"), path
            assert answer.headers["retry-after"] == "5"
            assert "secret" not in answer.text
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        page = client.get(base.removeprefix("/api/v1"), headers=HTML)
        assert (page.status_code, "The files cannot be reached" in page.text) == (503, True)


def test_tokens_that_are_made_up_have_no_limit_of_their_own(tmp_path: Path) -> None:
    """Who sends another one each time is stopped by the address; limits are not the service."""
    site = Site(tmp_path, rate_limit="3/minute")
    with live(site) as served, served.client() as client:
        headers = [{"Authorization": f"Bearer ext_{number}"} for number in range(31)]
        statuses = [client.get("/api/v1/me", headers=one).status_code for one in headers]
        assert statuses == [401] * 30 + [429]


def test_limits_that_cannot_be_counted_stop_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """There is a line in the log."""
    site = Site(tmp_path, no_auth=True, rate_storage="redis://127.0.0.1:1")
    with live(site) as served, served.client() as client:
        assert client.get("/api/v1/documents").status_code == 200
    assert "the limits cannot be counted" in caplog.text


@pytest.mark.parametrize("path", ["/api/v1/projects", "/archive/selection"])
def test_bodies_that_do_not_go_on_are_not_waited_for(
    served: Live, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Neither those of programs nor those of pages; streams go on for as long as they like."""
    monkeypatch.setattr("service.http.middleware.WHOLE_S", 0.5)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    kind = "json" if path.startswith("/api") else "x-www-form-urlencoded"
    head += f"Content-Type: application/{kind}\r\n\r\nab"
    with served.client() as client, client.stream("GET", "/api/v1/events") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
            connection.sendall(head.encode())
            assert connection.recv(12) == b"HTTP/1.1 408"
            while connection.recv(10_000):
                pass  # it is closed
        with served.site.service.database.write() as session:
            session.execute(sa.update(Document).values(updated_at=now()))
        assert next(line for line in lines if line.startswith("data:"))


def test_who_leaves_is_logged_as_gone(
    served: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And not as a fault of the program."""
    caplog.set_level("INFO")
    begun = threading.Event()

    def write(_: object, __: str, ___: str, sink: Sink) -> None:
        begun.set()
        while True:  # until its reader has gone
            sink.check()
            time.sleep(0.02)

    monkeypatch.setattr("service.exports.written", write)
    with served.connect("GET /api/v1/export"):
        assert begun.wait(10)
    wait_until(lambda: 499 in [getattr(record, "status", 0) for record in caplog.records])
    assert "ERROR" not in [record.levelname for record in caplog.records]


def test_a_database_that_goes_away_is_told(tmp_path: Path) -> None:
    """By every route, as something that passes."""
    with (
        server(tmp_path, "postgresql", "--no-auth", workers="0") as running,
        running.client() as client,
    ):
        assert client.get("/readyz").status_code == 200
        url = running.environment["EXTRACTOR_DATABASE_URL"]
        with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
            name = url.rpartition("/")[2]
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
        assert client.get("/readyz").json()["code"] == "not_ready"
        assert client.get("/healthz").status_code == 200
        for path in ("/api/v1/documents", "/api/v1/export", "/metrics", "/api/v1/events"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "database"), path
        page = client.get("/archive", headers=HTML)
        assert (page.status_code, "The database does not answer" in page.text) == (503, True)
