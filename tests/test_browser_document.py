"""A document in a browser: data and paper side by side, each leading to the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visitor, visitor
from tests.serving import settled, upload

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.serving import Server

TOTAL = "applications.new_received.total"
CELL = f'.grid [data-field="{TOTAL}"]'
BOX = f'[id="box-{TOTAL}"]'
LIT = re.compile(r"\bis-on\b")
DONE_MS = 60_000


@pytest.fixture(scope="module")
def document(running: Server) -> str:
    """The address of a document that was read, of two pages."""
    with running.client() as client:
        upload(client, "ok 2")
        (item,) = settled(client)
        return f"/documents/{item['id']}"


@pytest.fixture
def anna(browser: Browser, running: Server, tmp_path: Path, document: str) -> Iterator[Visitor]:
    """A visitor of the document."""
    with visitor(browser, running.url, tmp_path) as found:
        found.go(document)
        yield found


def test_a_field_leads_to_its_place_on_the_paper(anna: Visitor) -> None:
    """Looking at it lights its box; choosing it keeps it lit and tells what is known."""
    cell, box, inspector = (anna.page.locator(s) for s in (CELL, BOX, "#inspector"))
    cell.hover()
    expect(box).to_have_class(LIT)
    expect(inspector).to_be_hidden()
    anna.page.locator("h1").hover()
    expect(box).not_to_have_class(LIT)
    cell.click()
    expect(box).to_have_class(LIT)
    expect(inspector).to_contain_text("总计")
    expect(inspector).to_contain_text("61.0%")
    expect(inspector).to_contain_text("16 39.0%")
    anna.shot("document-field")
    anna.page.locator("h1").hover()
    expect(box).to_have_class(LIT)
    anna.page.keyboard.press("Escape")
    expect(inspector).to_be_hidden()


def test_a_place_on_the_paper_leads_to_its_field(anna: Visitor) -> None:
    """Also from another part of the result."""
    anna.page.get_by_role("tab", name="Warnings").click()
    expect(anna.page.locator("#fields")).to_be_hidden()
    # All boxes of the stand-in lie upon each other: the event goes to the one that is meant.
    anna.page.locator(BOX).dispatch_event("click")
    expect(anna.page.locator("#fields")).to_be_visible()
    expect(anna.page.locator(CELL)).to_have_class(LIT)
    expect(anna.page.locator(f"{CELL} a")).to_be_focused()


def test_parts_are_tabs(anna: Visitor) -> None:
    """By mouse and by arrow keys; only one is shown; the address keeps it."""
    fields, tables = (anna.page.get_by_role("tab", name=n) for n in ("Fields", "Tables"))
    expect(fields).to_have_attribute("aria-selected", "true")
    fields.press("ArrowRight")
    expect(tables).to_be_focused()
    expect(anna.page.locator("#tables")).to_be_visible()
    expect(anna.page.locator("#fields")).to_be_hidden()
    anna.shot("document-tables")
    anna.page.locator("#tables td[data-box]").first.hover()
    expect(anna.page.locator("#box-t1-1-0")).to_have_class(LIT)
    anna.page.get_by_role("tab", name="Text").click()
    anna.page.locator("mark.label-count[data-box]").hover()
    expect(anna.page.locator("#box-entity-0")).to_have_class(LIT)
    anna.shot("document-text")
    anna.page.reload()
    expect(anna.page.locator("#text")).to_be_visible()
    expect(anna.page.locator("#fields")).to_be_hidden()


def test_a_broken_relation_leads_to_its_fields(anna: Visitor) -> None:
    """And a field to its relation."""
    anna.page.get_by_role("tab", name="Relations").click()
    anna.shot("document-relations")
    anna.page.get_by_text("The 2 fields in it").click()
    anna.page.locator("#checks").get_by_role("link", name="总计").click()
    expect(anna.page.locator(CELL)).to_have_class(LIT)
    anna.page.locator("#fields").get_by_role("link", name="relation broken").first.click()
    expect(anna.page.locator("#checks")).to_be_visible()


def test_the_grid_by_keyboard(anna: Visitor) -> None:
    """One stop of the tab key; arrows go from cell to cell, boxes follow."""
    links = anna.page.locator('.grid [data-field^="applications.new"] a')
    links.first.focus()
    anna.page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    expect(anna.page.locator(BOX)).to_have_class(LIT)
    anna.page.keyboard.press("Home")
    expect(links.first).to_be_focused()
    assert anna.page.locator(".grid a[tabindex='0']").count() == anna.page.locator(".grid").count()


def test_the_paper_is_zoomed(anna: Visitor) -> None:
    """By buttons and keys."""
    picture = anna.page.locator(".picture").first

    def width() -> float:
        found = picture.bounding_box()
        assert found is not None
        return float(found["width"])

    fit = width()
    anna.page.get_by_role("button", name="Larger").click()
    assert width() == pytest.approx(1.25 * fit, rel=0.02)
    anna.page.keyboard.press("+")
    assert width() == pytest.approx(1.5 * fit, rel=0.02)
    anna.page.keyboard.press("-")
    anna.page.keyboard.press("0")
    assert width() == pytest.approx(fit, rel=0.02)


def test_pages_are_loaded_when_they_are_looked_at(anna: Visitor) -> None:
    """A link leads to each."""
    second = anna.page.locator("#page-2")
    anna.page.locator(".page-links a", has_text="2").click()
    expect(second).to_be_in_viewport()
    expect(anna.page.locator(".page-links a", has_text="2")).to_have_class(re.compile("is-seen"))
    loaded = "document.querySelector('#page-2 img').complete"
    anna.page.wait_for_function(loaded)


def test_an_address_leads_to_a_field(anna: Visitor, document: str) -> None:
    """As another program may link to it."""
    anna.go(f"{document}#field-{TOTAL}")
    anna.page.reload()
    expect(anna.page.locator(CELL)).to_have_class(LIT)
    expect(anna.page.locator(CELL)).to_be_in_viewport()


def test_the_result_is_downloaded(anna: Visitor) -> None:
    """In each format, under the name of the document."""
    for link, name in (
        ("Excel (XLSX)", "0.xlsx"), ("CSV: Fields", "0-fields.csv"), ("JSON", "0.json"),
        ("Parquet: Tables", "0-tables.parquet"), ("The file as it was uploaded", "0.pdf"),
    ):  # fmt: skip
        anna.page.locator("details.download summary").click()
        with anna.page.expect_download() as download:
            anna.page.get_by_role("link", name=link).click()
        assert download.value.suggested_filename == name
        anna.page.keyboard.press("Escape")


def test_on_a_phone_the_paper_is_below(
    browser: Browser, running: Server, tmp_path: Path, document: str
) -> None:
    """A field that is touched shows its piece of the paper; nothing is wider than the screen."""
    with visitor(
        browser, running.url, tmp_path, language="zh-CN", viewport=PHONE, color_scheme="dark"
    ) as anna:
        anna.go(document)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert anna.page.evaluate(wide) == 0
        anna.page.locator(CELL).click()
        crop = anna.page.locator("#inspector img")
        expect(crop).to_be_visible()
        anna.page.wait_for_function("document.querySelector('#inspector img').naturalWidth > 0")
        anna.shot("document-phone-zh-dark")
        anna.page.get_by_role("link", name="原件").click()
        expect(anna.page.locator("#page-1")).to_be_in_viewport()


def test_a_document_is_followed_while_it_is_read(
    browser: Browser, running: Server, tmp_path: Path
) -> None:
    """Its page shows the result as soon as it is there."""
    with running.client() as client:
        item = upload(client, "slow 3").json()["items"][0]["document"]
    with visitor(browser, running.url, tmp_path) as anna:
        anna.go(f"/documents/{item['id']}")
        expect(anna.page.locator("#progress")).to_be_visible()
        anna.shot("document-being-read")
        expect(anna.page.locator("#fields")).to_be_visible(timeout=DONE_MS)
        expect(anna.page.locator("#progress")).to_have_count(0)
        anna.page.get_by_role("button", name="Delete").click()
        anna.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(anna.page.get_by_role("status").first).to_contain_text("Documents deleted: 1.")


@pytest.mark.parametrize("width", [320, 390, 640, 720, 1400])
def test_menus_open_where_they_are_seen(
    browser: Browser, running: Server, document: str, tmp_path: Path, width: int
) -> None:
    """Wherever the row of buttons is broken."""
    size = {"width": width, "height": 900}
    with visitor(browser, running.url, tmp_path, viewport=size) as anna:
        for path in (document, "/archive"):
            anna.go(path)
            anna.page.locator("summary", has_text="Download").click()
            box = anna.page.locator("details.menu[open] > :not(summary)").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
