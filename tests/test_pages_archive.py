"""The archive's pages over HTTP, without scripts: list, filters, parts, upload, selection."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest

from extractor.document import Document
from service.repository import audit
from service.rows import Document as Row
from tests.example_documents import example_document
from tests.page_site import Browser, Page, Site, page_of


@pytest.fixture
def browser(site: Site) -> Browser:
    """Everybody is let in."""
    return site.anonymous()


def names(page: Page) -> list[str]:
    """The names of the documents that a page lists."""
    return [
        str(own["aria-label"]).removeprefix("Choose ")
        for own in page.all("input", name="ids", type="checkbox")
    ]


def link(page: Page, rel: str) -> str:
    return str(page.all("a", rel=rel)[0]["href"])


# --- the list -------------------------------------------------------------------------------------


def test_the_start_leads_to_the_archive(browser: Browser) -> None:
    """An empty one says what to do."""
    page = browser.get("/")
    assert (page.path, page.status) == ("/archive", 200)
    assert "There are no documents yet" in page.text
    assert page.all("input", type="file", name="file")
    assert page.headers["cache-control"] == "no-store"


def test_what_a_row_says(site: Site, browser: Browser, project: str) -> None:
    """Of a document that was read, one that is being read, one that failed."""
    site.document(project, "2022/临江.pdf", example_document(), agency="临江县人民政府")
    site.document(project, "b.pdf", state="reading", pages=9, pages_done=4)
    site.document(
        project, "c.pdf", state="failed", error_code="encrypted",
        error="it is locked: give its password",
    )  # fmt: skip
    page = browser.get("/archive")
    assert names(page) == ["c.pdf", "b.pdf", "临江.pdf"]
    for text in ("Locked", "4 of 9", "Read", "临江县人民政府", "Annual disclosure report"):
        assert text in page.text
    assert page.all("progress", max="9", value="4")
    for text in ("3 documents", "1 under way", "1 document to review", "1 not read"):
        assert text in page.text
    chinese = browser.get("/archive", headers={"accept-language": "zh"})
    assert "文件已加密，请输入密码" in chinese.html
    assert "识别中" in chinese.text


@pytest.fixture
def several(site: Site, project: str) -> None:
    """Documents with different agencies, years and states."""
    for name, agency, year, review in (
        ("a.pdf", "甲县", 2021, 0), ("b.pdf", "乙县", 2022, 3), ("c%_.pdf", "乙县", 2021, 1)
    ):  # fmt: skip
        site.document(project, name, state="done", agency=agency, year=year, needs_review=review,
                      form="gov-disclosure-annual/2021")  # fmt: skip
    site.document(project, "d.pdf", state="failed", error_code="unreadable", error="broken")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "dcba"), ("q=乙", "cb"), ("q=B.PDF", "b"), ("q=%25_", "c"), ("agency=乙县", "cb"),
        ("year=2021", "ca"), ("year=2021&agency=乙县", "c"), ("state=failed", "d"),
        ("needs_review=true", "cb"), ("needs_review=false", "da"),
        ("form=gov-disclosure-annual/2021", "cba"), ("sort=name", "abcd"),
        ("sort=name&order=descending", "dcba"), ("sort=needs_review", "bcad"), ("q=nothing", ""),
        ("year=soon", "dcba"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("several")
def test_filters_and_orders_are_a_plain_form(browser: Browser, query: str, found: str) -> None:
    """The list is what its address says."""
    page = browser.get(f"/archive?{query}")
    assert "".join(name[0] for name in names(page)) == found
    assert ("Nothing matches" in page.text) is True
    (nothing,) = page.all("p", id="nothing")
    assert ("hidden" in nothing) == bool(found)


@pytest.mark.usefixtures("several")
def test_columns_are_sorted_by_their_heads(browser: Browser) -> None:
    """A link that keeps the filters; the sorted one says how."""
    page = browser.get("/archive?agency=乙县&sort=name")
    (sorted_by,) = [own for tag, own in page.elements if tag == "th" and "aria-sort" in own]
    assert sorted_by["aria-sort"] == "ascending"
    addresses = [str(own["href"]) for own in page.all("a")]
    again = next(a for a in addresses if "sort=name" in a)
    assert "order=descending" in again
    assert names(browser.get(again)) == ["c%_.pdf", "b.pdf"]
    assert page.all("option", value="乙县")[0].keys() >= {"selected"}


def test_parts_follow_each_other(site: Site, browser: Browser, project: str) -> None:
    """100 rows, then the rest; nothing twice, nothing lost."""
    for number in range(103):
        site.document(project, f"{number:03}.pdf", state="done")
    first = browser.get("/archive?sort=name")
    second = browser.get(link(first, "next"))
    assert names(first) + names(second) == [f"{n:03}.pdf" for n in range(103)]
    assert not second.all("a", rel="next")
    assert names(browser.get("/archive/rows?" + link(first, "next").partition("?")[2])) == names(
        second
    )
    wrong = browser.get("/archive?sort=year&" + link(first, "next").partition("?")[2][10:])
    assert (wrong.status, "This part of the list is gone" in wrong.text) == (400, True)


@pytest.mark.usefixtures("several")
def test_scripts_ask_for_some_rows_within_the_filters(browser: Browser) -> None:
    """A row that does not match any more is not there."""
    rows = browser.client.get("/api/v1/documents").json()["items"]
    ids = "&".join(f"id={row['id']}" for row in rows)
    assert names(browser.get(f"/archive/rows?{ids}")) == ["d.pdf", "c%_.pdf", "b.pdf", "a.pdf"]
    page = browser.get(f"/archive/rows?state=failed&{ids}")
    assert names(page) == ["d.pdf"]
    assert page.all("p", id="glance")


# --- uploads --------------------------------------------------------------------------------------


def pdf(text: str) -> bytes:
    return f"%PDF-1.4 {text}".encode()


def send(browser: Browser, *files: tuple[str, bytes], **fields: str) -> Page:
    """The page after the upload form was sent."""
    sent = [("file", file) for file in files]
    data = {"csrf": browser.csrf(), **fields}
    return page_of(browser.client.post("/upload", data=data, files=sent))


def test_files_are_taken_in_and_the_list_says_so(browser: Browser) -> None:
    """Then a redirect, so that loading again sends nothing."""
    page = send(browser, ("甲.pdf", pdf("1")), ("乙.pdf", pdf("2")))
    assert page.path == "/archive"
    assert "Files taken in: 2. Already there: 0." in page.text
    assert sorted(names(page)) == ["乙.pdf", "甲.pdf"]
    again = send(browser, ("甲.pdf", pdf("1")))
    assert "Files taken in: 0. Already there: 1." in again.text
    assert "Files taken in" not in browser.get("/archive").text


def test_a_file_that_is_here_under_another_name_is_told_with_it(browser: Browser) -> None:
    """So that it can be found."""
    send(browser, ("甲.pdf", pdf("1")))
    page = send(browser, ("丙.pdf", pdf("1")), ("丁.pdf", pdf("2")))
    assert page.status == 200
    assert "under another name" in page.text
    assert "丙.pdf 甲.pdf" in page.text or "丙.pdf甲.pdf" in page.text
    assert "丁.pdf" not in page.text
    assert "not taken" not in page.text


def test_files_that_are_refused_are_told_with_what_to_do(browser: Browser) -> None:
    """The others are taken; in Chinese too."""
    page = send(browser, ("甲.pdf", pdf("1")), ("<b>notes.txt", b"some text\n"))
    assert page.status == 200
    assert "Files taken in: 1." in page.text
    assert "this is a text file: print it to a PDF" in page.text
    browser.get("/language/zh")
    page = send(browser, ("空.pdf", b""))
    assert page.status == 422
    assert "文件为空：请从原处重新复制" in page.text


def test_a_zip_is_taken_apart(browser: Browser) -> None:
    """Each file of it is told by itself."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("年报/甲.pdf", pdf("1"))
        archive.writestr("年报/说明.txt", "text")
    page = send(browser, ("all.zip", packed.getvalue()))
    assert "1 file was not taken" in page.text
    assert "说明.txt" in page.text
    assert names(browser.get("/archive")) == ["甲.pdf"]


