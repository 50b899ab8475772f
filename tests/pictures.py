"""The pictures of the service's pages in docs/pictures: `python -m tests.pictures` makes them anew.

A real server reads the sample reports with the real reader; Chromium takes the pictures.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from service.jobs.leavings import READER
from tests.browsing import chromium, visitor
from tests.serving import ROOT, database, settled, start

if TYPE_CHECKING:
    import httpx

    from tests.browsing import Visitor

REPORTS = ROOT / "fixtures" / "reports"
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
COLOURS = 256  # enough for pages, and a third of the bytes
SHOWN = "grove-2021.stamp200.pdf"  # on the page of a document: stamped, with fields to review


def main() -> None:
    """Takes them."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        database("sqlite", Path(folder)) as environment,
        chromium() as browser,
    ):
        running = start(environment | {"EXTRACTOR_WORKERS": "2"}, "--no-auth", reader=READER)
        with running.client() as client:
            shown = _read(client)
        with visitor(browser, running.url, PICTURES, viewport=SIZE) as anna:
            _take(anna, shown)
        running.process.stop()
    for path in sorted(PICTURES.glob("*.png")):
        Image.open(path).convert("RGB").quantize(COLOURS).save(path, optimize=True)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB")


def _read(client: httpx.Client) -> str:
    """Has all reports read; the id of the one that is shown."""
    files = [("file", (path.name, path.read_bytes())) for path in sorted(REPORTS.glob("*.pdf"))]
    client.post("/api/v1/documents", files=files).raise_for_status()
    items = settled(client, timeout_s=900)
    return next(str(item["id"]) for item in items if item["name"] == SHOWN)


def _take(anna: Visitor, shown: str) -> None:
    anna.go("/archive")
    anna.shot("archive")
    anna.go(f"/documents/{shown}")
    anna.page.wait_for_load_state("networkidle")
    anna.shot("document")


if __name__ == "__main__":
    main()
