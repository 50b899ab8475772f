"""The archive in a browser: uploads with their progress, the list as it changes, choosing."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visitor, file, pdf, visitor
from tests.serving import listed, settled, upload

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Browser, Dialog, Locator, Route

    from tests.serving import Server

DONE_MS = 60_000
EMPTY = {"width": 0, "height": 0}


@pytest.fixture
def client(running: Server) -> Iterator[httpx.Client]:
    """The API, to prepare documents; the archive is empty at first."""
    with running.client() as found:
        for item in listed(found):
            found.delete(f"/api/v1/documents/{item['id']}")
        yield found


@pytest.fixture
def anna(
    browser: Browser, running: Server, tmp_path: Path, client: httpx.Client
) -> Iterator[Visitor]:
    """A visitor of an empty archive."""
    with visitor(browser, running.url, tmp_path) as found:
        found.go("/archive")
        yield found


def line(anna: Visitor, name: str) -> Locator:
    return anna.page.locator("#uploads-list > li", has_text=name)


def row(anna: Visitor, name: str) -> Locator:
    return anna.page.locator("#rows > tr", has_text=name)


# --- uploads --------------------------------------------------------------------------------------


def test_files_are_uploaded_and_followed_to_their_end(anna: Visitor) -> None:
    """Each with its progress and its outcome; the list below grows by itself."""
    expect(anna.page.get_by_text("There are no documents yet")).to_be_visible()
    anna.shot("archive-empty")
    files = [pdf("ok 3", "a.pdf"), pdf("slow 2", "b.pdf"), pdf("crash", "c.pdf"),
             file("d.txt", b"some text\n")]  # fmt: skip
    anna.page.set_input_files("#files", files)
    expect(line(anna, "b.pdf")).to_contain_text("read")
    anna.shot("uploads-under-way")
    expect(line(anna, "a.pdf")).to_contain_text("read, 1 field to review", timeout=DONE_MS)
    expect(line(anna, "b.pdf")).to_contain_text("read, 1 field to review", timeout=DONE_MS)
    expect(line(anna, "c.pdf")).to_contain_text("print it to a new PDF", timeout=DONE_MS)
    expect(line(anna, "d.txt")).to_contain_text("this is a text file: print it to a PDF")
    expect(anna.page.locator("#uploads-total")).to_have_text(
        "4 of 4 files done · 2 need your attention", timeout=DONE_MS
    )
    for name, state in (("a.pdf", "Read"), ("b.pdf", "Read"), ("c.pdf", "Reader crashed")):
        expect(row(anna, name)).to_contain_text(state)
    assert row(anna, "d.txt").count() == 0
    expect(anna.page.locator("#glance")).to_contain_text("3 documents")
    anna.shot("uploads-done")
    line(anna, "a.pdf").get_by_role("link", name="Open").click()
    expect(anna.page.locator("#fields")).to_be_visible()
    anna.go("/archive")
    assert anna.page.locator("#uploads").is_hidden(), "it is just the list then"
    assert row(anna, "a.pdf").is_visible()


def drop(anna: Visitor, *paths: Path) -> None:
    """Drags files and folders of the disk into the page, as a file manager does."""
    session = anna.context.new_cdp_session(anna.page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 700, "y": 600, "data": data}
        session.send("Input.dispatchDragEvent", event)
        if kind == "dragOver":
            expect(anna.page.locator("body")).to_have_class(re.compile("is-over"))
            anna.shot("archive-drop")


def test_files_and_folders_are_dropped_anywhere(anna: Visitor, tmp_path: Path) -> None:
    """On the whole page; folders with all that is in them."""
    (tmp_path / "年报/2022").mkdir(parents=True)
    for name in ("甲.pdf", "年报/乙.pdf", "年报/2022/丙.pdf", "年报/Thumbs.db"):
        (tmp_path / name).write_bytes(f"%PDF-1.4 ok {len(name)}".encode())
    drop(anna, tmp_path / "甲.pdf", tmp_path / "年报")
    for name in ("甲.pdf", "年报/乙.pdf", "年报/2022/丙.pdf"):
        expect(line(anna, name)).to_contain_text("read, 1 field", timeout=DONE_MS)
        expect(row(anna, name)).to_be_visible()
    assert anna.page.locator("#uploads-list > li").count() == 3
    expect(anna.page.locator("body")).not_to_have_class(re.compile("is-over"))


def test_a_folder_keeps_its_paths(anna: Visitor, tmp_path: Path) -> None:
    """What programs leave in folders is not sent."""
    folder = tmp_path / "年报"
    (folder / "2022").mkdir(parents=True)
    for name in ("一.pdf", "2022/二.pdf", "Thumbs.db", ".hidden"):
        (folder / name).write_bytes(f"%PDF-1.4 ok {len(name)}".encode())
    anna.page.set_input_files("#folder", folder)
    expect(row(anna, "年报/2022/二.pdf")).to_contain_text("Read", timeout=DONE_MS)
    expect(row(anna, "年报/一.pdf")).to_be_visible()
    assert anna.page.locator("#uploads-list > li").count() == 2


def test_a_request_that_fails_is_sent_again_with_the_same_key(anna: Visitor) -> None:
    """So that nothing is taken twice."""
    keys: list[str | None] = []

    def fail_once(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(route.request.headers.get("idempotency-key"))
        route.abort("connectionreset") if len(keys) == 1 else route.continue_()

    anna.page.route("**/api/v1/documents", fail_once)
    anna.page.set_input_files("#files", [pdf("ok 4", "a.pdf")])
    expect(line(anna, "a.pdf")).to_contain_text("tried again soon")
    expect(line(anna, "a.pdf")).to_contain_text("read, 1 field", timeout=DONE_MS)
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert len(keys[0] or "") == 32
    assert [c for c in anna.complaints if "ERR_CONNECTION_RESET" not in c] == []
    anna.complaints.clear()


def test_an_upload_is_cancelled(anna: Visitor) -> None:
    """And leaving the page while it goes on is asked about."""
    held: list[Route] = []
    anna.page.route(
        "**/api/v1/documents",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    anna.page.set_input_files("#files", [pdf(f"ok {n}", f"{n}.pdf") for n in range(1, 6)])
    expect(line(anna, "1.pdf")).to_contain_text("uploading")
    expect(line(anna, "5.pdf")).to_contain_text("waits")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    anna.page.on("dialog", stay)
    anna.page.mouse.click(5, 5)  # browsers ask only those who did something on the page
    anna.page.evaluate("setTimeout(() => location.assign('/account'), 0)")
    anna.page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    line(anna, "1.pdf").get_by_role("button", name=re.compile("Cancel")).click()
    expect(line(anna, "1.pdf")).to_contain_text("cancelled")
    anna.page.get_by_role("button", name="Cancel the rest").click()
    for number in range(1, 6):
        expect(line(anna, f"{number}.pdf")).to_contain_text("cancelled")
    assert len(held) <= 4


def test_a_locked_file_asks_for_its_password(anna: Visitor) -> None:
    """In its line; the document is read again with it."""
    anna.page.set_input_files("#files", [pdf("encrypted", "a.pdf")])
    own = line(anna, "a.pdf")
    expect(own).to_contain_text("it is locked: give its password", timeout=DONE_MS)
    anna.shot("upload-locked")
    own.get_by_label("Password").fill("secret")
    with anna.page.expect_response(re.compile("/password$")) as answer:
        own.get_by_role("button", name="Unlock").click()
    assert answer.value.status == 202
    assert answer.value.request.post_data_json == {"password": "secret"}
    expect(own).to_contain_text("the password does not open it", timeout=DONE_MS)
    # The stand-in reader never opens it.
    expect(own.get_by_label("Password")).to_be_visible(timeout=DONE_MS)
    expect(row(anna, "a.pdf")).to_contain_text("Locked")


def test_a_file_that_is_here_already_is_told_with_its_name(
    browser: Browser, running: Server, tmp_path: Path, client: httpx.Client
) -> None:
    """Where it has another; the parts of the sentence are parted as the language does."""
    upload(client, "ok 1#known")
    settled(client)
    with visitor(browser, running.url, tmp_path, language="zh-CN") as anna:
        anna.go("/archive")
        anna.page.set_input_files("#files", [pdf("ok 1#known", "乙.pdf")])
        text = "此前已有（0.pdf）；已识别，1项待核对"
        expect(line(anna, "乙.pdf")).to_contain_text(text, timeout=DONE_MS)


def test_an_archive_that_is_cut_off_is_told_as_such(anna: Visitor) -> None:
    """In its line, before what became of its files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.pdf", b"%PDF-1.4 ok 1" + bytes(3000))
    anna.page.set_input_files("#files", [file("z.zip", packed.getvalue()[:1500])])
    own = line(anna, "z.zip").first
    said = "the archive is damaged or cut off"
    expect(own.locator(".upload-state")).to_contain_text(said, timeout=DONE_MS)
    expect(own.locator(".upload-refused li")).to_have_count(2)


