"""A service with pages in this process: users, projects and documents made by hand, no workers."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from PIL import Image
from starlette.testclient import TestClient

from service.app import create_app
from service.jobs.summary import summary_of
from service.migrations import migrate
from service.repository import accounts
from service.rows import Document, Picture, Run, new_id
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extractor.document import Document as Result
    from service.service import Service

PASSWORD = "correct horse battery"
# A hash says how it was made: one that is made cheaply is cheap to compare too.
HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
ADDRESS = "http://localhost"


@dataclass
class Page:
    """What a browser would see of an answer: elements with their attributes, and the text."""

    status: int
    html: str
    path: str
    headers: dict[str, str]
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a kind; class_ stands for class."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [own for name, own in self.elements if name == tag and wanted.items() <= own.items()]

    def ids(self) -> list[str]:
        """The ids of all elements."""
        return [own["id"] or "" for _, own in self.elements if "id" in own]


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.page.text += data


def page_of(answer: Any) -> Page:
    """An answer of the test client as a page."""
    page = Page(answer.status_code, answer.text, answer.url.path, dict(answer.headers))
    _Reader(page).feed(page.html)
    page.text = re.sub(r"\s+", " ", page.text)
    return page


class Browser:
    """Somebody at the pages, who sends the forms as they are."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> Page:
        """A page; redirects are followed."""
        return page_of(self.client.get(path, **more))

    def csrf(self) -> str:
        """The token of this login, as a page carries it."""
        page = page_of(self.client.get("/account/password"))
        return str(page.all("input", name="csrf")[0]["value"])

    def post(self, path: str, data: Mapping[str, Any] | None = None, **more: Any) -> Page:
        """The page after a form was sent with its token."""
        return page_of(self.client.post(path, data={"csrf": self.csrf(), **(data or {})}, **more))


class Site:
    """The application on a database of its own."""

    def __init__(self, folder: Path, *, no_auth: bool = False, **more: Any) -> None:
        self.settings = Settings(
            data=folder, secret_key="k" * 40, no_auth=no_auth, workers=0, min_free_bytes=1, **more
        )
        self.app = create_app(self.settings)
        self.service: Service = self.app.state.service
        migrate(self.service.database)

    def close(self) -> None:
        """Ends it."""
        self.service.close()

    def anonymous(self) -> Browser:
        """A browser without a login."""
        return Browser(TestClient(self.app, base_url=ADDRESS, raise_server_exceptions=False))

    def project(self, name: str) -> str:
        """A new project; its id."""
        with self.service.database.write() as session:
            return accounts.add_project(session, name).id

    def user(
        self,
        name: str,
        roles: Mapping[str, str] | None = None,
        *,
        administrator: bool = False,
        must_change: bool = False,
    ) -> str:
        """A new user with PASSWORD; the id."""
        with self.service.database.write() as session:
            row = accounts.add_user(
                session, name, HASHED, administrator=administrator,
                must_change=must_change,
            )  # fmt: skip
            accounts.set_roles(session, row.id, roles or {})
            return row.id

    def browser(self, name: str, password: str = PASSWORD) -> Browser:
        """A browser in which somebody has logged in."""
        browser = self.anonymous()
        answer = browser.client.post(
            "/login", data={"name": name, "password": password}, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        return browser

    def document(
        self, project: str, name: str, result: Result | None = None, **columns: Any
    ) -> str:
        """A document, read with that result where one is given; its id."""
        content = f"%PDF-1.4 {project} {name}".encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self.service.store.put_bytes(content)
        state = columns.pop("state", "queued" if result is None else "done")
        run = Run(id=f"{sha256}-run", workflow=new_id(), sha256=sha256, reader="r", state=state)
        document = Document(
            id=new_id(), project_id=project, sha256=sha256, name=name, size=len(content),
            kind="pdf", run_id=run.id, state=state,
        )  # fmt: skip
        pictures = [] if result is None else self._read(run, document, result)
        for column, value in columns.items():
            setattr(document, column, value)
        with self.service.database.write() as session:
            session.add(run)
            session.flush()
            session.add_all([document, *pictures])
            session.flush()
            return document.id

    def _read(self, run: Run, document: Document, result: Result) -> list[Picture]:
        store = self.service.store
        run.result = store.put_bytes(gzip.compress(result.to_json(None).encode(), mtime=0))
        summary = summary_of(result)
        summary.pop("doubts")
        for name, value in summary.items():
            setattr(document, name, value)
        document.pages = document.pages_done = run.pages = result.document.page_count
        key = store.put_bytes(_white())
        return [
            Picture(run_id=run.id, page=page.number, key=key, dpi=72.0, width_px=60, height_px=84)
            for page in result.document.pages
        ]


def _white() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 84), "white").save(out, "WEBP")
    return out.getvalue()
