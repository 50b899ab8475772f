"""What holds for every page: no inline code, nothing of others, nothing sent by other sites."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from extractor.document import Check, Notice
from service.http.middleware import CSP
from service.pages import ROUTERS, statics
from service.rows import Document as Row
from tests.example_documents import example_document, example_field
from tests.page_site import Browser, Page, Site, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.document import Document

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}%(x)s'
SHOWN = "&lt;script&gt;alert(2)"


class World(NamedTuple):
    """A service with two projects; in both lie documents whose texts are attacks."""

    site: Site
    own: str
    other: str
    project: str
    other_project: str
    user: str
    webhook: str


def evil_document() -> Document:
    """A result in which every text is an attack."""
    document = example_document()
    field = replace(example_field("report.x", EVIL, EVIL, kind="text"), text=EVIL + " ", unit=EVIL)
    cell = replace(document.tables[0].cells[0], text=EVIL)
    table = replace(document.tables[0], title=EVIL, cells=(cell, *document.tables[0].cells[1:]))
    entity = replace(
        document.entities[0], text=EVIL, start=0, end=len(EVIL), subject=EVIL, label=EVIL
    )
    section = replace(document.sections[0], heading=EVIL, number="一", paragraphs=(EVIL,))
    check = Check("evil", False, "error", EVIL, EVIL, ("report.x",))
    return replace(
        document, fields=(*document.fields, field), tables=(table,), sections=(section,),
        entities=(entity,), checks=(check,), warnings=(Notice(EVIL, None, EVIL),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Built once."""
    site = Site(tmp_path_factory.mktemp("data"), login_limit=1000)
    project, other_project = site.project(f"own {EVIL}"), site.project("other")
    site.user("chief", administrator=True)
    user = site.user("anna", {project: "administrator"})
    columns: dict[str, Any] = {"agency": EVIL, "error_code": "timed_out", "error": EVIL}
    documents = [
        site.document(place, f"{EVIL}.pdf", evil_document(), **columns)
        for place in (project, other_project)
    ]
    browser = site.browser("anna")
    form = {"url": "https://example.org/", "project": project, "events": "document.done"}
    webhook = browser.post("/administration/webhooks", form).path.rpartition("/")[2]
    own, other = documents
    yield World(site, own, other, project, other_project, user, webhook)
    site.close()


def addresses(world: World) -> list[str]:
    """Every page that can be looked at."""
    return [
        "/archive", f"/archive?q={EVIL}&agency={EVIL}", "/archive/rows",
        f"/archive/choices?agency={EVIL}", "/archive/gone?id=x", f"/documents/{world.own}",
        f"/documents/{world.own}/delete", "/account", "/account/password", "/administration",
        "/administration/users", f"/administration/users/{world.user}", "/administration/projects",
        f"/administration/projects/{world.project}", "/administration/webhooks",
        f"/administration/webhooks/{world.webhook}", "/administration/audit", "/docs", "/nowhere",
    ]  # fmt: skip


def forms(world: World) -> list[str]:
    """Every address that takes a form."""
    return [
        "/logout", "/archive/selection", "/upload", f"/documents/{world.own}/read",
        f"/documents/{world.own}/password", f"/documents/{world.own}/delete", "/account/password",
        "/account/tokens", "/account/tokens/x/remove", "/administration/users",
        f"/administration/users/{world.user}", f"/administration/users/{world.user}/password",
        "/administration/projects", f"/administration/projects/{world.project}",
        f"/administration/projects/{world.project}/remove", "/administration/webhooks",
        f"/administration/webhooks/{world.webhook}/remove",
    ]  # fmt: skip


def test_the_lists_above_have_every_page(world: World) -> None:
    """A new route is looked at by these tests, or they fail."""
    routes = [route for router in ROUTERS[:-1] for route in router.routes]
    known = [*addresses(world), *forms(world), "/", "/login", "/language/zh", "/words/zh.js"]
    for route in routes:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)  # type: ignore[attr-defined]
        assert any(re.fullmatch(pattern, a.partition("?")[0]) for a in known), pattern


def harmless(page: Page) -> None:
    """No code in the page, no attack that came through, the policy that forbids both."""
    for tag, own in page.elements:
        assert "style" not in own, (tag, own)
        assert not [name for name in own if name.startswith("on")], (tag, own)
        assert not str(own.get("href", "")).startswith("javascript"), own
        assert tag != "style"
        if tag == "script":
            assert str(own["src"]).startswith("/static/")
        if tag == "img":
            assert str(own["src"]).startswith("/api/v1/documents/")
    assert not re.search(r"<script[^>]*>[^<]", page.html)
    assert page.headers["content-security-policy"] == CSP
    assert "49%(x)s" not in page.html, "a text was taken for a template"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_has_code_in_it(world: World, language: str) -> None:
    """Whatever names, values and texts are."""
    seen = ""
    browsers = {name: world.site.browser(name) for name in ("chief", "anna")}
    for address in addresses(world):
        for browser in browsers.values():
            page = browser.get(address, headers={"accept-language": language})
            harmless(page)
            seen += page.html if page.status == 200 else ""
    assert seen.count(SHOWN) > 30
    harmless(world.site.anonymous().get(f"/login?next=/x{EVIL}"))


