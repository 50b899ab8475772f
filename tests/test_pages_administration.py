"""Administration over HTTP: users, projects, webhooks, the audit log, the state of the service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from service.pages.messages import SERVICE
from service.pages.wording import ACTIONS
from service.repository import accounts, audit, webhooks, workers
from tests.example_documents import example_document
from tests.page_site import PASSWORD, Browser, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.rows import Project, User

PARTS = ("", "/users", "/projects", "/webhooks", "/audit")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service with an administrator, one of a project, and an uploader."""
    made = Site(tmp_path)
    project = made.project("archive")
    made.user("chief", administrator=True)
    made.user("head", {project: "administrator"})
    made.user("anna", {project: "uploader"})
    yield made
    made.close()


@pytest.fixture
def browser(site: Site) -> Browser:
    """The administrator's."""
    return site.browser("chief")


def user(site: Site, name: str) -> User:
    with site.service.database.read() as session:
        found = accounts.by_name(session, name)
        assert found is not None
        return found


def project(site: Site, name: str = "archive") -> Project:
    with site.service.database.read() as session:
        found = accounts.project_named(session, name)
        assert found is not None
        return found


def last_actions(site: Site, count: int = 1) -> list[str]:
    with site.service.database.read() as session:
        return [row.action for row in audit.latest(session, None, count)]


# --- who may --------------------------------------------------------------------------------------


def test_administration_is_for_administrators(site: Site, browser: Browser) -> None:
    """Others do not see it in the navigation, and get no further by its address."""
    anna, head = site.browser("anna"), site.browser("head")
    for part in PARTS:
        address = f"/administration{part}"
        assert browser.get(address).status == 200
        assert anna.get(address).status in (403, 404)
    assert not anna.get("/archive").all("a", href="/administration")
    assert head.get("/administration").path == "/administration/webhooks"
    for part in ("/users", "/projects", "/audit"):
        page = head.get(f"/administration{part}")
        assert (page.status, "This is not allowed" in page.text) == (403, True)
    links = [own["href"] for own in head.get("/administration").all("a")]
    assert "/administration/users" not in links


@pytest.mark.parametrize("name", ["head", "anna"])
def test_nothing_is_changed_by_others(site: Site, name: str) -> None:
    """By no form of the administration."""
    other, own = user(site, "chief").id, project(site).id
    browser = site.browser(name)
    for address, form in (
        ("/users", {"name": "x"}), (f"/users/{other}", {"disabled": "on"}),
        (f"/users/{other}/password", {}), ("/projects", {"name": "x"}),
        (f"/projects/{own}", {"name": "x"}), (f"/projects/{own}/remove", {}),
    ):  # fmt: skip
        assert browser.post(f"/administration{address}", form).status == 403, address
    assert user(site, "chief").disabled_at is None


# --- users ----------------------------------------------------------------------------------------


def test_a_new_user_gets_a_one_time_password(site: Site, browser: Browser) -> None:
    """Shown once; with the roles of the form."""
    own = project(site).id
    page = browser.post("/administration/users", {"name": "王芳", f"role-{own}": "reviewer"})
    password = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", page.text)
    assert password is not None
    assert "王芳" in page.text
    assert "archive: Reviewer" in page.text
    assert "has a one-time password" in page.text
    assert password[0] not in browser.get("/administration/users").html
    new = site.browser("王芳", password[0])
    assert new.get("/archive").path == "/account/password"


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"name": " "}, 422, "A name has 1 to 100 characters."),
        ({"name": "ANNA"}, 409, 'there is a user "anna"'),
        ({"name": "x", "role-nothing": "reviewer"}, 404, "there is no project"),
        ({"name": "x", "role-nothing": "king"}, 422, "The form cannot be taken"),
    ],
)
def test_users_that_are_not_made(
    browser: Browser, form: dict[str, str], status: int, says: str
) -> None:
    """It is said why, and the name stays."""
    page = browser.post("/administration/users", form)
    assert (page.status, says in page.text) == (status, True)
    assert page.all("input", id="new-name")[0]["value"] == form["name"].strip()
    chinese = browser.post("/administration/users", form, headers={"accept-language": "zh"})
    assert says not in chinese.text


def test_roles_are_changed_and_users_barred(site: Site, browser: Browser) -> None:
    """Their logins end."""
    anna, own = user(site, "anna"), project(site).id
    there = site.browser("anna")
    page = browser.get(f"/administration/users/{anna.id}")
    assert page.all("option", value="uploader")[0].keys() >= {"selected"}
    browser.post(f"/administration/users/{anna.id}", {f"role-{own}": "administrator"})
    with site.service.database.read() as session:
        assert accounts.roles(session, anna.id) == {own: "administrator"}
    done = browser.post(f"/administration/users/{anna.id}", {"disabled": "on"})
    assert "The user was changed." in done.text
    assert "barred" in done.text
    assert there.get("/archive").path == "/login"
    assert browser.get("/administration/users/nobody").status == 404


