"""The service over HTTP: a real server process on SQLite and on PostgreSQL, real migrations."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from extractor.document import Document
from tests.serving import BACKENDS, Server, listed, pdf, server, settled, upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module", params=BACKENDS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server without accounts, with one worker."""
    with server(tmp_path_factory.mktemp("data"), request.param, "--no-auth") as found:
        yield found


@pytest.fixture
def client(running: Server) -> Iterator[httpx.Client]:
    """A client of an empty archive."""
    with running.client() as found:
        yield found
        for item in listed(found):
            assert found.delete(f"/api/v1/documents/{item['id']}").status_code == 204


def test_an_upload_is_read_and_its_result_is_that_of_the_contract(client: httpx.Client) -> None:
    """From the file to its JSON, under the name that it was sent with."""
    answer = upload(client, "ok 2")
    assert answer.status_code == 201
    sent = answer.json()["items"][0]["document"]
    assert (sent["state"], sent["name"]) == ("queued", "0.pdf")
    (item,) = settled(client)
    assert (item["state"], item["pages"], item["pages_done"]) == ("done", 2, 2)
    result = client.get(f"/api/v1/documents/{item['id']}/result")
    document = Document.from_json(result.content)
    assert document.document.filename == "0.pdf"
    assert document.document.page_count == 2
    again = client.get(
        f"/api/v1/documents/{item['id']}/result", headers={"If-None-Match": result.headers["etag"]}
    )
    assert again.status_code == 304


def test_the_same_file_is_one_document(client: httpx.Client) -> None:
    """However often and under whatever name it is sent."""
    first = upload(client, "ok 1#same").json()["items"][0]["document"]
    answer = client.post("/api/v1/documents", files={"file": ("other.pdf", pdf("ok 1#same"))})
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert (item["status"], item["document"]["id"]) == ("duplicate", first["id"])


def test_a_password_that_is_wrong_is_told(client: httpx.Client) -> None:
    """In another sentence than that one is needed. The stand-in reader never opens it."""
    upload(client, "encrypted#w")
    (item,) = settled(client)
    assert item["error"] == "it is locked: give its password"
    path = f"/api/v1/documents/{item['id']}/password"
    assert client.post(path, json={"password": "no"}).status_code == 202
    (item,) = settled(client)
    assert item["error_code"] == "encrypted"
    assert item["error"] == "the password does not open it: give the right one"