def test_texts_of_a_document_are_shown_as_they_are(world: World) -> None:
    """Everywhere: fields, grid, tables, text, relations, warnings, title."""
    page = world.site.browser("anna").get(f"/documents/{world.own}")
    assert page.status == 200
    assert page.html.count(SHOWN) > 15
    assert page.text.count("<script>alert(2)</script>{{7*7}}%(x)s") > 10


def test_names_of_refused_files_are_shown_as_they_are(world: World) -> None:
    """They come from whoever sends them."""
    browser = world.site.browser("anna")
    sent = [("file", ("<script>alert(2)</script>.txt", b"text\n"))]
    answer = browser.client.post("/upload", data={"csrf": browser.csrf()}, files=sent)
    assert "script&gt;.txt" in answer.text
    harmless(page_of(answer))


def test_what_was_typed_wrongly_is_shown_as_it_is(world: World) -> None:
    """Values that are given back."""
    browser = world.site.browser("chief")
    for address, form in (
        ("/administration/users", {"name": EVIL * 9}),
        ("/administration/projects", {"name": EVIL * 9}),
        ("/administration/webhooks", {"url": EVIL}), ("/account/tokens", {"name": EVIL * 9}),
    ):  # fmt: skip
        page = browser.post(address, form)
        assert page.status == 422, address
        harmless(page)
        assert SHOWN in page.html, address


# --- forms of others ------------------------------------------------------------------------------


@pytest.mark.parametrize("csrf", [None, "", "0000000000000000", "of bert"])
def test_no_form_is_taken_without_the_token_of_the_login(world: World, csrf: str | None) -> None:
    """Nor with that of another login of the same user."""
    browser = world.site.browser("chief")
    given = world.site.browser("chief").csrf() if csrf == "of bert" else csrf
    for address in forms(world):
        data = {} if given is None else {"csrf": given}
        answer = send(browser, address, data, {})
        assert answer.status == 403, address
        assert "Nothing was done" in answer.text
    assert browser.get(f"/documents/{world.own}").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.org"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    ],
)
def test_no_form_is_taken_from_another_site(world: World, headers: dict[str, str]) -> None:
    """Even with the right token."""
    browser = world.site.browser("anna")
    csrf = browser.csrf()
    for address in (*forms(world), "/login"):
        answer = send(browser, address, {"csrf": csrf}, headers)
        assert answer.status == 403, address
    assert browser.get(f"/documents/{world.own}").status == 200


def send(browser: Browser, address: str, data: dict[str, str], headers: dict[str, str]) -> Page:
    if address == "/upload":
        files = [("file", ("a.pdf", b"%PDF-1.4 x"))]
        return page_of(browser.client.post(address, data=data, files=files, headers=headers))
    return page_of(browser.client.post(address, data=data, headers=headers))


def test_an_upload_is_refused_before_any_file_is_taken(world: World) -> None:
    """The token comes first in the form."""
    browser = world.site.browser("anna")
    body = (
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nwrong\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nthe rest'
    )  # it never ends: what comes after the token is not read
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert browser.client.post("/upload", content=body, headers=headers).status_code == 403
    assert list(world.site.settings.staging.iterdir()) == []


def test_forms_without_a_login_lead_to_the_login(world: World) -> None:
    """And do nothing."""
    for address in forms(world):
        answer = world.site.anonymous().client.post(address, follow_redirects=False)
        assert answer.status_code == 303, address
        assert answer.headers["location"] == "/login?next=/archive"


@pytest.mark.parametrize("size", [3_000_000])
def test_forms_have_a_size(world: World, size: int) -> None:
    """More is not read; nor is nonsense taken for a form."""
    browser = world.site.browser("anna")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = browser.client.post("/archive/selection", content=b"a" * size, headers=headers)
    assert answer.status_code == 413
    for body in (b"a=%ff%fe", "a=ä".encode(), b"&".join([b"a=1"] * 60_000)):
        answer = browser.client.post("/archive/selection", content=body, headers=headers)
        assert answer.status_code == 400, body[:20]


# --- documents of others --------------------------------------------------------------------------


