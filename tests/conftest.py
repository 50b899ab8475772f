"""What several files of tests begin with; a file that needs another has its own of the same name.

Imports wait: most tests need none of the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium

    from tests.page_site import Site
    from tests.serving import Server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A service with pages in this process, without accounts, with one project."""
    from tests.page_site import Site

    made = Site(tmp_path, no_auth=True)
    made.project("archive")
    yield made
    made.close()


@pytest.fixture
def project(site: Site) -> str:
    """The id of that project."""
    return str(site.anonymous().client.get("/api/v1/projects").json()[0]["id"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for all tests of a file."""
    from tests.browsing import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without accounts."""
    from tests.serving import server

    with server(tmp_path_factory.mktemp("data"), "sqlite", "--no-auth") as found:
        yield found
