"""Guessing passwords, one after the other and many at once; what is done at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from service import administration
from service.accounts import attempts, logins, passwords
from service.accounts.attempts import ThrottledError, network_of
from service.accounts.logins import LoginError
from service.accounts.passwords import WeakPasswordError
from service.repository import accounts
from tests.opened import empty, new_user
from tests.serving import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from service.service import Service

WANG = "long enough wang!"


@pytest.fixture(params=BACKENDS)
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service on an empty database."""
    with empty(request.param, tmp_path) as opened:
        yield opened


def at_once(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    """What became of calls that begin at the same moment: names of errors, "" for none."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        barrier.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001  to be counted
            return type(error).__name__
        return ""

    with ThreadPoolExecutor(len(calls)) as threads:
        return Counter(threads.map(run, calls))


def fail(service: Service, name: str, address: str, times: int, known: str | None = None) -> None:
    for _ in range(times):
        with pytest.raises(LoginError):
            logins.log_in(service, name, "wrong", address, known=known)


def test_too_many_failed_logins_take_a_pause(service: Service) -> None:
    """The right password does not help then; another name from elsewhere is not concerned."""
    new_user(service, "wang")
    new_user(service, "li")
    fail(service, "wang", "10.0.0.1", service.settings.login_limit)
    with pytest.raises(ThrottledError):
        logins.log_in(service, "wang", WANG, "10.0.0.2")
    assert logins.log_in(service, "li", "long enough li!", "10.0.0.1")


def test_an_address_that_tries_many_names_takes_a_pause(service: Service) -> None:
    """After several times as many as one name may fail, however many right ones are between."""
    new_user(service, "wang")
    for number in range(service.settings.login_limit * attempts.PER_ADDRESS):
        fail(service, f"name{number}", "10.0.0.9", 1)
        if number < 5:
            assert logins.log_in(service, "wang", WANG, "10.0.0.9")
    with pytest.raises(ThrottledError):
        logins.log_in(service, "anybody", "wrong", "10.0.0.9")


def test_guesses_at_the_same_moment_are_no_more_than_one_after_the_other(service: Service) -> None:
    """They are counted before the password is looked at, which takes its time."""
    new_user(service, "wang")

    def guess() -> None:
        logins.log_in(service, "wang", "wrong", "10.0.0.1")

    found = at_once([guess] * 12)
    limit = service.settings.login_limit
    assert found == {"LoginError": limit, "ThrottledError": 12 - limit}


def test_right_passwords_are_given_back(service: Service) -> None:
    """However often somebody logs in."""
    new_user(service, "wang")
    for _ in range(2 * service.settings.login_limit):
        assert logins.log_in(service, "wang", WANG, "10.0.0.1")
    fail(service, "wang", "10.0.0.1", service.settings.login_limit - 1)
    assert logins.log_in(service, "wang", WANG, "10.0.0.1")
    fail(service, "wang", "10.0.0.1", service.settings.login_limit)


def test_who_only_knows_a_name_keeps_nobody_out(service: Service) -> None:
    """A browser that somebody uses counts for itself, also where the whole office is barred."""
    new_user(service, "wang")
    new_user(service, "li")
    limit = service.settings.login_limit
    known = attempts.known_browser(service, "Wang")
    fail(service, "wang", "10.0.0.9", limit)
    for other in (None, "", "made.up", attempts.known_browser(service, "li"), known + "0"):
        with pytest.raises(ThrottledError):
            logins.log_in(service, "wang", WANG, "10.0.0.1", known=other)
    assert logins.log_in(service, "wang", WANG, "10.0.0.9", known=known)
    fail(service, "wang", "10.0.0.1", limit, known)
    with pytest.raises(ThrottledError):
        logins.log_in(service, "wang", WANG, "10.0.0.1", known=known)


def test_the_own_password_is_not_guessed_on_its_page(service: Service) -> None:
    """By somebody at a browser that was left alone; weak new ones are no guesses."""
    wang = new_user(service, "wang")
    limit = service.settings.login_limit
    for _ in range(2 * limit):
        with pytest.raises(WeakPasswordError):
            logins.change_password(service, wang, WANG, "short")
    for _ in range(limit):
        with pytest.raises(LoginError):
            logins.change_password(service, wang, "wrong", "another phrase entirely")
    with pytest.raises(ThrottledError):
        logins.change_password(service, wang, WANG, "another phrase entirely")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("testclient", "testclient"),
    ],
)
def test_addresses_count_by_who_owns_them(address: str, network: str) -> None:
    """A network of IPv6 has more addresses than there are guesses."""
    assert network_of(address) == network


def test_a_new_login_ends_the_one_before(service: Service) -> None:
    """Of the same browser; a cookie that somebody has planted is worth nothing afterwards."""
    new_user(service, "wang")
    first = logins.log_in(service, "wang", WANG, "a")
    second = logins.log_in(service, "wang", WANG, "a", before=first)
    assert logins.by_cookie(service, first) is None
    assert logins.by_cookie(service, second) is not None
    fail(service, "wang", "a", 1)
    assert logins.by_cookie(service, second) is not None


def test_a_password_that_changes_meanwhile_lets_nobody_in(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was right when it was looked at, and is reset before the login begins."""
    wang = new_user(service, "wang")
    fits = passwords.fits

    def slow(kept: str | None, password: str) -> bool:
        right = fits(kept, password)
        with service.database.write() as session:
            user = accounts.by_id(session, wang.user_id or "")
            assert user is not None
            administration.reset_password(session, "test", user, "another")
        return right

    monkeypatch.setattr(passwords, "fits", slow)
    with pytest.raises(LoginError):
        logins.log_in(service, "wang", WANG, "a")


# --- at the same moment ---------------------------------------------------------------------------


def test_one_of_several_makes_the_name(service: Service) -> None:
    """The others are told that it is taken; the database does not have to say so."""

    def add_project() -> None:
        with service.database.write() as session:
            administration.add_project(session, "test", "archive")

    def add_user() -> None:
        with service.database.write() as session:
            administration.add_user(session, "test", "Wang", "x", administrator=False, roles={})

    for add in (add_project, add_user):
        assert at_once([add] * 6) == {"": 1, "TakenError": 5}


def test_one_of_several_gets_the_name_of_a_project(service: Service) -> None:
    """Also where projects are renamed."""
    with service.database.write() as session:
        ids = [accounts.add_project(session, f"p{number}").id for number in range(4)]

    def rename(project_id: str) -> None:
        with service.database.write() as session:
            project = accounts.project(session, project_id)
            assert project is not None
            administration.change_project(session, "test", project, {"name": "one"})

    found = at_once([lambda own=own: rename(own) for own in ids])  # type: ignore[misc]
    assert found == {"": 1, "TakenError": 3}


@pytest.mark.parametrize("change", [{"is_administrator": False}, {"disabled": True}])
def test_the_last_two_administrators_do_not_remove_each_other(
    service: Service, change: dict[str, bool]
) -> None:
    """Both look at the other, who is one still; one of them has to stay."""
    for turn in range(5):
        both = [new_user(service, f"{name}{turn}", administrator=True) for name in "ab"]

        def remove(user_id: str | None) -> None:
            with service.database.write() as session:
                user = accounts.by_id(session, user_id or "")
                assert user is not None
                administration.change_user(session, "test", user, change)

        found = at_once([lambda own=own: remove(own.user_id) for own in both])  # type: ignore[misc]
        assert found == {"": 1, "TakenError": 1}
        with service.database.write() as session:  # the next turn has two again
            left = [u for u in accounts.everybody(session) if u.is_administrator]
            for user in left:
                user.is_administrator = False


def test_a_role_and_the_end_of_its_project_do_not_meet(service: Service) -> None:
    """A user is changed before the project is removed, or is told that there is none."""
    wang = new_user(service, "wang")
    new_user(service, "boss", administrator=True)
    for turn in range(5):
        with service.database.write() as session:
            project_id = accounts.add_project(session, f"p{turn}").id

        def give(project_id: str = project_id) -> None:
            with service.database.write() as session:
                user = accounts.by_id(session, wang.user_id or "")
                assert user is not None
                roles = {project_id: "uploader"}
                administration.change_user(session, "test", user, {"roles": roles})

        def remove(project_id: str = project_id) -> None:
            with service.database.write() as session:
                project = accounts.project(session, project_id)
                assert project is not None
                administration.remove_project(session, "test", project)

        assert set(at_once([give, remove])) <= {"", "UnknownProjectError"}
        with service.database.read() as session:
            assert accounts.project(session, project_id) is None
