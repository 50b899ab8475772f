"""Logging in, out, and choosing a password, over HTTP and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.accounts import passwords
from service.http.access import COOKIE
from service.pages.login import KNOWN_COOKIE
from service.repository import accounts, audit
from service.rows import Login
from tests.page_site import ADDRESS, PASSWORD, Browser, Site, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with a user."""
    made = Site(tmp_path_factory.mktemp("data"), login_limit=3)
    made.user("anna", {made.project("archive"): "reviewer"})
    yield made
    made.close()


def log_in(browser: Browser, name: str, password: str, **more: str) -> Any:
    data = {"name": name, "password": password, **more}
    return browser.client.post("/login", data=data, follow_redirects=False)


def test_who_is_not_logged_in_is_asked_to(site: Site) -> None:
    """And comes back to the page that was asked for."""
    browser = site.anonymous()
    page = browser.get("/archive?q=临江")
    assert page.path == "/login"
    (wanted,) = page.all("input", name="next")
    assert wanted["value"] == "/archive?q=%E4%B8%B4%E6%B1%9F"
    data = {"name": "Anna ", "password": PASSWORD, "next": str(wanted["value"])}
    answer = browser.client.post("/login", data=data, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, wanted["value"])
    assert browser.get("/archive").path == "/archive"
    assert browser.get("/login").path == "/archive"


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    """Over https only, where the page came over https."""
    for address, secure in (("http://localhost", False), ("https://localhost", True)):
        browser = site.anonymous()
        answer = browser.client.post(
            f"{address}/login", data={"name": "anna", "password": PASSWORD}, follow_redirects=False
        )
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith(f"{COOKIE}=")
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie
        assert ("secure" in cookie) == secure


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_login_does_not_say_what_is_wrong(tmp_path: Path, name: str, password: str) -> None:
    """The name stays, the password does not."""
    site = Site(tmp_path)
    site.user("anna")
    page = page_of(log_in(site.anonymous(), name, password))
    assert page.status == 401
    assert "The name or the password is wrong." in page.text
    assert "set-cookie" not in page.headers
    assert page.all("input", name="name")[0]["value"] == name
    assert "value" not in page.all("input", name="password")[0]
    site.close()


def test_after_too_many_failures_it_takes_a_pause(site: Site) -> None:
    """Also with the right password; in the language of the reader."""
    site.user("bert")
    browser = site.anonymous()
    for _ in range(3):
        log_in(browser, "bert", "wrong")
    page = page_of(log_in(browser, "bert", PASSWORD))
    assert page.status == 429
    assert "Wait a quarter of an hour" in page.text
    browser.get("/language/zh")
    assert "请15分钟后再试" in page_of(log_in(browser, "bert", PASSWORD)).text


def test_who_fails_on_purpose_keeps_nobody_out_of_their_own_browser(site: Site) -> None:
    """It is known by a cookie that no script reads, also after logging out."""
    site.user("emma")
    own = site.browser("emma")
    own.post("/logout")
    (cookie,) = [one for one in own.client.cookies.jar if one.name == KNOWN_COOKIE]
    assert cookie.has_nonstandard_attr("HttpOnly")
    for _ in range(3):
        log_in(site.anonymous(), "emma", "wrong")
    assert log_in(site.anonymous(), "emma", PASSWORD).status_code == 429
    assert log_in(own, "emma", PASSWORD).status_code == 303


def test_logging_in_again_ends_the_login_before(site: Site) -> None:
    """Also that of somebody else in the same browser."""
    site.user("fred")
    browser = site.browser("fred")
    before = browser.client.cookies[COOKIE]
    assert log_in(browser, "anna", PASSWORD).status_code == 303
    other = site.anonymous()
    other.client.cookies.set(COOKIE, before)
    assert other.get("/archive").path == "/login"
    assert browser.get("/archive").path == "/archive"


@pytest.mark.parametrize(
    "wanted", ["https://example.org/", "//example.org", "javascript:alert(1)", "/\\example.org"]
)
def test_a_login_never_leads_to_another_site(site: Site, wanted: str) -> None:
    """Nor does the link for who is logged in already, nor that of the language."""
    browser = site.browser("anna")
    for path in ("/login", "/language/zh"):
        answer = browser.client.get(path, params={"next": wanted}, follow_redirects=False)
        assert answer.headers["location"] == "/archive"
    answer = log_in(site.anonymous(), "anna", PASSWORD, next=wanted)
    assert answer.headers["location"] == "/archive"


def test_another_site_cannot_log_somebody_in(site: Site) -> None:
    """Nor out."""
    data = {"name": "anna", "password": PASSWORD}
    for headers in ({"origin": "https://example.org"}, {"sec-fetch-site": "cross-site"}):
        page = page_of(site.anonymous().client.post("/login", data=data, headers=headers))
        assert (page.status, "Nothing was done" in page.text) == (403, True)
        assert "set-cookie" not in page.headers
    fine = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    answer = site.anonymous().client.post("/login", data=data, headers=fine, follow_redirects=False)
    assert answer.status_code == 303


