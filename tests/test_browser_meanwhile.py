"""What others do while somebody looks at a page: delete, have read again, read what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browsing import Visitor, visitor
from tests.serving import listed, settled, upload

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Browser

    from tests.serving import Server

LOOK_MS = 21_000


@pytest.fixture
def client(running: Server) -> Iterator[httpx.Client]:
    """Somebody else; the archive is empty at first."""
    with running.client() as found:
        for item in listed(found):
            found.delete(f"/api/v1/documents/{item['id']}")
        yield found


@pytest.fixture
def anna(
    browser: Browser, running: Server, tmp_path: Path, client: httpx.Client
) -> Iterator[Visitor]:
    """A visitor whose time can be moved on."""
    with visitor(browser, running.url, tmp_path) as found:
        found.page.clock.install()
        yield found


def test_rows_that_others_delete_go(anna: Visitor, client: httpx.Client) -> None:
    """With the numbers around them; the other rows stay as they are."""
    upload(client, "ok 1#a", "ok 1#b", "ok 1#c")
    items = sorted(settled(client), key=lambda item: str(item["name"]))
    anna.go("/archive")
    expect(anna.page.locator("#rows > tr")).to_have_count(3)
    anna.page.locator(f"#row-{items[0]['id']} [name=ids]").check()
    client.delete(f"/api/v1/documents/{items[1]['id']}")
    anna.page.clock.fast_forward(LOOK_MS)
    expect(anna.page.locator("#rows > tr")).to_have_count(2)
    expect(anna.page.locator("#count")).to_have_text("2 documents")
    expect(anna.page.locator("#glance")).to_contain_text("2 documents")
    expect(anna.page.locator("#chosen")).to_have_text("1 chosen")
    for item in (items[0], items[2]):
        client.delete(f"/api/v1/documents/{item['id']}")
    anna.page.clock.fast_forward(LOOK_MS)
    expect(anna.page.locator("#rows > tr")).to_have_count(0)
    expect(anna.page.locator("#chosen")).to_have_text("")


def test_filters_grow_while_documents_are_read(anna: Visitor, client: httpx.Client) -> None:
    """What was chosen stays chosen, also where no document is like that any more."""
    upload(client, "ok 1#a")
    (item,) = settled(client)
    anna.go("/archive?year=1999")
    years = anna.page.locator("#year option")
    expect(years).to_have_text(["All years", "2022", "1999"])
    expect(anna.page.locator("#year")).to_have_value("1999")
    anna.go("/archive")
    client.delete(f"/api/v1/documents/{item['id']}")
    anna.go("/archive")
    expect(years).to_have_count(1)
    upload(client, "ok 1#b")
    settled(client)
    expect(anna.page.locator("#rows > tr[data-state=done]")).to_have_count(1)
    anna.page.clock.fast_forward(LOOK_MS)
    expect(years).to_have_text(["All years", "2022"])


def test_a_document_that_others_delete_says_so(anna: Visitor, client: httpx.Client) -> None:
    """On its page, once it is read and while it is waiting."""
    upload(client, "ok 1#a")
    (item,) = settled(client)
    anna.go(f"/documents/{item['id']}")
    anna.page.clock.fast_forward(LOOK_MS)
    meanwhile = anna.page.locator("#meanwhile")
    expect(meanwhile).to_be_hidden()
    client.delete(f"/api/v1/documents/{item['id']}")
    anna.page.clock.fast_forward(LOOK_MS)
    expect(meanwhile).to_contain_text("This document has been deleted.")
    anna.shot("deleted meanwhile")
    meanwhile.get_by_role("link", name="To the archive").click()
    expect(anna.page.locator("#rows > tr")).to_have_count(0)


def test_a_document_that_others_had_read_again_says_so(anna: Visitor, client: httpx.Client) -> None:
    """The page stays as it is until its reader wants the new one."""
    upload(client, "ok 1#a")
    (item,) = settled(client)
    anna.go(f"/documents/{item['id']}")
    client.post(f"/api/v1/documents/{item['id']}/read")
    settled(client)
    anna.page.clock.fast_forward(LOOK_MS)
    meanwhile = anna.page.locator("#meanwhile")
    expect(meanwhile).to_contain_text("It was read again meanwhile.")
    meanwhile.get_by_role("link", name="Show the new result").click()
    expect(anna.page.locator("body[data-ready]")).to_be_visible()
    expect(meanwhile).to_be_hidden()
