"""Webhooks: signed, repeated, and not a way into the own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from service import webhooks
from service.webhooks import UrlError, checked_url, reachable
from tests.serving import BACKENDS, server, settled, upload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Receiver(ThreadingHTTPServer):
    """Takes calls; refuses the first ones."""

    def __init__(self, refuse: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refuse = refuse
        self.calls: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(503 if len(self.server.calls) <= self.server.refuse else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """One that refuses the first call."""
    found = Receiver(refuse=1)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_webhook_is_called_until_it_answers(
    backend: str, tmp_path: Path, receiver: Receiver
) -> None:
    """With the same id and a signature that its secret makes."""
    with (
        server(tmp_path, backend, "--no-auth", webhooks_to_private="true") as running,
        running.client() as client,
    ):
        made = client.post("/api/v1/webhooks", json={"url": receiver.url}).json()
        upload(client, "ok 2")
        (item,) = settled(client)
        deadline = time.monotonic() + 40
        while len(receiver.calls) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        (headers, body), (again, same) = receiver.calls
        assert body == same
        assert headers["webhook-id"] == again["webhook-id"]
        assert json.loads(body)["type"] == "document.done"
        assert json.loads(body)["data"]["id"] == item["id"]
        content = f"{again['webhook-id']}.{again['webhook-timestamp']}.".encode() + same
        key = base64.b64decode(made["secret"].removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        assert again["webhook-signature"] == f"v1,{expected}"
        path = f"/api/v1/webhooks/{made['id']}"
        (delivery,) = _settled(client, path)
        assert (delivery["state"], delivery["attempts"], delivery["status"]) == (
            "delivered", 2, 204
        )  # fmt: skip
        assert "secret" not in client.get("/api/v1/webhooks").json()[0]
        assert client.delete(path).status_code == 204


def _settled(client: Any, path: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = client.get(f"{path}/deliveries").json()
        if all(delivery["state"] != "queued" for delivery in found):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "::1"])
def test_the_own_network_is_not_called(host: str) -> None:
    """Unless an operator allows it."""
    with pytest.raises(UrlError, match="own network"):
        reachable(host, 80, private=False)
    assert reachable(host, 80, private=True)


@pytest.mark.parametrize("url", ["ftp://x/y", "https://", "https://u:p@host/", "hook", "http://["])
def test_an_address_that_cannot_be_called_is_refused(url: str) -> None:
    """When the webhook is made."""
    with pytest.raises(UrlError):
        checked_url(url)


def test_a_signature_is_that_of_the_specification() -> None:
    """The example that Standard Webhooks gives in its text."""
    headers = webhooks.signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        '{"test": 2432232314}',
    )  # fmt: skip
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
