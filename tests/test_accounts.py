"""Who may do what: on both databases, over HTTP with tokens, and below."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from service import administration
from service.accounts import first, logins, passwords
from service.accounts.logins import LoginError
from service.accounts.roles import LOCAL, PERMISSIONS, Principal
from service.repository import accounts, audit
from service.rows import Login
from tests.opened import beside, empty, new_user
from tests.serving import BACKENDS, Server, pdf, server, settled, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from service.accounts.roles import Permission
    from service.service import Service


@pytest.fixture(params=BACKENDS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service on an empty database."""
    with empty(request.param, tmp_path) as opened:
        yield opened


def test_the_first_start_makes_one_administrator(service: Service) -> None:
    """Whose password is for once; a second start makes nothing."""
    password = first.prepare(service)
    assert password is not None
    assert first.prepare(service) is None
    secret = logins.log_in(service, "Admin", password, "10.0.0.1")
    principal = logins.by_cookie(service, secret)
    assert principal is not None
    assert principal.must_change
    assert not principal.may_everything()
    logins.change_password(service, principal, password, "seven little words here")
    changed = logins.by_cookie(service, secret)
    assert changed is not None
    assert changed.may_everything()
    with pytest.raises(LoginError):
        logins.log_in(service, "admin", password, "10.0.0.1")


def test_a_login_ends(service: Service) -> None:
    """When its time is over, when it is ended, when its user is barred or changes the password."""
    user = new_user(service, "wang", {})
    secrets = [logins.log_in(service, "wang", "long enough wang!", "a") for _ in range(4)]
    with service.database.write() as session:
        past = service.database.now() - timedelta(seconds=1)
        session.execute(
            sa.update(Login).where(Login.id == logins.digest(secrets[0])).values(expires_at=past)
        )
        accounts.drop_login(session, logins.digest(secrets[1]))
    assert logins.by_cookie(service, secrets[0]) is None
    assert logins.by_cookie(service, secrets[1]) is None
    principal = logins.by_cookie(service, secrets[2])
    assert principal is not None
    logins.change_password(service, principal, "long enough wang!", "another phrase entirely")
    assert logins.by_cookie(service, secrets[2]) is not None
    assert logins.by_cookie(service, secrets[3]) is None
    with service.database.write() as session:
        row = accounts.by_id(session, user.user_id or "")
        assert row is not None
        administration.add_user(session, "test", "boss", "x", administrator=True, roles={})
        administration.change_user(session, "test", row, {"disabled": True})
    assert logins.by_cookie(service, secrets[2]) is None


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("uploader", {"read", "upload"}),
        ("reviewer", {"read", "upload", "review"}),
        ("administrator", {"read", "upload", "review", "admin"}),
        ("unheard of", set()),
    ],
)
def test_roles_allow(role: str, allowed: set[Permission]) -> None:
    """What they say, in their own project only; tokens allow no more than their scopes."""
    principal = Principal("u", "n", roles={"p": role})
    assert {p for p in PERMISSIONS if principal.may(p, "p")} == allowed
    assert not any(principal.may(p, "other") for p in PERMISSIONS)
    narrow = Principal("u", "n", roles={"p": role}, scopes=frozenset({"read"}))
    assert {p for p in PERMISSIONS if narrow.may(p, "p")} == allowed & {"read"}


def test_nobody_is_locked_out_of_administration(service: Service) -> None:
    """The last administrator stays one."""
    first.prepare(service)
    with service.database.write() as session:
        admin = accounts.by_name(session, first.ADMINISTRATOR)
        assert admin is not None
        for changes in ({"is_administrator": False}, {"disabled": True}):
            with pytest.raises(administration.TakenError), session.begin_nested():
                administration.change_user(session, "test", admin, changes)


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaa", "I am wang, let me in", "x" * 201]
)
def test_passwords_that_are_easy_to_guess_are_refused(password: str) -> None:
    """With what to do."""
    with pytest.raises(passwords.WeakPasswordError, match="choose"):
        passwords.check(password, "wang")