def test_the_last_administrator_stays(site: Site, browser: Browser) -> None:
    """Nobody could undo it."""
    chief = user(site, "chief")
    page = browser.post(f"/administration/users/{chief.id}", {})
    assert page.status == 409
    assert "nobody could administrate the service" in page.text
    assert user(site, "chief").is_administrator


def test_a_password_is_reset(site: Site, browser: Browser) -> None:
    """To one that is shown once."""
    anna = user(site, "anna")
    page = browser.post(f"/administration/users/{anna.id}/password")
    password = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", page.text)
    assert password is not None
    assert page.path == f"/administration/users/{anna.id}"
    assert site.browser("anna", password[0]).get("/archive").path == "/account/password"
    assert browser.post("/administration/users/nobody/password").status == 404


# --- projects -------------------------------------------------------------------------------------


def test_projects_are_made_changed_and_removed(site: Site, browser: Browser) -> None:
    """With retention and quotas; an empty field is no limit."""
    assert "The project was made." in browser.post("/administration/projects", {"name": "新"}).text
    new = project(site, "新")
    form = {"name": "新二", "retention_days": "30", "max_documents": "", "max_gib": "1.5"}
    page = browser.post(f"/administration/projects/{new.id}", form)
    assert "30 days" in page.text
    assert "0 B / 1.5 GiB" in page.text
    shown = browser.get(f"/administration/projects/{new.id}")
    assert shown.all("input", name="max_gib")[0]["value"] == "1.5"
    browser.post(f"/administration/projects/{new.id}", {"name": "新二"})
    assert project(site, "新二").retention_days is None
    done = browser.post(f"/administration/projects/{new.id}/remove")
    assert "The project was removed." in done.text
    assert last_actions(site) == ["project.delete"]


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"name": ""}, 422, "A name has 1 to 100 characters."),
        ({"name": "x", "retention_days": "soon"}, 422, "Days are a number from 1 to 36500"),
        ({"name": "x", "retention_days": "0"}, 422, "Days are a number from 1 to 36500"),
        ({"name": "x", "max_documents": "-1"}, 422, "The number of documents is 1 or more"),
        ({"name": "x", "max_gib": "many"}, 422, "The size is a number of GiB"),
        ({"name": "x", "max_gib": "0"}, 422, "The size is a number of GiB"),
        ({"name": "x", "max_gib": "1e999"}, 422, "The size is a number of GiB"),
        ({"name": "x", "max_gib": "nan"}, 422, "The size is a number of GiB"),
        ({"name": "other"}, 409, 'there is a project "other"'),
    ],
)
def test_changes_that_are_not_taken(
    site: Site, browser: Browser, form: dict[str, str], status: int, says: str
) -> None:
    """It is said why; the project stays as it is."""
    site.project("other")
    page = browser.post(f"/administration/projects/{project(site).id}", form)
    assert (page.status, says in page.text) == (status, True)
    assert project(site).retention_days is None


def test_a_project_with_documents_is_not_removed(site: Site, browser: Browser) -> None:
    """They are deleted first."""
    own = project(site).id
    site.document(own, "a.pdf", example_document())
    page = browser.post(f"/administration/projects/{own}/remove")
    assert (page.status, "delete them first" in page.text) == (409, True)
    assert browser.post("/administration/projects", {"name": "archive"}).status == 409
    assert browser.get("/administration/projects/nothing").status == 404


# --- webhooks -------------------------------------------------------------------------------------


