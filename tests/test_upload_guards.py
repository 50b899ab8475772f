"""Uploads that are refused before their files come, and those that never end."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from service.accounts import logins
from service.accounts.roles import Principal
from service.repository import accounts
from tests.live_site import Live, live, wait_until
from tests.page_site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.accounts.roles import Permission

PART = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
FILE = PART.format("file", '; filename="a.pdf"') + "%PDF-1.4 "


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Two projects; anna may upload to one of them, bert is in none."""
    site = Site(tmp_path_factory.mktemp("data"))
    site.user("anna", {site.project("own"): "uploader"})
    site.user("bert")
    site.project("other")
    limits = site.app.state.staging.limits
    site.app.state.staging.limits = replace(limits, idle_s=1.0, idle_bytes=1000)
    with live(site) as found:
        yield found


def token(served: Live, name: str, scopes: Sequence[Permission] = ("read", "upload")) -> str:
    """A new token of a user."""
    with served.site.service.database.write() as session:
        user = accounts.by_name(session, name)
        assert user is not None
        own = Principal(user.id, name)
        return logins.issue_token(session, own, "t", scopes, None, None).secret


def sending(served: Live, secret: str, body: str, size: int = 10_000_000) -> socket.socket:
    """A client that has sent the beginning of a large upload."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    head = (
        "POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Length: {size}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    connection.sendall((head + body).encode())
    return connection


def answer(connection: socket.socket) -> tuple[int, str, bytes]:
    """The status, the code and the headers of what is answered."""
    taken = b""
    while b"}" not in taken:
        piece = connection.recv(10_000)
        assert piece, "it was closed"
        taken += piece
    head, _, body = taken.partition(b"\r\n\r\n")
    return int(head[9:12]), json.loads(body)["code"], head.lower()


@pytest.mark.parametrize(("name", "scopes"), [("anna", ["read"]), ("bert", ["read", "upload"])])
def test_who_may_upload_nowhere_is_told_before_the_body(
    served: Live, name: str, scopes: list[Permission]
) -> None:
    """Nothing of it has to be sent."""
    with sending(served, token(served, name, scopes), "") as connection:
        assert answer(connection)[:2] == (403, "forbidden")


@pytest.mark.parametrize("project", ["other", "nowhere"])
def test_a_wrong_project_is_told_before_the_files(served: Live, project: str) -> None:
    """Where its field comes first."""
    body = PART.format("project", "") + project + "\r\n" + FILE
    with sending(served, token(served, "anna"), body) as connection:
        assert answer(connection)[:2] == (404, "not_found")
    assert list(served.site.app.state.staging.folder.iterdir()) == []


def test_an_upload_that_stands_still_is_ended(served: Live) -> None:
    """With the status that says so, and its connection with it."""
    with sending(served, token(served, "anna"), FILE) as connection:
        status, code, head = answer(connection)
        assert (status, code) == (408, "stalled")
        assert b"connection: close" in head


def test_uploads_that_come_in_drops_hold_nobody_up(served: Live) -> None:
    """However many: they are ended, and others have their turn."""
    secret = token(served, "anna")
    with ExitStack() as stack, served.client(Authorization=f"Bearer {secret}") as client:
        slow = [stack.enter_context(sending(served, secret, FILE)) for _ in range(4)]
        started = time.monotonic()
        while time.monotonic() - started < 1.2:
            time.sleep(0.2)
            for connection in slow:
                connection.send(b"x")
        assert {answer(connection)[:2] for connection in slow} == {(408, "stalled")}
        files = {"file": ("a.pdf", b"%PDF-1.4 ok")}
        assert client.post("/api/v1/documents", files=files).status_code == 201


def test_one_user_does_not_keep_others_out(served: Live) -> None:
    """Who sends slowly, but fast enough, has only some of the turns."""
    with ExitStack() as stack, served.client() as client:
        slow = token(served, "anna")
        served.site.user("carl", {served.site.project("third"): "uploader"})
        connections = [stack.enter_context(sending(served, slow, FILE)) for _ in range(5)]
        wait_until(lambda: served.site.app.state.uploads.held() == 4)
        own = {"Authorization": f"Bearer {token(served, 'carl')}"}
        files = {"file": ("a.pdf", b"%PDF-1.4 ok")}
        assert client.post("/api/v1/documents", files=files, headers=own).status_code == 201
        assert len(connections) == 5


@pytest.mark.parametrize("taken", ["role", "token"])
def test_rights_that_end_while_files_come_count(served: Live, taken: str) -> None:
    """What was allowed at the beginning may not be any more at the end."""
    body = FILE + "x" * 100 + "\r\n--b--\r\n"
    with sending(served, token(served, "anna"), body[:-5], len(body)) as connection:
        wait_until(lambda: served.site.app.state.uploads.held() == 1)
        with served.site.service.database.write() as session:
            user = accounts.by_name(session, "anna")
            assert user is not None
            if taken == "role":
                accounts.set_roles(session, user.id, {})
            else:
                for row in accounts.tokens(session, user.id):
                    accounts.drop_token(session, user.id, row.id)
        connection.sendall(body[-5:].encode())
        status, code, _ = answer(connection)
        expected = {"role": (403, "forbidden"), "token": (401, "login_needed")}
        assert (status, code) in (expected[taken], (404, "not_found"), (400, "request"))
        assert status != 201


def test_a_slow_upload_that_goes_on_is_taken(served: Live) -> None:
    """It may take longer than it may stand still."""
    end = "\r\n--b--\r\n"
    body = FILE + "x" * 5_000 + end
    secret = token(served, "anna")
    with sending(served, secret, "", len(body)) as connection:
        for start in range(0, len(body), 700):
            connection.sendall(body[start : start + 700].encode())
            time.sleep(0.3)
        assert connection.recv(12) == b"HTTP/1.1 201"