def test_the_audit_log_shows_what_was_changed(service: Service) -> None:
    """The database refuses to change it; who gets around that is found."""
    with service.database.write() as session:
        for number in range(5):
            audit.append(session, "wang", "document.upload", f"d{number}", {"名": "报告"})
    with service.database.read() as session:
        whole = audit.verify(session)
        assert (whole.rows, whole.broken) == (5, None)
        assert audit.has(session, whole.last)
    for change in ("UPDATE audit SET actor = 'li' WHERE number = 3", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError), service.database.write() as session:
            session.execute(sa.text(change))
    with service.database.write() as session:
        _unguard(session)
        session.execute(sa.text("UPDATE audit SET actor = 'li' WHERE number = 3"))
    with service.database.read() as session:
        assert audit.verify(session).broken == 3


def _unguard(session: sa.orm.Session) -> None:
    for event in ("UPDATE", "DELETE"):
        on = " ON audit" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(sa.text(f"DROP TRIGGER audit_{event}{on}"))


@pytest.fixture(scope="module", params=BACKENDS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with accounts."""
    folder = tmp_path_factory.mktemp("data")
    with server(folder, request.param) as found:
        assert found.password is not None
        yield found


@pytest.fixture
def office(running: Server) -> Iterator[Office]:
    """Two projects with a user in each, from beside the server."""
    with beside(running.environment) as service:
        yield Office(service, running)


class Office:
    """Makes users with tokens."""

    def __init__(self, service: Service, running: Server) -> None:
        self.service, self.running = service, running

    def project(self, name: str) -> str:
        """The id of a project, made where it is not there."""
        with self.service.database.write() as session:
            found = accounts.project_named(session, name) or accounts.add_project(session, name)
            return found.id

    def client(
        self, name: str, roles: dict[str, str], *scopes: Permission, administrator: bool = False
    ) -> httpx.Client:
        """A client with a token of a new user."""
        principal = new_user(self.service, name, roles, administrator=administrator)
        with self.service.database.write() as session:
            token = logins.issue_token(session, principal, "t", scopes or PERMISSIONS, None, None)
        return self.running.client(Authorization=f"Bearer {token.secret}")


def test_projects_separate_archives(office: Office) -> None:
    """What is in another project is not there: not in lists, not by id, not by content."""
    ours, theirs = office.project("ours"), office.project("theirs")
    with (
        office.client("anna", {ours: "administrator"}) as anna,
        office.client("bert", {theirs: "administrator"}) as bert,
    ):
        upload(anna, "ok 1#projects")
        (item,) = settled(anna)
        base = f"/api/v1/documents/{item['id']}"
        for path in (base, f"{base}/result", f"{base}/original", f"{base}/pages/1/picture",
                     f"{base}/export", f"/api/v1/documents?project={ours}"):  # fmt: skip
            assert bert.get(path).status_code == 404
        assert bert.delete(base).status_code == 404
        assert bert.get("/api/v1/documents").json()["items"] == []
        assert b"0.pdf" not in bert.get("/api/v1/export").content
        other = upload(bert, "ok 1#projects").json()["items"][0]
        assert other["status"] == "created"
        assert anna.delete(base).status_code == 204
        (kept,) = settled(bert)
        assert bert.get(f"/api/v1/documents/{kept['id']}/result").status_code == 200


def test_roles_hold_over_http(office: Office) -> None:
    """An uploader does not delete, a token for reading does not upload."""
    project = office.project("roles")
    with (
        office.client("carla", {project: "uploader"}) as carla,
        office.client("dora", {project: "administrator"}, "read") as dora,
    ):
        upload(carla, "ok 1#roles")
        (item,) = settled(carla)
        refused = carla.delete(f"/api/v1/documents/{item['id']}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert dora.get(f"/api/v1/documents/{item['id']}").status_code == 200
        assert upload(dora, "ok 1#x").status_code == 403
        for path in ("/api/v1/users", "/api/v1/audit"):
            assert dora.get(path).status_code == 403
        for body in ({"name": "t", "scopes": ["read"]},):
            assert dora.post("/api/v1/tokens", json=body).status_code == 403


def test_without_a_token_there_is_nothing(running: Server) -> None:
    """But the health of the service."""
    with running.client() as client:
        for path in ("/api/v1/documents", "/api/v1/export", "/api/v1/events", "/api/v1/me"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "login_needed")
            assert answer.headers["www-authenticate"] == "Bearer"
        wrong = client.get("/api/v1/me", headers={"Authorization": "Bearer ext_wrong"})
        assert wrong.status_code == 401
        assert client.post(
            "/api/v1/documents", files={"file": ("a.pdf", pdf("ok"))}
        ).status_code == 401  # fmt: skip
        assert client.get("/healthz").status_code == 200


def test_a_quota_refuses_what_is_too_much(office: Office) -> None:
    """File by file, with what is left."""
    project = office.project("small")
    with office.service.database.write() as session:
        row = accounts.project(session, project)
        assert row is not None
        administration.change_project(session, "test", row, {"max_documents": 2})
    with office.client("emil", {project: "uploader"}) as emil:
        answer = upload(emil, "ok#q1", "ok#q2", "ok#q3")
        assert [item["status"] for item in answer.json()["items"]] == [
            "created", "created", "refused"
        ]  # fmt: skip
        full = upload(emil, "ok#q4")
        assert (full.status_code, full.json()["code"]) == (403, "quota")


def test_a_name_that_others_take_at_the_same_moment_is_taken(office: Office) -> None:
    """One gets it, the others are told so."""
    with office.client("chief", {}, administrator=True) as chief:

        def add(path: str) -> tuple[int, str]:
            answer = chief.post(f"/api/v1/{path}", json={"name": "at once"})
            return answer.status_code, answer.json().get("code", "")

        for path in ("projects", "users"):
            with ThreadPoolExecutor(6) as threads:
                found = sorted(threads.map(add, [path] * 6))
            assert found == [(201, ""), *[(409, "taken")] * 5]


def test_everybody_may_everything_without_accounts() -> None:
    """That is what --no-auth says."""
    assert LOCAL.may_everything()
    assert all(LOCAL.may(permission, "any") for permission in PERMISSIONS)


def test_hashing_takes_no_more_than_some_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are told to come again, so that somebody is left to answer everything else."""
    row = passwords._Hashing(most=1, waiting=1)
    monkeypatch.setattr(passwords, "_hashing", row)
    with row.turn(), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(passwords.fits, None, "x")
        while row._places.acquire(blocking=False):
            row._places.release()
        with pytest.raises(passwords.BusyError):
            passwords.fits(None, "x")
        assert not waiting.done()
        row.turns.release()  # as the block would
        assert waiting.result(timeout=30) is False
        row.turns.acquire()


def test_a_token_ends_none_but_itself(office: Office) -> None:
    """Nor does it see others, or the pages where a password is changed."""
    principal = new_user(office.service, f"tokens-{office.running.url[-5:]}", {})
    with office.service.database.write() as session:
        own, other = (
            logins.issue_token(session, principal, name, ("read",), None, None)
            for name in ("own", "other")
        )
        ids = own.row.id, other.row.id
    with office.running.client(Authorization=f"Bearer {own.secret}") as client:
        assert [row["id"] for row in client.get("/api/v1/tokens").json()] == [ids[0]]
        page = client.get("/account/password")
        assert (page.status_code, page.headers["location"][:6]) == (303, "/login")
        assert client.delete(f"/api/v1/tokens/{ids[1]}").status_code == 403
        assert client.delete(f"/api/v1/tokens/{ids[0]}").status_code == 204
        assert client.get("/api/v1/tokens").status_code == 401