def test_webhooks_are_made_and_removed(site: Site) -> None:
    """By the administrator of a project; the secret is shown once."""
    browser, own = site.browser("head"), project(site).id
    form = {"url": "https://example.org/hook", "project": own, "events": ["document.done"]}
    page = browser.post("/administration/webhooks", form)
    secret = next(part for part in page.text.split() if part.startswith("whsec_"))
    assert secret not in browser.get(page.path).html
    assert "It has not been called yet." in page.text
    with site.service.database.write() as session:
        (row,) = webhooks.of_projects(session, [own])
        webhooks.queue(session, row.id, "document.done", "{}", "d1", "w1")
        assert webhooks.settle(session, "d1", "w1", "failed", 500, "it answered 500")
        assert site.service.seal.open(row.secret) == secret
    shown = browser.get(page.path)
    for text in ("a document was read", "given up", "it answered 500"):
        assert text in shown.text
    assert "https://example.org/hook" in browser.get("/administration/webhooks").text
    assert "The webhook was removed." in browser.post(f"{page.path}/remove").text
    assert browser.get(page.path).status == 404
    assert last_actions(site, 2) == ["webhook.delete", "webhook.create"]


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"url": "ftp://example.org", "events": "document.done"}, 422, "begins with https://"),
        ({"url": "https://example.org"}, 422, "Choose at least one event."),
        ({"url": "https://example.org", "events": "war"}, 422, "Choose at least one event."),
        ({"url": "x" * 2001, "events": "document.done"}, 422, "at most 2000 characters"),
    ],
)
def test_webhooks_that_are_not_made(
    site: Site, form: dict[str, str], status: int, says: str
) -> None:
    """It is said why, and the address stays."""
    page = site.browser("head").post(
        "/administration/webhooks", {"project": project(site).id, **form}
    )
    assert (page.status, says in page.text) == (status, True)
    assert page.all("input", id="url")[0]["value"] == form["url"]


def test_webhooks_of_other_projects_are_not_there(site: Site, browser: Browser) -> None:
    """Nor can one be made in them."""
    other = site.project("other")
    form = {"url": "https://example.org/secret", "events": "document.done", "project": other}
    page = browser.post("/administration/webhooks", form)
    head, anna = site.browser("head"), site.browser("anna")
    assert head.post("/administration/webhooks", form).status == 404
    assert anna.post("/administration/webhooks", form | {"project": project(site).id}).status == 403
    for other_browser in (head, anna):
        assert other_browser.get(page.path).status == 404
        assert other_browser.post(f"{page.path}/remove").status == 404
    assert "example.org" not in head.get("/administration/webhooks").text


# --- the rest -------------------------------------------------------------------------------------


def test_the_audit_log_calls_everything_by_its_name() -> None:
    """Whatever the program writes into it."""
    written = {"document.done", "document.failed"}  # by workers
    for path in SERVICE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r'audit\.append\(\s*session,\s*[^,]+,\s*"([a-z_.]+)"', text))
    assert len(written) > 10
    assert written <= set(ACTIONS)


def test_the_audit_log_links_documents_only(site: Site, browser: Browser) -> None:
    """A worker notes the run, which has no page."""
    with site.service.database.write() as session:
        for action in ("document.upload", "document.done", "document.delete"):
            audit.append(session, "x", action, action)
    page = browser.get("/administration/audit")
    links = [str(one["href"]) for one in page.all("a")]
    assert [link for link in links if link.startswith("/documents/")] == [
        "/documents/document.upload"
    ]


def test_the_audit_log_is_shown_in_parts(site: Site, browser: Browser) -> None:
    """The newest first, what is in it escaped."""
    with site.service.database.write() as session:
        for number in range(130):
            audit.append(session, "<i>x</i>", "document.upload", f"d{number}", {"a": "<b>"})
    page = browser.get("/administration/audit")
    assert page.text.count("document uploaded") == 100
    assert not page.all("i")
    (more,) = page.all("a", rel="next")
    rest = browser.get(str(more["href"]))
    assert rest.text.count("document uploaded") == 30
    assert "user made" not in page.text
    assert not rest.all("a", rel="next")
    assert browser.get("/administration/audit?before=soon").status == 422


def test_the_state_of_the_service(site: Site, browser: Browser) -> None:
    """Readers, what waits, figures; no reader at all is told."""
    assert "No reader is at work" in browser.get("/administration").text
    with site.service.database.write() as session:
        workers.enlist(session, "w1", "büro-7", 4711)
    site.document(project(site).id, "a.pdf", example_document())
    page = browser.get("/administration")
    for text in ("büro-7", "4711", "Readers at work", "Fields to review"):
        assert text in page.text
    assert "No reader is at work" not in page.text


def test_those_of_a_project_alone_see_their_archive(site: Site) -> None:
    """Who is in no project is told what to do."""
    site.user("newcomer")
    page = site.browser("newcomer").get("/archive")
    assert "You are in no project yet" in page.text
    assert PASSWORD not in page.html


def test_the_project_that_is_looked_at_is_kept(site: Site, browser: Browser) -> None:
    """By a link, then in a cookie; a foreign one is not there."""
    own, other = project(site).id, site.project("other")
    site.document(other, "there.pdf", example_document())
    assert "there.pdf" not in browser.get(f"/archive?project={own}").text
    page = browser.get(f"/archive?project={other}")
    assert "there.pdf" in page.text
    assert page.all("input", name="project", value=other)
    assert "there.pdf" in browser.get("/archive").text
    assert site.browser("anna").get(f"/archive?project={other}").status == 404
