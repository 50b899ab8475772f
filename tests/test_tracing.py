"""Traces reach a collector, where one is named."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.serving import server

if TYPE_CHECKING:
    from pathlib import Path


class _Collector(BaseHTTPRequestHandler):
    seen: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("names", ["", "http", "http/dup"])
def test_requests_and_statements_are_traced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: str
) -> None:
    """The route and the statement, without what was searched for."""
    seen: list[tuple[str, bytes]] = []
    handler = type("Collector", (_Collector,), {"seen": seen})
    collector = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", names)
    with (
        server(tmp_path, "sqlite", "--no-auth", workers="0") as running,
        running.client() as client,
    ):
        client.get("/api/v1/documents", params={"q": "geheim"})
        client.get("/archive", params={"q": "geheim"})
        client.get("/api/v1/documents/not-there")
        deadline = time.monotonic() + 20
        while b"FROM documents" not in _text(seen) and time.monotonic() < deadline:
            time.sleep(0.1)
    collector.shutdown()
    collector.server_close()
    text = _text(seen)
    assert b"/api/v1/documents/{document_id}" in text
    assert b"FROM documents" in text
    assert b"/archive" in text
    assert b"geheim" not in text


def _text(seen: list[tuple[str, bytes]]) -> bytes:
    return b"".join(body for path, body in seen if path == "/v1/traces")