def test_documents_of_other_projects_are_not_there(world: World) -> None:
    """As if they were not: no page, no form, no list, no selection."""
    browser = world.site.browser("anna")
    for address in (f"/documents/{world.other}", f"/documents/{world.other}/delete"):
        page = browser.get(address)
        assert (page.status, "There is nothing here" in page.text) == (404, True)
    for form in ("read", "password", "delete"):
        data = {"password": "x"}
        assert browser.post(f"/documents/{world.other}/{form}", data).status == 404
    assert browser.get(f"/archive?project={world.other_project}").status == 404
    assert world.other not in browser.get(f"/archive/rows?id={world.other}").html
    for action in ("export", "delete", "read_again"):
        data = {"action": action, "ids": world.other, "confirmed": "yes", "format": "json"}
        page = browser.post("/archive/selection", data)
        assert page.status == 200
        assert EVIL not in page.html or action != "export"
    data = {"action": "export_all", "project": world.other_project, "format": "csv"}
    assert browser.post("/archive/selection", data).status == 404
    with world.site.service.database.read() as session:
        assert session.get(Row, world.other) is not None


def test_an_export_of_documents_of_others_is_empty(world: World) -> None:
    """The file has no line."""
    data = {"action": "export", "ids": world.other, "format": "json"}
    assert world.site.browser("anna").post("/archive/selection", data).html == ""


def test_uploads_go_to_no_project_of_others(world: World) -> None:
    """It is not there either."""
    browser = world.site.browser("anna")
    files = [("file", ("a.pdf", b"%PDF-1.4 x"))]
    data = {"csrf": browser.csrf(), "project": world.other_project}
    assert browser.client.post("/upload", data=data, files=files).status_code == 404


def test_who_may_only_upload_does_not_delete(world: World) -> None:
    """Buttons that would not work are not shown."""
    world.site.user("uploader", {world.project: "uploader"})
    browser = world.site.browser("uploader")
    page = browser.get(f"/documents/{world.own}")
    assert page.all("form", action=f"/documents/{world.own}/read")
    assert not page.all("form", action=f"/documents/{world.own}/delete")
    assert not browser.get("/archive").all("button", value="delete")
    assert browser.get(f"/documents/{world.own}/delete").status == 403
    assert browser.post(f"/documents/{world.own}/delete").status == 403
    data = {"action": "delete", "ids": world.own, "confirmed": "yes"}
    assert "Documents deleted: 0." in browser.post("/archive/selection", data).text


# --- errors and files -----------------------------------------------------------------------------


def test_a_fault_of_the_program_is_a_page_too(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a word of what was wrong; the log has it."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    browser = world.site.browser("anna")
    monkeypatch.setattr("service.pages.archive.overview", fail)
    page = browser.get("/archive")
    assert page.status == 500
    assert "The program failed" in page.text
    assert "secret" not in page.html
    assert "ZeroDivisionError" in caplog.text
    harmless(page)


def test_errors_of_the_api_stay_problem_documents(world: World) -> None:
    """For programs; those of pages are for people."""
    client = world.site.browser("anna").client
    for path in ("/api/v1/nothing", "/api/v1/documents/nothing", "/api/v1"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert page_of(client.get("/nothing")).headers["content-type"].startswith("text/html")
    assert client.post("/nothing").status_code == 404


def test_style_sheets_and_scripts_are_kept_under_their_version(world: World) -> None:
    """For good; under another one they are asked for again; nothing else of the disk is served."""
    client = world.site.anonymous().client
    own = client.get(statics.address("app.js"))
    assert own.headers["cache-control"] == statics.FOREVER
    for path in ("/static/app.js", "/static/000000000000/app.js"):
        answer = client.get(path)
        assert (answer.text, answer.headers["cache-control"]) == (own.text, statics.ASKED_AGAIN)
    again = client.get("/static/app.js", headers={"if-none-match": own.headers["etag"]})
    assert again.status_code == 304
    for path in ("/static/../pages/login.py", "/static/%2e%2e/app.py", "/static/nothing.css"):
        assert client.get(path).status_code == 404


def test_all_files_that_pages_name_are_there(world: World) -> None:
    """Style sheets, scripts and what they import."""
    browser = world.site.browser("anna")
    named = set()
    for address in addresses(world):
        page = browser.get(address)
        named |= {str(own["href"]) for own in page.all("link") if "href" in own}
        named |= {str(own["src"]) for own in page.all("script")}
    for path in named:
        assert browser.client.get(path).status_code == 200, path
    for script in statics.STATIC.glob("*.js"):
        for name in re.findall(r'(?:from|import|: ) "\./([\w.]+)"', script.read_text("utf-8")):
            assert (statics.STATIC / name).is_file(), (script.name, name)
