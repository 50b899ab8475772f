"""Accounts in a browser: the first login, languages, tokens, administration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visitor, visitor
from tests.serving import server

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from tests.serving import Server

WORDS = "correct horse battery"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with accounts."""
    with server(tmp_path_factory.mktemp("data"), "sqlite", login_limit="100") as found:
        yield found


@pytest.fixture(scope="module")
def chief(
    browser: Browser, running: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visitor]:
    """The administrator, who has chosen a password."""
    assert running.password is not None
    with visitor(browser, running.url, tmp_path_factory.mktemp("shots")) as found:
        found.go("/archive?q=x")
        found.shot("login")
        log_in(found, "admin", running.password)
        expect(found.page).to_have_url(re.compile("/account/password$"))
        found.shot("choose-password")
        choose(found, running.password, WORDS)
        yield found


def log_in(visitor: Visitor, name: str, password: str) -> None:
    visitor.page.get_by_label(re.compile("User name|用户名")).fill(name)
    visitor.page.get_by_label(re.compile("^(Password|密码)$")).fill(password)
    visitor.page.get_by_role("button", name=re.compile("^(Log in|登录)$")).click()


def choose(visitor: Visitor, old: str, new: str) -> None:
    visitor.page.locator("#old").fill(old)
    visitor.page.locator("#new").fill(new)
    visitor.page.locator("#again").fill(new)
    visitor.page.locator("main button.first").click()


def note(visitor: Visitor) -> Locator:
    return visitor.page.locator(".note")


def test_the_first_login_chooses_a_password(chief: Visitor) -> None:
    """Then the archive is there; logging out and in again works with it."""
    chief.go("/archive")
    expect(chief.page.get_by_role("heading", name="Archive")).to_be_visible()
    chief.page.get_by_role("button", name="Log out").click()
    expect(chief.page).to_have_url(re.compile("/login$"))
    log_in(chief, "admin", "wrong words entirely")
    expect(chief.page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    chief.shot("login-wrong")
    log_in(chief, "admin", WORDS)
    expect(chief.page.get_by_role("heading", name="Archive")).to_be_visible()


def test_the_language_is_switched_and_kept(chief: Visitor) -> None:
    """By a link on every page; scripts follow."""
    chief.go("/archive")
    chief.page.get_by_role("link", name="中文").click()
    expect(chief.page.get_by_role("heading", name="档案")).to_be_visible()
    expect(chief.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    chief.shot("archive-zh")
    chief.go("/administration")
    expect(chief.page.get_by_role("heading", name="系统管理")).to_be_visible()
    chief.shot("administration-zh")
    chief.page.get_by_role("link", name="English").click()
    expect(chief.page.get_by_role("heading", name="Administration")).to_be_visible()


def test_a_token_is_shown_once(chief: Visitor) -> None:
    """With a button to copy it."""
    chief.go("/account")
    chief.page.get_by_label("Name").fill("nightly export")
    chief.page.get_by_label("upload documents, have them read again").check()
    chief.page.get_by_role("button", name="Make a token").click()
    expect(note(chief).locator("code")).to_have_text(re.compile("^ext_"))
    expect(note(chief).get_by_role("button", name="Copy")).to_be_visible()
    chief.shot("token-made")
    chief.page.reload()
    expect(note(chief)).to_have_count(0)
    expect(chief.page.get_by_role("rowheader", name="nightly export")).to_be_visible()


def test_a_user_is_made_and_logs_in(
    browser: Browser, running: Server, tmp_path: Path, chief: Visitor
) -> None:
    """With the one-time password, on a phone, in Chinese."""
    chief.go("/administration/users")
    chief.page.locator("#new-name").fill("王芳")
    chief.page.get_by_label("archive").select_option("uploader")
    chief.page.get_by_role("button", name="Make the user").click()
    password = note(chief).locator("code").inner_text()
    chief.shot("user-made")
    with visitor(browser, running.url, tmp_path, language="zh-CN", viewport=PHONE) as fang:
        fang.go("/")
        log_in(fang, "王芳", password)
        fang.shot("choose-password-phone-zh")
        choose(fang, password, "几个谁也想不到的词语")
        expect(fang.page.get_by_role("heading", name="档案")).to_be_visible()
        expect(note(fang)).to_contain_text("密码已修改")
        fang.shot("archive-phone-zh")
        fang.go("/administration")
        expect(fang.page.get_by_role("heading", name="没有权限")).to_be_visible()
        fang.complaints.clear()


def test_administration_page_by_page(chief: Visitor) -> None:
    """Everything is reached by the tabs."""
    chief.go("/administration")
    for tab, heading in (
        ("Users", "Users"), ("Projects", "Projects"), ("Webhooks", "Webhooks"),
        ("Audit log", "Audit log"), ("Service", "Now"),
    ):  # fmt: skip
        chief.page.get_by_role("navigation", name="Administration").get_by_role(
            "link", name=tab
        ).click()
        expect(chief.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        chief.shot(f"administration-{tab.lower().replace(' ', '-')}")
    chief.go("/docs")
    chief.shot("docs")
    chief.go("/nowhere")
    expect(chief.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    chief.shot("not-found")


def test_a_project_is_switched_to(chief: Visitor) -> None:
    """By the menu in the head of the page; Escape closes it."""
    chief.go("/administration/projects")
    chief.page.locator("#new-project").fill("2023年度")
    chief.page.get_by_role("button", name="Make the project").click()
    menu = chief.page.locator(".top details.menu")
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="2023年度")).to_be_visible()
    chief.page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="2023年度")).to_be_hidden()
    menu.locator("summary").click()
    menu.get_by_role("link", name="2023年度").click()
    expect(menu.locator("summary")).to_contain_text("2023年度")
    expect(chief.page.get_by_text("There are no documents yet")).to_be_visible()
    chief.go("/archive")
    expect(menu.locator("summary")).to_contain_text("2023年度")
