"""The small HTTP face: a real server in a process of its own, and its errors."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from extractor.cli import main
from extractor.document import Document
from extractor.options import MIB, Options
from service.app import create_app, file_name
from tests.fake_reader import READER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from starlette.types import Message, Receive

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


def problem_of(request: Request) -> dict[str, object]:
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=60)
    with caught.value as answer:
        assert answer.headers["Content-Type"] == "application/problem+json"
        body: dict[str, object] = json.load(answer)
    assert body["status"] == answer.status
    assert set(body) == {"title", "status", "detail", "code"}
    return body


def part(name: str, content: str) -> str:
    disposition = f'form-data; name="{name}"; filename="a.pdf"'
    return f"--b\r\nContent-Disposition: {disposition}\r\n\r\n{content}\r\n"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/api/v1/documents", None, 405),
        ("POST", "/api/v1/documents", part("file", "ok") + part("more", "ok") + "--b--", 400),
        ("POST", "/api/v1/documents", "no multipart at all", 400),
    ],
)
def test_what_the_framework_refuses_is_a_problem_document(
    server: str, method: str, path: str, body: str | None, status: int
) -> None:
    """A wrong address, method or form has the same shape as a document that cannot be read."""
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    data = None if body is None else body.encode()
    problem = problem_of(Request(f"{server}{path}", data, headers, method=method))
    assert (problem["status"], problem["code"]) == (status, "request")


def test_a_body_in_chunks_is_counted_while_it_comes() -> None:
    """It says no length: reading stops at the limit, before the rest is put on the disk."""
    sent = 0

    async def receive() -> dict[str, object]:
        nonlocal sent
        sent += MIB
        start = part("file", "").encode().rstrip() + b"\r\n\r\n" if sent == MIB else b""
        return {"type": "http.request", "body": start + bytes(MIB), "more_body": True}

    app = create_app(READER, Options(max_bytes=2 * MIB))
    answer = asyncio.run(ask(app, receive))
    assert answer["code"] == "too_large"
    assert "2 MiB" in str(answer["detail"])
    assert sent <= 5 * MIB


def test_what_nobody_foresaw_is_a_problem_document() -> None:
    """Without the words of the exception; the server's log has them."""

    async def receive() -> dict[str, object]:
        raise ZeroDivisionError("secret")

    answer = asyncio.run(ask(create_app(READER), receive))
    assert answer["code"] == "bug"
    assert "secret" not in str(answer["detail"])


async def ask(app: FastAPI, receive: Receive) -> dict[str, object]:
    """The problem document an application gives for a posted body; no worker is started."""
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))

    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/documents", "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
    }  # fmt: skip
    with suppress(ZeroDivisionError):
        await app(scope, receive, send)
    answer: dict[str, object] = json.loads(b"".join(parts))
    return answer


def test_a_long_name_is_cut_by_its_bytes(server: str) -> None:
    """80 emoji are 320 bytes, more than a file name may have; its end is kept."""
    document = Document.from_json(post(server, "ok", name="\N{MEMO}" * 80 + ".pdf"))
    assert document.document.filename == "\N{MEMO}" * 49 + ".pdf"
    assert file_name("\ud800.pdf") == ".pdf"


def test_no_path_is_told_whatever_the_name(server: str) -> None:
    """Sentences have single spaces, names need not."""
    with pytest.raises(HTTPError) as caught:
        post(server, "encrypted", name="a  b.pdf")
    with caught.value as answer:
        assert json.load(answer)["detail"].startswith("a b.pdf: ")


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("127.0.0.1", False), ("::1", False), ("localhost", False),
        ("0.0.0.0", True), ("192.168.0.7", True), ("example.org", True),
    ],
)  # fmt: skip
def test_an_address_that_others_reach_is_warned_of(
    host: str, warned: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are no accounts. The address is served all the same: a container needs it."""
    served: list[object] = []
    monkeypatch.setattr("uvicorn.run", lambda app, **how: served.append(how["host"]))
    assert main(["serve", "--host", host]) == 0
    assert served == [host]
    assert ("there are no accounts" in capsys.readouterr().err) == warned


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
