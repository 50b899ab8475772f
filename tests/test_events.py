"""Streams of events: for those alone who may still see, for as long as they may."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service.accounts import logins
from service.accounts.roles import Principal
from service.database import now
from service.http.access import COOKIE
from service.repository import accounts
from service.rows import Document, Login, Membership, Token, User
from tests.live_site import Live, live, wait_until
from tests.page_site import PASSWORD, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from sqlalchemy.orm import Session

HOUR = timedelta(hours=1)
ENDINGS: dict[str, Callable[[Session], object]] = {
    "the login ends": lambda s: s.execute(sa.delete(Login)),
    "the login expires": lambda s: s.execute(sa.update(Login).values(expires_at=now())),
    "the token is removed": lambda s: s.execute(sa.delete(Token)),
    "the token expires": lambda s: s.execute(sa.update(Token).values(expires_at=now())),
    "the role is taken": lambda s: s.execute(sa.delete(Membership)),
    "the user is barred": lambda s: s.execute(sa.update(User).values(disabled_at=now())),
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Live]:
    """A project of anna's with a document."""
    site = Site(tmp_path)
    project = site.project("own")
    site.user("anna", {project: "uploader"})
    site.document(project, "a.pdf")
    with live(site) as found:
        yield found


def logged_in(served: Live, *, by_token: bool) -> httpx.Client:
    """A client of anna's."""
    if not by_token:
        with served.client() as client:
            form = {"name": "anna", "password": PASSWORD}
            assert client.post("/login", data=form).status_code == 303
            return served.client(Cookie=f"{COOKIE}={client.cookies[COOKIE]}")
    with served.site.service.database.write() as session:
        user = accounts.by_name(session, "anna")
        assert user is not None
        own = Principal(user.id, "anna")
        expires = served.site.service.database.now() + HOUR
        secret = logins.issue_token(session, own, "t", ["read"], None, expires).secret
    return served.client(Authorization=f"Bearer {secret}")


def change(served: Live, name: str) -> None:
    """Something happens to the document."""
    with served.site.service.database.write() as session:
        session.execute(sa.update(Document).values(name=name, updated_at=now()))


def do(served: Live, ending: str) -> None:
    """Ends an access."""
    with served.site.service.database.write() as session:
        ENDINGS[ending](session)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stream_ends_with_the_access(
    served: Live, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Within seconds, though nothing happens."""
    monkeypatch.setattr("service.events.RECHECK_S", 0.5)
    with (
        logged_in(served, by_token="token" in ending) as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        do(served, ending)
        assert not any("data:" in line for line in lines), "it ended"
        assert client.get("/api/v1/events?project=own").status_code in (401, 404)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_told_after_the_access_has_ended(served: Live, ending: str) -> None:
    """Not even within these seconds."""
    with (
        logged_in(served, by_token="token" in ending) as client,
        client.stream("GET", "/api/v1/events?project=own") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        do(served, ending)
        change(served, "secret.pdf")
        assert "secret.pdf" not in "".join(lines)


def test_a_stream_does_not_keep_a_login_alive(
    served: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is left open is no use of it."""
    monkeypatch.setattr("service.events.RECHECK_S", 0.1)
    with (
        logged_in(served, by_token=False) as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        database = served.site.service.database
        with database.write() as session:
            session.execute(sa.update(Login).values(seen_at=database.now() - HOUR))
        change(served, "b.pdf")
        assert next(line for line in lines if "b.pdf" in line)
        with database.read() as session:
            seen = session.execute(sa.select(Login.seen_at)).scalar_one()
        assert database.now() - seen > HOUR / 2


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "0001-01-01", "9999-12-31T23:59:59-14:00", "x", "-1", "",
     "2026-11-23T00:00:00+25:00", "٢٠٢٦-01-01"],
)  # fmt: skip
def test_a_moment_that_is_none_is_refused(served: Live, moment: str) -> None:
    """It is not a fault of the program."""
    with logged_in(served, by_token=True) as client:
        headers = {b"Last-Event-ID": moment.encode()}
        with client.stream("GET", "/api/v1/events", headers=headers) as answer:
            answer.read()
            assert (answer.status_code, answer.json()["code"]) == (400, "request")


def test_streams_have_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused; one that ends makes room."""
    monkeypatch.setattr("service.events.OF_ONE", 2)
    site = Site(tmp_path)
    project = site.project("own")
    site.user("anna", {project: "uploader"})
    with live(site) as served, logged_in(served, by_token=True) as client:
        with ExitStack() as streams:
            for _ in range(2):
                stream = streams.enter_context(client.stream("GET", "/api/v1/events"))
                assert stream.status_code == 200
            answer = client.get("/api/v1/events")
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        wait_until(lambda: site.app.state.streams._held.total() == 0)
        with client.stream("GET", "/api/v1/events") as stream:
            assert stream.status_code == 200


def test_a_database_that_fails_ends_a_stream_quietly(
    served: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who follows asks again; the log has a line."""

    def fail(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception())

    with (
        logged_in(served, by_token=True) as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        monkeypatch.setattr("service.events.documents.changed", fail)
        assert not any("data:" in line for line in lines)
    assert "a stream of events ended: OperationalError" in caplog.text
    assert "Traceback" not in caplog.text
