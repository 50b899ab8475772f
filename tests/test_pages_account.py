"""One's own account: tokens, shown once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from service.pages import notes
from service.repository import accounts
from tests.page_site import Browser, Page, Site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with two users."""
    made = Site(tmp_path_factory.mktemp("data"))
    project = made.project("archive")
    made.user("anna", {project: "reviewer"})
    made.user("bert", {project: "uploader", made.project("other"): "uploader"})
    yield made
    made.close()


@pytest.fixture
def browser(site: Site) -> Browser:
    """A reviewer's."""
    return site.browser("anna")


def secret_of(page: Page) -> str:
    return next(part for part in page.text.split() if part.startswith("ext_"))


def test_a_token_is_shown_once_and_works(site: Site, browser: Browser) -> None:
    """With what it may do, until it is removed."""
    page = browser.post(
        "/account/tokens", {"name": "导出", "scopes": ["read", "upload"], "expires": "30"}
    )
    secret = secret_of(page)
    assert page.path == "/account"
    assert "导出" in page.text
    assert "it is not shown again" in page.text
    again = browser.get("/account")
    assert secret not in again.html
    assert "read documents and results; upload documents" in again.text
    client = site.anonymous().client
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/documents", headers=headers).status_code == 200
    (form,) = [own for own in again.all("form") if str(own["action"]).endswith("/remove")]
    assert "The token has ended." in browser.post(str(form["action"])).text
    assert client.get("/api/v1/documents", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "x"}, "Choose at least one thing"),
        ({"name": "", "scopes": "read"}, "A name has 1 to 100 characters."),
        ({"name": "x" * 101, "scopes": "read"}, "A name has 1 to 100 characters."),
        ({"name": "x", "scopes": "everything"}, "Choose at least one thing"),
    ],
)
def test_tokens_that_are_not_made(browser: Browser, form: dict[str, str], says: str) -> None:
    """It is said why, and the name stays."""
    page = browser.post("/account/tokens", form)
    assert page.status == 422
    assert says in page.text
    assert page.all("input", name="name")[0]["value"] == form["name"]


def test_the_project_of_a_token_is_shown(site: Site, browser: Browser) -> None:
    """Where it is for one alone."""
    with site.service.database.read() as session:
        own = accounts.project_named(session, "archive")
    assert own is not None
    browser.post("/account/tokens", {"name": "one", "scopes": "read", "project": own.id})
    assert "Project: archive" in browser.get("/account").text


def test_a_token_is_never_for_more_than_its_user_may(site: Site, browser: Browser) -> None:
    """Nor for a project that the user does not know."""
    with site.service.database.read() as session:
        other = accounts.project_named(session, "other")
    assert other is not None
    form = {"name": "x", "scopes": "read", "project": other.id}
    assert browser.post("/account/tokens", form).status == 404
    assert browser.post("/account/tokens", form | {"project": "nothing"}).status == 404
    page = site.browser("bert").post("/account/tokens", form | {"scopes": "admin"})
    headers = {"Authorization": f"Bearer {secret_of(page)}"}
    client = site.anonymous().client
    assert client.get("/api/v1/users", headers=headers).status_code == 403


def test_nobody_removes_the_token_of_another(site: Site, browser: Browser) -> None:
    """It is not there for them."""
    page = site.browser("bert").post("/account/tokens", {"name": "own", "scopes": "read"})
    form = next(own for own in page.all("form") if str(own["action"]).endswith("/remove"))
    assert browser.post(str(form["action"])).status == 404
    assert "own" in site.browser("bert").get("/account").text


def test_a_note_is_for_one_page_one_login_and_a_minute(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else can read it, nor show it again."""
    form = {"csrf": browser.csrf(), "name": "x", "scopes": "read"}
    answer = browser.client.post("/account/tokens", data=form, follow_redirects=False)
    cookie = browser.client.cookies[notes.COOKIE]
    assert "ext_" not in cookie
    assert "httponly" in answer.headers["set-cookie"].lower()
    thief = site.browser("bert")
    thief.client.cookies.set(notes.COOKIE, cookie)
    assert "ext_" not in thief.get("/account").html
    monkeypatch.setattr(time, "time", lambda: 9e9)
    assert "ext_" not in browser.get("/account").html
    thief.client.cookies.set(notes.COOKIE, "nonsense")
    assert thief.get("/account").status == 200
