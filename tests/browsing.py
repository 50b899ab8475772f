"""Chromium at the pages of a real server, with the stand-in reader. Screenshots are kept.

They go to the folder of the test, or to that of $EXTRACTOR_SCREENSHOTS. With $EXTRACTOR_AXE, the
path of axe.min.js (npm install axe-core), every page that is shown is checked with it.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, FilePayload, Page


DESKTOP = {"width": 1400, "height": 900}
PHONE = {"width": 400, "height": 800}
# What a browser says of answers that are as they should be.
EXPECTED = re.compile(r"status of (401|403|404|409|415|422|429)")


@contextmanager
def chromium() -> Iterator[Chromium]:
    """The browser; tests are skipped, loudly, where there is none, and fail where CI has to."""
    path = os.environ.get("CHROMIUM") or which("chromium") or which("chromium-browser")
    if path is None:
        reason = "NO CHROMIUM: the pages are NOT TESTED in a browser (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at the browser; what scripts complain about fails the test at its end."""

    context: BrowserContext
    page: Page
    url: str
    folder: Path
    scripts: bool = True
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """To a page of the service; its scripts have started then."""
        self.page.goto(f"{self.url}{path}")
        if self.scripts and self.page.locator("body.archive, body.document").count():
            self.page.locator("body[data-ready]").wait_for()

    def shot(self, name: str, *, full: bool = False) -> Path:
        """Keeps a picture of what is seen, and has axe look at it where that is wanted."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        self.page.screenshot(path=path, full_page=full)
        self.check()
        return path

    def check(self) -> None:
        """Fails for what axe calls serious or critical."""
        axe = os.environ.get("EXTRACTOR_AXE")
        if axe is None or not self.scripts:
            return
        self.page.evaluate(Path(axe).read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in serious] == []


@contextmanager
def visitor(
    chromium: Chromium, url: str, folder: Path, *, language: str = "en-US", **more: Any
) -> Iterator[Visitor]:
    """A new visitor without cookies. `more` goes to the context of Playwright."""
    more = {"viewport": DESKTOP, "locale": language, **more}
    context = chromium.new_context(**more)
    page = context.new_page()
    kept = Path(os.environ.get("EXTRACTOR_SCREENSHOTS") or folder)
    found = Visitor(context, page, url, kept, more.get("java_script_enabled", True))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("console", lambda said: _listen(found, said.type, said.text))
    yield found
    context.close()
    assert found.complaints == []


def _listen(visitor: Visitor, kind: str, text: str) -> None:
    if kind in ("error", "warning") and not EXPECTED.search(text):
        visitor.complaints.append(text)


def file(name: str, content: bytes) -> FilePayload:
    """A file to choose."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def pdf(text: str, name: str) -> FilePayload:
    """A stand-in document as a file to choose."""
    return file(name, f"%PDF-1.4 {text}".encode())