def test_uploads_in_chinese_on_a_phone(
    browser: Browser, running: Server, tmp_path: Path, client: httpx.Client
) -> None:
    """Progress and reasons in the words of the reader; nothing is wider than the screen."""
    with visitor(browser, running.url, tmp_path, language="zh-CN", viewport=PHONE) as anna:
        anna.go("/archive")
        files = [pdf("ok 5", "甲.pdf"), file("空.pdf", b"")]
        anna.page.set_input_files("#files", files)
        expect(line(anna, "甲.pdf")).to_contain_text("已识别，1项待核对", timeout=DONE_MS)
        expect(line(anna, "空.pdf")).to_contain_text("文件为空：请从原处重新复制")
        expect(anna.page.locator("#uploads-total")).to_contain_text("1个需处理")
        anna.shot("uploads-phone-zh")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert anna.page.evaluate(wide) == 0


# --- the list -------------------------------------------------------------------------------------


@pytest.fixture
def several(client: httpx.Client, anna: Visitor) -> None:
    """Three documents that were read, one that failed."""
    upload(client, "ok 1", "ok 2", "ok 3", "encrypted")
    settled(client)
    anna.go("/archive")


@pytest.mark.usefixtures("several")
def test_the_list_is_searched_filtered_and_sorted(anna: Visitor) -> None:
    """Choices take effect at once; the address says it all."""
    anna.page.get_by_role("searchbox").fill("2.pdf")
    anna.page.keyboard.press("Enter")
    expect(anna.page.locator("#rows > tr")).to_have_count(1)
    anna.page.get_by_role("link", name="Clear").click()
    anna.page.get_by_label("State", exact=True).select_option("failed")
    expect(anna.page.locator("#rows > tr")).to_have_count(1)
    expect(anna.page).to_have_url(re.compile("state=failed"))
    anna.page.get_by_role("link", name="Clear").click()
    anna.page.get_by_role("link", name="Name").click()
    expect(anna.page.locator("#rows > tr").first).to_contain_text("0.pdf")
    expect(anna.page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    anna.shot("archive-sorted")
    anna.page.get_by_role("searchbox").fill("nothing")
    anna.page.keyboard.press("Enter")
    expect(anna.page.locator("#nothing")).to_be_visible()


@pytest.mark.usefixtures("several")
def test_chosen_documents_are_downloaded(anna: Visitor) -> None:
    """Buttons wake up with the first choice; shift chooses what lies between."""
    read_again = anna.page.get_by_role("button", name="Read again")
    expect(read_again).to_be_disabled()
    ticks = anna.page.locator("#rows [name=ids]")
    ticks.nth(1).click()
    ticks.nth(3).click(modifiers=["Shift"])
    expect(anna.page.locator("#chosen")).to_have_text("3 chosen")
    expect(read_again).to_be_enabled()
    anna.page.locator("details.download summary").click()
    anna.page.get_by_label("Format").select_option("csv")
    anna.page.get_by_label("What", exact=True).select_option("reports")
    anna.shot("archive-download")
    with anna.page.expect_download() as chosen:
        anna.page.get_by_role("button", name="The chosen ones").click()
    text = chosen.value.path().read_text(encoding="utf-8-sig")
    assert sorted(r["file"] for r in csv.DictReader(io.StringIO(text))) == [
        "0.pdf", "1.pdf", "2.pdf"
    ]  # fmt: skip
    with anna.page.expect_download() as every:
        anna.page.get_by_role("button", name="All 4 that match").click()
    assert every.value.suggested_filename == "documents-reports.csv"
    anna.page.locator("#tick-all").click()
    expect(anna.page.locator("#chosen")).to_have_text("4 chosen")


@pytest.mark.usefixtures("several")
def test_documents_are_deleted_after_a_question(anna: Visitor, client: httpx.Client) -> None:
    """No is no; the focus is on the button that does nothing."""
    anna.page.locator("#rows [name=ids]").first.click()
    delete = anna.page.get_by_role("button", name="Delete")
    delete.click()
    dialog = anna.page.get_by_role("dialog")
    expect(dialog).to_contain_text("for good")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    anna.shot("archive-delete")
    anna.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert len(listed(client)) == 4
    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(anna.page.get_by_role("status").first).to_contain_text("Documents deleted: 1.")
    assert len(listed(client)) == 3


def test_rows_of_others_appear_by_themselves(anna: Visitor, client: httpx.Client) -> None:
    """And change until they are read; a filter holds for them too."""
    upload(client, "slow 1")
    expect(row(anna, "0.pdf")).to_be_visible()
    expect(row(anna, "0.pdf").locator(".state")).to_have_text("Read", timeout=DONE_MS)
    anna.go("/archive?state=failed")
    upload(client, "ok 2", "encrypted")
    expect(row(anna, "1.pdf")).to_contain_text("Locked", timeout=DONE_MS)
    expect(anna.page.locator("#rows > tr")).to_have_count(1)


def test_five_hundred_documents(anna: Visitor, client: httpx.Client, running: Server) -> None:
    """The list is there at once, and goes on where it ends."""
    contents = [f"%PDF-1.4 ok 1{' ' * number}\n".encode() for number in range(500)]
    files = [("file", (f"{number:03}.pdf", text)) for number, text in enumerate(contents)]
    assert client.post("/api/v1/documents", files=files, timeout=300).status_code == 201
    anna.go("/archive?sort=name")
    timing = anna.page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert timing["responseEnd"] - timing["startTime"] < 1000
    expect(anna.page.locator("#rows > tr")).to_have_count(100)
    for count in (200, 300):
        anna.page.get_by_role("link", name="Show more").click()
        expect(anna.page.locator("#rows > tr")).to_have_count(count)
    expect(anna.page.locator("#rows > tr").nth(250)).to_contain_text("250.pdf")
    expect(anna.page.locator("#count")).to_contain_text("500 documents")


# --- without scripts ------------------------------------------------------------------------------


def test_everything_works_without_scripts(
    browser: Browser, running: Server, tmp_path: Path, client: httpx.Client
) -> None:
    """Upload, list, filter, document, download, delete: plain forms and links."""
    with visitor(browser, running.url, tmp_path, java_script_enabled=False) as anna:
        anna.go("/archive")
        anna.shot("no-script-empty")
        anna.page.set_input_files("#files", [pdf("ok 2", "a.pdf"), pdf("ok 3", "b.pdf")])
        anna.page.get_by_role("button", name="Upload").click()
        expect(anna.page.get_by_role("status").first).to_contain_text("Files taken in: 2.")
        settled(client)
        anna.go("/archive")
        anna.shot("no-script-list")
        anna.page.get_by_label("State", exact=True).select_option("done")
        anna.page.get_by_role("button", name="Search").click()
        expect(anna.page.locator("#rows > tr")).to_have_count(2)
        row(anna, "a.pdf").get_by_role("link").click()
        for part in ("#fields", "#tables", "#text", "#checks", "#pages"):
            expect(anna.page.locator(part)).to_be_visible()
        anna.shot("no-script-document", full=True)
        anna.page.locator("details.download summary").click()
        with anna.page.expect_download() as download:
            anna.page.get_by_role("link", name="Excel (XLSX)").click()
        assert download.value.suggested_filename == "a.xlsx"
        anna.page.get_by_role("button", name="Delete").click()
        anna.page.get_by_role("button", name="Delete for good").click()
        expect(anna.page.get_by_role("status").first).to_contain_text("Documents deleted: 1.")
        expect(anna.page.locator("#rows > tr")).to_have_count(1)


def test_the_page_by_keyboard_alone(anna: Visitor) -> None:
    """The first stop leads past the navigation; every stop is seen."""
    anna.page.keyboard.press("Tab")
    skip = anna.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert skip.bounding_box() != EMPTY
    anna.shot("skip-link")
    anna.page.keyboard.press("Enter")
    anna.page.keyboard.press("Tab")
    expect(anna.page.locator("#files")).to_be_focused()
    outline: Callable[[str], str] = anna.page.evaluate
    seen = outline("getComputedStyle(document.activeElement.closest('.pick').children[0]).outline")
    assert "2px" in seen