def test_a_form_without_files_says_so(browser: Browser) -> None:
    """Browsers send an empty part for an empty input."""
    assert "Choose files first" in send(browser, ("", b"")).text


def test_what_is_no_upload_is_an_error_page(browser: Browser) -> None:
    """With its status."""
    answer = browser.client.post("/upload", content=b"x", headers={"content-type": "text/plain"})
    page = page_of(answer)
    assert (page.status, "This did not work" in page.text) == (400, True)


# --- what is chosen -------------------------------------------------------------------------------


@pytest.fixture
def ids(site: Site, project: str) -> list[str]:
    """Two documents that were read."""
    return [site.document(project, f"{name}.pdf", example_document(f"{name}.pdf")) for name in "ab"]


def choose(browser: Browser, action: str, ids: list[str], **more: str) -> Page:
    return browser.post("/archive/selection", {"action": action, "ids": ids, **more})


def test_chosen_documents_are_downloaded(browser: Browser, ids: list[str]) -> None:
    """Those and no others, in every format."""
    page = choose(browser, "export", ids[:1], format="csv", sheet="reports")
    assert page.headers["content-disposition"].endswith("documents-reports.csv")
    assert (page.html.count("a.pdf"), page.html.count("b.pdf")) == (1, 0)
    lines = choose(browser, "export", ids, format="json").html.splitlines()
    assert [Document.from_json(line).document.filename for line in lines] == ["a.pdf", "b.pdf"]
    answer = browser.client.post(
        "/archive/selection",
        data={"csrf": browser.csrf(), "action": "export", "ids": ids, "format": "xlsx"},
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert {"fields", "reports"} <= {name.lower() for name in book.sheetnames}
    assert choose(browser, "export", ids, format="exe").status == 200, "nonsense is Excel"


def test_all_that_match_are_downloaded_by_the_api(browser: Browser, project: str) -> None:
    """The form leads to the address, with the filters of the list and nothing else."""
    data = {"csrf": browser.csrf(), "action": "export_all", "format": "csv", "sheet": "tables",
            "project": project, "q": "临江", "year": "2022", "ids": "x"}  # fmt: skip
    answer = browser.client.post("/archive/selection", data=data, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == (
        f"/api/v1/export?q=%E4%B8%B4%E6%B1%9F&year=2022&project={project}&format=csv&sheet=tables"
    )


def test_deleting_asks_first(site: Site, browser: Browser, ids: list[str]) -> None:
    """On a page of its own; then it is for good."""
    page = choose(browser, "delete", ids)
    assert "Delete 2 documents?" in page.text
    assert [own["value"] for own in page.all("input", name="ids")] == ids
    with site.service.database.read() as session:
        assert session.get(Row, ids[0]) is not None
    done = choose(browser, "delete", ids, confirmed="yes", back="/archive?q=a")
    assert "Documents deleted: 2." in done.text
    assert done.path == "/archive"
    with site.service.database.read() as session:
        assert session.get(Row, ids[0]) is None
        actions = [row.action for row in audit.latest(session, None, 5)]
    assert actions.count("document.delete") == 2


def test_documents_are_read_again(site: Site, browser: Browser, ids: list[str]) -> None:
    """Once: those that are being read are left alone."""
    assert "Documents that are read again: 2." in choose(browser, "read_again", ids).text
    assert "being read at this moment" in choose(browser, "read_again", ids).text
    with site.service.database.read() as session:
        row = session.get(Row, ids[0])
        assert row is not None
        assert (row.state, row.next_id is not None) == ("done", True)


@pytest.mark.parametrize("action", ["delete", "export", "read_again", "nonsense", ""])
def test_nothing_is_done_without_a_choice(browser: Browser, action: str) -> None:
    """And it is said what to do."""
    assert "Choose documents first" in choose(browser, action, []).text


def test_a_choice_never_leads_elsewhere(browser: Browser, ids: list[str]) -> None:
    """The page to come back to is one of ours."""
    data = {"csrf": browser.csrf(), "action": "read_again", "ids": ids, "back": "//example.org"}
    answer = browser.client.post("/archive/selection", data=data, follow_redirects=False)
    assert answer.headers["location"] == "/archive"


def test_the_words_of_scripts(browser: Browser) -> None:
    """Messages and sentences of a language, kept by browsers under their version."""
    answer = browser.client.get("/words/zh.js")
    body = json.loads(answer.text.removeprefix("export default ").rstrip(";\n"))
    assert body["messages"]["Cancel"] == "取消"
    assert any("文件为空" in text for _, text in body["sentences"])
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert browser.client.get("/words/fr.js").status_code == 422
    assert json.loads(browser.client.get("/words/en.js").text[15:-2]) == {
        "messages": {}, "sentences": []
    }  # fmt: skip


def test_what_is_gone_is_told_of_the_own_project_only(site: Site, browser: Browser) -> None:
    """Whatever project is looked at in another window."""
    ours, theirs = (site.project(name) for name in ("ours", "theirs"))
    ids = [site.document(ours, "a.pdf"), site.document(theirs, "b.pdf"), "made up"]
    browser.get(f"/archive?project={theirs}")
    for path in ("rows", "choices"):
        answer = browser.client.get(f"/archive/{path}?project={ours}")
        assert "set-cookie" not in answer.headers
    query = {"project": ours, "id": ids}
    assert browser.client.get("/archive/gone", params=query).json() == ids[1:]


def test_what_is_filtered_by_can_be_chosen(site: Site, browser: Browser, project: str) -> None:
    """Also where no document is like that any more; for scripts too."""
    site.document(project, "a.pdf", example_document("a.pdf"))
    for path in ("/archive", "/archive/choices"):
        page = browser.get(f"{path}?year=1999&agency=nobody")
        chosen = [one["value"] for one in page.all("option") if "selected" in one]
        assert chosen == ["nobody", "1999"]
        assert page.all("option", value="2022")
