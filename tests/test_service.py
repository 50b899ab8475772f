"""The small HTTP face: a real server in a process of its own, and its errors."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from extractor.document import Document
from service.app import file_name
from tests.fake_reader import READER

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """`extractor serve` with the stand-in reader; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from extractor.cli import main; main(['serve', '--port', '{port}'], reader='{READER}')"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/healthz", timeout=5) as answer:
                assert json.load(answer)["status"] == "ok"
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def post(address: str, content: str, *, name: str = "report.pdf", part: str = "file") -> bytes:
    disposition = f'form-data; name="{part}"; filename="{name}"'
    body = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    request = Request(f"{address}/api/v1/documents", body.encode(), headers)
    with urlopen(request, timeout=60) as answer:
        result: bytes = answer.read()
        return result


def test_a_document_gives_its_result(server: str) -> None:
    """The JSON of the contract, under the name the client gave."""
    document = Document.from_json(post(server, "ok 2"))
    assert document.document.filename == "report.pdf"
    assert document.document.page_count == 2


@pytest.mark.parametrize(
    ("content", "part", "status", "code"),
    [
        ("encrypted", "file", 422, "encrypted"),
        ("crash", "file", 500, "crashed"),
        ("bug", "file", 500, "bug"),
        ("ok", "other", 400, "options"),
    ],
)
def test_a_failure_is_a_problem_document(
    server: str, content: str, part: str, status: int, code: str
) -> None:
    """With its class and one sentence, without the server's own paths."""
    with pytest.raises(HTTPError) as caught:
        post(server, content, part=part)
    with caught.value as answer:
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        body = json.load(answer)
    assert (body["status"], body["code"]) == (status, code)
    assert "/tmp" not in body["detail"]
    assert body["detail"].startswith(("report.pdf: ", "upload: "))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"), ("..", "upload"), (None, "upload"), ("", "upload"),
        ("C:\\x\\a.pdf", "a.pdf"), ("报告.pdf", "报告.pdf"), ("a\0b.pdf", "ab.pdf"),
    ],
)  # fmt: skip
def test_no_file_name_leads_out_of_its_folder(sent: str | None, name: str) -> None:
    """Only the last part of a path is used."""
    assert file_name(sent) == name
