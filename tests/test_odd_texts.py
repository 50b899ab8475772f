"""Zero bytes, halves of characters and nonsense, wherever text is taken: refused, never a fault."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.live_site import live
from tests.page_site import PASSWORD, Site
from tests.serving import BACKENDS, pdf, server, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

ODD = ("a\0b", "\0", "\ud800", "a\udfffb")
BODIES = [  # with a place for a text
    ("POST", "/api/v1/projects", {"name": "?"}),
    ("POST", "/api/v1/projects", {"?": "x"}),
    ("POST", "/api/v1/projects", ["?"]),
    ("PATCH", "/api/v1/projects/x", {"name": "?"}),
    ("POST", "/api/v1/users", {"name": "?"}),
    ("POST", "/api/v1/users", {"name": "x", "roles": {"?": "uploader"}}),
    ("POST", "/api/v1/users", {"name": "x", "roles": {"x": "?"}}),
    ("PATCH", "/api/v1/users/x", {"roles": {"?": "uploader"}}),
    ("POST", "/api/v1/tokens", {"name": "?", "scopes": ["read"]}),
    ("POST", "/api/v1/tokens", {"name": "x", "scopes": ["read"], "project": "?"}),
    ("POST", "/api/v1/tokens", {"name": "x", "scopes": ["?"]}),
    ("POST", "/api/v1/webhooks", {"url": "https://example.org/?"}),
    ("POST", "/api/v1/webhooks", {"url": "https://example.org/", "project": "?"}),
    ("POST", "/api/v1/documents/x/password", {"password": "?"}),
]
NAMES = ("project", "q", "agency", "form", "year", "state", "sort", "cursor", "limit", "sheet")
PATHS = (
    "/api/v1/documents/{}", "/api/v1/documents/{}/result", "/api/v1/documents/{}/pages/{}/picture",
    "/api/v1/documents/{}/fields/{}/crop", "/api/v1/webhooks/{}/deliveries", "/documents/{}",
    "/administration/users/{}", "/language/{}", "/words/{}.js", "/static/{}", "/{}",
)  # fmt: skip


@pytest.fixture(scope="module", params=BACKENDS)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a server without accounts, with a document."""
    folder = tmp_path_factory.mktemp("data")
    with (
        server(
            folder, request.param, "--no-auth", workers="0", rate_limit="100000/minute"
        ) as found,
        found.client() as client,
    ):
        upload(client, "ok 1")
        yield client


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_bodies(client: httpx.Client, method: str, path: str, body: object, odd: str) -> None:
    """As the JSON of a program that does not look."""
    content = json.dumps(body).replace('"?"', json.dumps(odd)).replace("?", json.dumps(odd)[1:-1])
    headers = {"Content-Type": "application/json"}
    answer = client.request(method, path, content=content.encode(), headers=headers)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content", [b'{"name": ' + b"[" * 90_000, b"[" * 100_000, b"\xff", b"1" * 9999]
)
def test_bodies_that_are_no_json(client: httpx.Client, content: bytes) -> None:
    """However deep."""
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/projects", content=content, headers=headers)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("sort", ["uploaded", "name", "agency", "year", "state"])
def test_cursors(client: httpx.Client, sort: str) -> None:
    """What they hold is somebody else's text too."""
    texts = [json.dumps([sort, odd, "x"]) for odd in ODD]
    texts += [json.dumps([sort, "x", odd]) for odd in ODD]
    texts += [json.dumps([sort, 1, odd]) for odd in ODD]
    texts += ["[" * 1400, "1" * 1400, "NaN", '["year", 1e999, "x"]', '["year", NaN, "x"]', "\xe9"]
    for text in texts:
        cursor = base64.urlsafe_b64encode(text.encode()).decode()
        answer = client.get("/api/v1/documents", params={"sort": sort, "cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor"), text
        page = client.get("/archive", params={"sort": sort, "cursor": cursor})
        assert page.status_code < 500, text


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%ed%a0%80", "%ff", "%u0000", "%"])
def test_addresses(client: httpx.Client, odd: str) -> None:
    """Of the API, of pages, of files."""
    for path in PATHS:
        answer = client.get(path.replace("{}", odd))
        assert answer.status_code < 500, path
        assert answer.status_code == 400 or "%00" not in odd, path
    for name in NAMES:
        for path in ("/api/v1/documents", "/api/v1/export", "/archive", "/api/v1/audit"):
            answer = client.get(f"{path}?{name}={odd}")
            assert answer.status_code < 500, (path, name)
            assert answer.status_code == 400 or "%00" not in odd, (path, name)


@pytest.mark.parametrize("odd", [b"\0", b"a\0b", b"\xed\xa0\x80", b"\xff"])
def test_parts_of_uploads(client: httpx.Client, odd: bytes) -> None:
    """Fields, names of fields, names of files."""
    for head, value in (
        (b'name="project"', odd),
        (b'name="password"', odd),
        (b'name="' + odd + b'"', b"x"),
        (b'name="file"; filename="' + odd + b'.pdf"', pdf("ok 1#odd")),
    ):
        body = b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + value
        body += b'\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        body += pdf("ok 1#other") + b"\r\n--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        for path in ("/api/v1/documents", "/upload"):
            answer = client.post(path, content=body, headers=headers)
            assert answer.status_code < 500, (path, head)


@pytest.mark.parametrize("odd", [b"\x80\xff", b"\x01", b'"\\000"', b"%00", "钥".encode()])
def test_headers(client: httpx.Client, odd: bytes) -> None:
    """Keys, cookies, tags."""
    names = (
        b"Idempotency-Key", b"Authorization", b"If-None-Match", b"Accept-Language", b"X-CSRF-Token",
        b"X-Request-ID", b"Accept", b"Origin", b"Sec-Fetch-Site", b"X-Forwarded-For",
    )  # fmt: skip
    cookies = [
        b"extractor_session=",
        b"extractor_project=",
        b"extractor_language=",
        b"extractor_note=",
    ]
    given = [(name, odd) for name in names] + [(b"Cookie", one + odd) for one in cookies]
    for name, value in given:
        for path in ("/api/v1/documents", "/archive", "/api/v1/me"):
            assert client.get(path, headers={name: value}).status_code < 500, (name, path)
        files = {"file": ("a.pdf", pdf("ok 1"))}
        answer = client.post("/api/v1/documents", files=files, headers={name: value})
        assert answer.status_code < 500, name


def test_tokens_of_forms(tmp_path: Path) -> None:
    """Of somebody who is logged in: one in other letters is just wrong."""
    site = Site(tmp_path)
    site.user("anna", administrator=True)
    with live(site) as served, served.client() as client:
        client.post("/login", data={"name": "anna", "password": PASSWORD})
        for odd in ("é", "钥", "\0"):
            assert client.post("/logout", data={"csrf": odd}).status_code == 403
        headers = {b"X-CSRF-Token": b"\xe9"}
        answer = client.post("/api/v1/projects", json={"name": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        form = {"name": "钥\0", "password": "é\0"}
        assert client.post("/login", data=form).status_code < 500