def test_a_document_that_is_not_locked_takes_no_password(client: httpx.Client) -> None:
    """It is not read again for it."""
    upload(client, "ok 1#unlocked")
    (item,) = settled(client)
    path = f"/api/v1/documents/{item['id']}/password"
    answer = client.post(path, json={"password": "secret"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_locked")
    assert listed(client) == [item]


@pytest.mark.parametrize(
    "path", ["documents?yaer=2021", "export?q=1&yaer=2021", "me?yaer=1", "documents/x?yaer=1"]
)
def test_parameters_that_nobody_knows_are_refused(client: httpx.Client, path: str) -> None:
    """One that is mistyped would give everything."""
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "yaer" in answer.json()["detail"]
    assert client.head(f"/api/v1/{path}").status_code == 422


def test_a_batch_goes_on_past_what_is_refused(client: httpx.Client) -> None:
    """Each file has an outcome of its own."""
    files = [("file", ("a.pdf", pdf("ok 1#a"))), ("file", ("b.docx", b"PK\x03\x04")),
             ("file", ("c.pdf", b"")), ("file", ("d.pdf", pdf("ok 1#d")))]  # fmt: skip
    answer = client.post("/api/v1/documents", files=files)
    assert answer.status_code == 201
    body = answer.json()
    assert [item["status"] for item in body["items"]] == [
        "created", "refused", "refused", "created"
    ]  # fmt: skip
    assert (body["created"], body["refused"]) == (2, 2)
    assert all(item["problem"]["detail"] for item in body["items"] if item["problem"])


def test_an_archive_is_taken_apart(client: httpx.Client) -> None:
    """Entries are documents by the names they have in it; what leads out of it is only a name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("2021/报告.pdf", pdf("ok 1#one"))
        archive.writestr("../../up.pdf", pdf("ok 1#two"))
        archive.writestr("inner.zip", packed.getvalue() or b"PK\x05\x06" + bytes(18))
    answer = client.post("/api/v1/documents", files={"file": ("all.zip", packed.getvalue())})
    items = {item["name"]: item["status"] for item in answer.json()["items"]}
    assert items == {"2021/报告.pdf": "created", "up.pdf": "created", "inner.zip": "refused"}


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.txt", b"hello", 415, "unsupported"),
        ("a.pdf", b"", 422, "unreadable"),
    ],
)
def test_a_refused_file_is_a_problem_document(
    client: httpx.Client, name: str, content: bytes, status: int, code: str
) -> None:
    """With its class, one sentence and the outcome of each file."""
    answer = client.post("/api/v1/documents", files={"file": (name, content)})
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["detail"].startswith(f"{name}: ")
    assert len(body["items"]) == 1


@pytest.mark.parametrize(
    ("text", "code", "attempts"),
    [("encrypted", "encrypted", 1), ("crash", "crashed", 3), ("bug", "bug", 3)],
)
def test_a_document_that_cannot_be_read_says_why(
    client: httpx.Client, text: str, code: str, attempts: int
) -> None:
    """What kills its reader is tried three times; the others are not held up."""
    upload(client, text, "ok 1#after")
    failed, fine = sorted(settled(client), key=lambda item: item["name"])
    assert (failed["state"], failed["error_code"]) == ("failed", code)
    assert failed["error"]
    assert "/" not in failed["error"]
    assert fine["state"] == "done"
    answer = client.get(f"/api/v1/documents/{failed['id']}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_result")


def test_a_list_in_parts_has_everything_once(client: httpx.Client) -> None:
    """In any order; a cursor of another order is refused."""
    upload(client, *(f"ok 1#{i}" for i in range(7)))
    settled(client)
    for order in ("ascending", "descending"):
        for sort in ("uploaded", "name", "agency", "year", "needs_review", "state"):
            query = {"limit": "3", "sort": sort, "order": order}
            seen: list[str] = []
            cursor = None
            while cursor is not None or not seen:
                more: dict[str, str] = {"cursor": cursor} if cursor else {}
                body = client.get("/api/v1/documents", params=query | more).json()
                seen += [item["name"] for item in body["items"]]
                cursor = body["next"]
            assert sorted(seen) == [f"{i}.pdf" for i in range(7)]
            if sort in ("uploaded", "name"):
                assert seen == sorted(seen, reverse=order == "descending")
    body = client.get("/api/v1/documents", params={"limit": "3"}).json()
    wrong = client.get("/api/v1/documents", params={"sort": "name", "cursor": body["next"]})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor")


def test_filters_choose(client: httpx.Client) -> None:
    """By name, state and whether somebody should look."""
    upload(client, "ok 1#x", "encrypted")
    settled(client)

    def names(**query: str) -> list[str]:
        found = client.get("/api/v1/documents", params=query).json()["items"]
        return sorted(item["name"] for item in found)

    assert names(q="0.PDF") == ["0.pdf"]
    assert names(q="%") == []
    assert names(state="failed") == ["1.pdf"]
    assert names(state="done", q="1") == []
    assert names(project="archive") == ["0.pdf", "1.pdf"]


def test_results_can_be_downloaded(client: httpx.Client) -> None:
    """One document or a selection, in every format."""
    upload(client, "ok 1#p", "ok 2#q")
    items = settled(client)
    lines = client.get("/api/v1/export", params={"format": "json"}).content.splitlines()
    assert [json.loads(line)["document"]["filename"] for line in lines] == ["0.pdf", "1.pdf"]
    table = client.get("/api/v1/export", params={"format": "csv", "sheet": "reports", "q": "1"})
    assert table.content.startswith(b"\xef\xbb\xbffile,")
    assert len(table.content.splitlines()) == 2
    book = client.get(f"/api/v1/documents/{items[0]['id']}/export", params={"format": "xlsx"})
    assert "fields" in openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
    assert "attachment" in book.headers["content-disposition"]
    ids = {"format": "json", "ids": [items[0]["id"], "nothing"]}
    (line,) = client.get("/api/v1/export", params=ids).content.splitlines()
    assert json.loads(line)["document"]["filename"] == items[0]["name"]


@pytest.mark.parametrize(
    ("query", "name", "media"),
    [
        ({"format": "json"}, "0.json", "application/json"),
        ({"format": "csv"}, "0-fields.csv", "text/csv; charset=utf-8"),
        ({"format": "csv", "sheet": "tables"}, "0-tables.csv", "text/csv; charset=utf-8"),
    ],
)
def test_downloads_of_a_document_have_names_that_tell_them_apart(
    client: httpx.Client, query: dict[str, str], name: str, media: str
) -> None:
    """One JSON is a document, not JSON Lines."""
    upload(client, "ok 1#names")
    (item,) = settled(client)
    base = f"/api/v1/documents/{item['id']}"
    answer = client.get(f"{base}/export", params=query)
    assert answer.headers["content-type"] == media
    assert answer.headers["content-disposition"].endswith(f"''{name}")
    if query["format"] == "json":
        assert answer.content == client.get(f"{base}/result").content


def test_the_original_and_the_pictures_come_back(client: httpx.Client) -> None:
    """Byte for byte; a picture is there for each page and no other."""
    upload(client, "ok 2#r")
    (item,) = settled(client)
    base = f"/api/v1/documents/{item['id']}"
    assert client.get(f"{base}/original").content == pdf("ok 2#r")
    picture = client.get(f"{base}/pages/2/picture")
    assert picture.content[:4] == b"RIFF"
    assert client.get(f"{base}/pages/3/picture").status_code == 404
    tag = {"If-None-Match": picture.headers["etag"]}
    assert client.get(f"{base}/pages/2/picture", headers=tag).status_code == 304


def test_deleting_removes_the_files(client: httpx.Client, running: Server) -> None:
    """Nothing of the document is left in the store; the same file can come again."""
    upload(client, "ok 2#s")
    (item,) = settled(client)
    files = Path(running.environment["EXTRACTOR_DATA"], "files")
    assert len([f for f in files.rglob("*") if f.is_file()]) >= 3
    assert client.delete(f"/api/v1/documents/{item['id']}").status_code == 204
    assert [f for f in files.rglob("*") if f.is_file()] == []
    assert client.get(f"/api/v1/documents/{item['id']}").status_code == 404
    upload(client, "ok 2#s")
    (again,) = settled(client)
    assert again["state"] == "done"
    assert again["id"] != item["id"]


def test_reading_again_keeps_the_result_until_there_is_a_new_one(client: httpx.Client) -> None:
    """And says meanwhile that it is being read."""
    upload(client, "slow 1")
    (item,) = settled(client)
    answer = client.post(f"/api/v1/documents/{item['id']}/read")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["reading_again"]) == ("done", True)
    busy = client.post(f"/api/v1/documents/{item['id']}/read")
    assert (busy.status_code, busy.json()["code"]) == (409, "busy")
    assert client.get(f"/api/v1/documents/{item['id']}/result").status_code == 200
    (again,) = settled(client)
    assert again["finished_at"] > item["finished_at"]


def test_a_request_that_is_sent_again_gets_the_same_answer(client: httpx.Client) -> None:
    """By its Idempotency-Key; the key with another request is refused."""
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/api/v1/documents", files={"file": ("a.pdf", pdf("ok#i"))}, headers=key)
    again = client.post("/api/v1/documents", files={"file": ("a.pdf", pdf("ok#i"))}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = client.post("/api/v1/documents", files={"file": ("a.pdf", pdf("ok#j"))}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    project = client.post("/api/v1/projects", json={"name": "elsewhere"}).json()["id"]
    file = {"file": ("a.pdf", pdf("ok#i"))}
    moved = client.post("/api/v1/documents", headers=key, files=file, data={"project": project})
    client.delete(f"/api/v1/projects/{project}").raise_for_status()
    assert (moved.status_code, moved.json()["code"]) == (422, "key_reused")


def test_events_tell_what_changes(client: httpx.Client, running: Server) -> None:
    """From queued to done; who was cut off is told what happened meanwhile."""
    states: list[str] = []
    with running.client() as other, other.stream("GET", "/api/v1/events") as stream:
        upload(client, "slow 2")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                item = json.loads(line[6:])
                if item["name"] == "0.pdf":
                    states.append(item["state"])
            if line.startswith("id: ") and states:
                moment = line[4:]
            if states and states[-1] == "done":
                break
    assert states[0] in ("queued", "reading")
    with running.client() as other:
        again = other.stream("GET", "/api/v1/events", headers={"Last-Event-ID": moment})
        with again as stream:
            line = next(line for line in stream.iter_lines() if line.startswith("data: "))
            assert json.loads(line[6:])["name"] == "0.pdf"


def test_what_the_framework_refuses_is_a_problem_document(client: httpx.Client) -> None:
    """A wrong address, method or parameter has the same shape as all other errors."""
    for method, path, status in (
        ("GET", "/api/v1/nowhere", 404), ("PUT", "/api/v1/documents", 405),
        ("GET", "/api/v1/documents?limit=0", 422), ("POST", "/api/v1/documents", 400),
    ):  # fmt: skip
        answer = client.request(method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code == status == answer.json()["status"]
        assert {"title", "status", "detail", "code"} <= set(answer.json())


def test_no_page_of_another_site_can_do_anything(client: httpx.Client) -> None:
    """Neither by a form nor by a name that leads here."""
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        answer = client.post("/api/v1/documents", files={"file": ("a", b"b")}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    answer = client.get("/api/v1/documents", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "host")


def test_a_large_body_is_refused_where_no_upload_is_taken(client: httpx.Client) -> None:
    """Whether it says its length or not."""
    large = b"[" + b"1," * (1024 * 1024)
    for content in (large, iter([large, large])):
        answer = client.post("/api/v1/projects", content=content)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_figures_for_those_who_watch(client: httpx.Client) -> None:
    """Prometheus can read them; the service says that it is ready."""
    upload(client, "ok 2#m")
    settled(client)
    assert client.get("/readyz").json()["status"] == "ready"
    text = client.get("/metrics").text
    assert 'extractor_documents{state="done"} 1.0' in text
    assert "extractor_workers 1.0" in text
    assert "extractor_page_seconds_count" in text


def test_what_was_read_stays_counted(client: httpx.Client) -> None:
    """Also when the documents are deleted: a counter never falls."""

    def counted() -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        counts = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        names = "extractor_pages_read", "extractor_page_seconds"
        return {name: float(value) for name, _, value in counts if name.startswith(names)}

    before = counted()
    upload(client, "ok 3#counted")
    (item,) = settled(client)
    read = counted()
    assert read["extractor_pages_read_total"] == before["extractor_pages_read_total"] + 3
    assert read["extractor_page_seconds_count"] == read["extractor_pages_read_total"]
    assert client.delete(f"/api/v1/documents/{item['id']}").status_code == 204
    assert counted() == read


def test_log_lines_are_json_with_ids_and_without_what_stands_in_documents(
    client: httpx.Client, running: Server
) -> None:
    """One object a line."""
    client.get("/api/v1/documents", params={"q": "geheim"}, headers={"X-Request-ID": "r-42"})
    running.process.wait_for('"request": ?"r-42"')
    lines = [line for line in running.process.lines if line.startswith("{")]
    assert all(json.loads(line)["level"] for line in lines)
    assert "geheim" not in "".join(running.process.lines)


def test_a_status_is_a_number_in_lines_of_text(tmp_path: Path) -> None:
    """Also that of a problem document."""
    with server(tmp_path, "sqlite", "--no-auth", log_format="text", workers="0") as running:
        with running.client() as client:
            client.get("/api/v1/documents/nothing")
        assert running.process.wait_for(r"answered.*documents/nothing.*status=404\b")