def test_logging_out_ends_the_login(site: Site) -> None:
    """On the server too: the cookie is worth nothing any more."""
    browser = site.browser("anna")
    cookie = browser.client.cookies[COOKIE]
    assert browser.post("/logout").path == "/login"
    other = site.anonymous()
    other.client.cookies.set(COOKIE, cookie)
    assert other.get("/archive").path == "/login"
    with site.service.database.read() as session:
        assert audit.latest(session, None, 1)[0].action == "logout"


def test_an_old_page_cannot_log_out(site: Site) -> None:
    """Its token is that of another login."""
    browser = site.browser("anna")
    page = page_of(browser.client.post("/logout", data={"csrf": "0" * 16}))
    assert page.status == 403
    assert "too old" in page.text
    assert browser.get("/archive").path == "/archive"


# --- choosing a password --------------------------------------------------------------------------


def change(browser: Browser, old: str, new: str, again: str | None = None) -> tuple[int, str, str]:
    data = {"old": old, "new": new, "again": new if again is None else again}
    page = browser.post("/account/password", data)
    return page.status, page.path, page.text


def test_a_one_time_password_is_changed_before_anything_else(site: Site) -> None:
    """No other page, no other form, no API until then."""
    site.user("cora", must_change=True)
    browser = site.browser("cora")
    for path in ("/", "/archive", "/account", "/administration", "/docs", "/documents/x"):
        assert browser.get(path).path == "/account/password", path
    assert browser.post("/account/tokens", {"name": "x", "scopes": "read"}).path == (
        "/account/password"
    )
    assert browser.client.get("/api/v1/documents").status_code == 403
    status, path, text = change(browser, PASSWORD, "several other words")
    assert (status, path) == (200, "/archive")
    assert "The password was changed." in text
    assert site.browser("cora", "several other words").get("/archive").path == "/archive"


@pytest.mark.parametrize(
    ("old", "new", "again", "says"),
    [
        ("wrong", "several other words", None, "The present password is wrong."),
        (PASSWORD, "several other words", "several other word", "not the same"),
        (PASSWORD, "short", None, "10 characters or more"),
        (PASSWORD, "aaaaaaaaaaaa", None, "easy to guess"),
        (PASSWORD, PASSWORD, None, "choose another"),
        (PASSWORD, "x" * 201, None, "at most 200"),
    ],
)
def test_passwords_that_are_not_taken(
    site: Site, old: str, new: str, again: str | None, says: str
) -> None:
    """It is said why; nothing is changed, nothing is sent back."""
    browser = site.browser("anna")
    status, _, text = change(browser, old, new, again)
    assert status == 422
    assert says in text
    with site.service.database.read() as session:
        user = accounts.by_name(session, "anna")
    assert user is not None
    assert passwords.fits(user.password, PASSWORD)


def test_the_present_password_cannot_be_guessed(site: Site) -> None:
    """By whoever finds a browser that was left alone."""
    site.user("gina")
    browser = site.browser("gina")
    for _ in range(3):
        assert change(browser, "wrong", "several other words")[0] == 422
    status, _, text = change(browser, PASSWORD, "several other words")
    assert (status, "Wait a quarter of an hour" in text) == (429, True)


def test_other_logins_end_with_a_new_password(site: Site) -> None:
    """This one stays."""
    user = site.user("dora")
    here, there = site.browser("dora"), site.browser("dora")
    assert change(here, PASSWORD, "several other words")[0] == 200
    assert here.get("/account").path == "/account"
    assert there.get("/account").path == "/login"
    with site.service.database.read() as session:
        assert session.query(Login).filter(Login.user_id == user).count() == 1


def test_without_accounts_there_is_no_login(tmp_path: Path) -> None:
    """Everybody is let in, and there is nothing to log out of."""
    site = Site(tmp_path, no_auth=True)
    site.project("archive")
    browser = site.anonymous()
    assert browser.get("/login").path == "/archive"
    page = browser.get("/archive")
    assert not page.all("form", action="/logout")
    assert "There are no accounts" in browser.get("/account").text
    assert browser.post("/account/tokens", {"name": "x", "scopes": "read"}).status == 404
    assert browser.post("/account/password", {"old": "a", "new": "b", "again": "b"}).status == 404
    assert page_of(log_in(browser, "a", "b")).status == 303
    site.close()


def test_the_language_is_kept(site: Site) -> None:
    """In a cookie for a year; the link of the other language stands on every page."""
    browser = site.browser("anna")
    page = browser.get("/archive?q=x")
    (other,) = page.all("a", hreflang="zh")
    chinese = browser.get(str(other["href"]))
    assert chinese.path == "/archive"
    assert chinese.all("html", lang="zh-Hans")
    assert "检索" in chinese.text
    assert chinese.all("input", name="q")[0]["value"] == "x"
    assert browser.get("/account").all("html", lang="zh-Hans")
    assert browser.get("/nowhere").all("html", lang="zh-Hans")
