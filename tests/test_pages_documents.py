"""A document's page over HTTP: what was read, how far it is, what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from extractor.document import Check, ReviewPlan
from service.rows import Document as Row
from service.rows import Run
from tests.example_documents import example_document

if TYPE_CHECKING:
    from tests.page_site import Browser, Site


@pytest.fixture
def browser(site: Site) -> Browser:
    """Everybody is let in."""
    return site.anonymous()


def test_everything_that_was_read_is_on_the_page(
    site: Site, browser: Browser, project: str
) -> None:
    """Fields, grid, tables, text, relations, warnings, pages with boxes; downloads."""
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', example_document())}")
    assert page.status == 200
    sections = [own["id"] for own in page.all("section") if own.get("id")]
    assert sections == ["fields", "tables", "text", "checks", "warnings", "pages"]
    for text in (
        "1 of 7 fields", "1 of 2 broken", "1 to compare with the page", "本年新收", "16 39.0%",
        "16 + 0 = 18", "does not hold", "102条", "page 2 cannot be rendered", "三、收到和处理",
    ):  # fmt: skip
        assert text in page.text
    assert page.all("rect", id="box-applications.new_received.total", x="10.0", width="50.0")
    assert len(page.all("img", loading="lazy")) == 2
    for what in ("xlsx", "json", "csv&sheet=fields", "parquet&sheet=entities", "pdf"):
        assert [own for own in page.all("a") if str(own["href"]).endswith(f"format={what}")], what
    assert [own for own in page.all("a") if str(own["href"]).endswith("/original")]


def test_every_link_on_the_page_leads_somewhere(site: Site, browser: Browser, project: str) -> None:
    """Without scripts: from fields to boxes, from boxes to fields, from suspects to fields."""
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', example_document())}")
    ids = page.ids()
    assert len(ids) == len(set(ids))
    targets = {str(own["href"])[1:] for own in page.all("a") if str(own["href"])[0] == "#"}
    assert targets - set(ids) == set()
    assert len(targets) > 20
    for own in page.all("td"):
        assert own.get("data-box") is None or own["data-box"] in ids


def test_pictures_of_the_pages_are_there(site: Site, browser: Browser, project: str) -> None:
    """Under the address that the page names."""
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', example_document())}")
    (first, _) = page.all("img", loading="lazy")
    assert browser.client.get(str(first["src"])).headers["content-type"] == "image/webp"


def test_tables_have_captions_and_heads(site: Site, browser: Browser, project: str) -> None:
    """For those who hear the page."""
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', example_document())}")
    assert len(page.all("caption")) == len(page.all("table"))
    assert {str(own.get("scope")) for own in page.all("th")} <= {
        "row", "rowgroup", "col", "colgroup"
    }  # fmt: skip


def test_a_document_of_no_known_form(site: Site, browser: Browser, project: str) -> None:
    """Tables and text are still there, and it is said why there are no fields."""
    plain = example_document(fields=())
    source = replace(plain.document, template=None, template_confidence=None)
    plain = replace(plain, document=source, checks=(), warnings=(), entities=(), tables=())
    page = browser.get(f"/documents/{site.document(project, 'x/a.pdf', plain)}")
    for text in (
        "No form was recognised", "No relation could be tried", "There are no warnings",
        "There are no tables", "none recognised",
    ):  # fmt: skip
        assert text in page.text
    assert "<h1>a.pdf</h1>" in page.html


def test_messages_are_in_the_language_of_the_reader(
    site: Site, browser: Browser, project: str
) -> None:
    """Relations, warnings, the certificate; what is printed stays as it is."""
    message = (
        "In row 行政复议, 总计 is 0, but the sum of 甲 to 乙 is 11: one of these values is "
        "misread or misprinted."
    )
    check = Check("r", False, "error", "0 = 11", message, (), 0.25)
    plan = ReviewPlan("1", ("worn", "worn"), {"worn": 0.995}, None, 0.001, 1.0, (), 0.1, ())
    document = replace(example_document(), checks=(check,), review=plan)
    address = f"/documents/{site.document(project, 'a.pdf', document)}"
    page = browser.get(address, headers={"accept-language": "zh-CN"})
    for text in (
        "“行政复议”行：总计为0，甲至乙之和为11", "识别有误的概率25.0%", "无有效认证", "99.5%",
        "勾稽关系", "双层PDF",
    ):  # fmt: skip
        assert text in page.text
    english = browser.get(address)
    assert message in english.text
    assert "none in force: fields below 99.5% are marked" in english.text


@pytest.mark.parametrize(
    ("columns", "texts"),
    [
        ({"state": "queued"}, ["Waiting", "as soon as a reader is free"]),
        ({"state": "reading", "pages": 9, "pages_done": 4}, ["Being read", "Page 4 of 9"]),
        (
            {"state": "failed", "error_code": "encrypted", "error": "it is locked: give its"
             " password"},
            ["Locked", "it is locked", "Password of the document"],
        ),
        (
            {"state": "failed", "error_code": "unreadable", "error": "page 2: it is damaged"},
            ["Damaged", "page 2: it is damaged"],
        ),
    ],
)  # fmt: skip
def test_a_document_without_a_result(
    site: Site, browser: Browser, project: str, columns: dict[str, Any], texts: list[str]
) -> None:
    """Says how far it is, or why there is none and what to do."""
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', **columns)}")
    for text in texts:
        assert text in page.text
    assert not page.all("section", id="fields")
    assert bool(page.all("input", name="password")) == (columns.get("error_code") == "encrypted")
    assert bool(page.all("meta", content="5")) == (columns["state"] != "failed")


def test_a_password_is_tried(site: Site, browser: Browser, project: str) -> None:
    """The document is read anew; the password is kept sealed."""
    document = site.document(project, "a.pdf", state="failed", error_code="encrypted", error="x")
    page = browser.post(f"/documents/{document}/password", {"password": " 秘密 "})
    assert "is read with this password now" in page.text
    assert "Waiting" in page.text
    with site.service.database.read() as session:
        row = session.get(Row, document)
        assert row is not None
        run = session.get(Run, row.run_id)
        assert run is not None
        assert run.password is not None
        assert site.service.seal.open(run.password) == " 秘密 "
    assert "Type the password" in browser.post(f"/documents/{document}/password", {}).text
    again = browser.post(f"/documents/{document}/password", {"password": "y"})
    assert "being read at this moment" in again.text


def test_a_document_is_read_again(site: Site, browser: Browser, project: str) -> None:
    """Its result stays meanwhile."""
    document = site.document(project, "a.pdf", example_document())
    page = browser.post(f"/documents/{document}/read")
    assert "It is being read again" in page.text
    assert page.all("section", id="fields")
    assert "being read at this moment" in browser.post(f"/documents/{document}/read").text


def test_a_second_reading_that_failed_is_told(site: Site, browser: Browser, project: str) -> None:
    """Above the result that is still there."""
    document = site.document(
        project, "a.pdf", example_document(), error_code="timed_out",
        error="reading took too long: split it, or ask an administrator to allow more time",
    )  # fmt: skip
    page = browser.get(f"/documents/{document}")
    assert "It could not be read again" in page.text
    assert page.all("section", id="fields")


def test_deleting_asks_first(site: Site, browser: Browser, project: str) -> None:
    """Then the document is gone."""
    document = site.document(project, "a.pdf", example_document())
    page = browser.get(f"/documents/{document}/delete")
    assert "Delete 1 document?" in page.text
    assert "Documents deleted: 1." in browser.post(f"/documents/{document}/delete").text
    assert browser.get(f"/documents/{document}").status == 404


def test_what_is_not_there_is_a_page(browser: Browser) -> None:
    """With the status, and a way back."""
    for path in ("/documents/nothing", "/nowhere", "/documents/nothing/delete", "/archive/x/y"):
        page = browser.get(path)
        assert (page.status, "There is nothing here" in page.text) == (404, True), path
        assert page.all("a", href="/archive")


def test_a_reader_of_another_version_may_not_know_the_form(
    site: Site, browser: Browser, project: str
) -> None:
    """The grid is made of the labels of its fields then."""
    source = replace(example_document().document, template="old/1999")
    document = replace(example_document(), document=source)
    page = browser.get(f"/documents/{site.document(project, 'a.pdf', document)}")
    assert page.status == 200
    assert "old/1999" in page.text
    assert page.all("td", class_="is-printed is-doubtful is-wrong")
