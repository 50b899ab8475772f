"""Webhooks: signed, repeated, and not a way into the own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from service import webhooks
from service.rows import Delivery, Worker
from service.service import Service, open_service
from service.settings import load_settings
from tests.serving import BACKENDS, KEY, Server, server, settled, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_of_the_own_network_is_refused(host: str, tmp_path: Path) -> None:
    """When the webhook is made; a name that nobody knows yet is taken."""
    with server(tmp_path, "sqlite", "--no-auth") as running, running.client() as client:
        answer = client.post("/api/v1/webhooks", json={"url": f"http://{host}:1/hook"})
        assert (answer.status_code, answer.json()["code"]) == (422, "url")
        assert "own network" in answer.json()["detail"]
        url = {"url": "https://nowhere.invalid/hook"}
        assert client.post("/api/v1/webhooks", json=url).status_code == 201


def test_a_call_into_the_own_network_is_not_tried_again(tmp_path: Path) -> None:
    """As where a name leads there later."""
    with (
        server(tmp_path, "sqlite", "--no-auth") as running,
        running.client() as client,
        beside(running, tmp_path) as service,
    ):
        project = client.get("/api/v1/projects").json()[0]["id"]
        with service.database.write() as session:
            url = "http://127.0.0.1:1/"
            row, _ = webhooks.subscribe(service, session, "x", project, url, webhooks.EVENTS)
            path = f"/api/v1/webhooks/{row.id}"
        upload(client, "ok 1")
        settled(client)
        wait_for(lambda: bool(client.get(f"{path}/deliveries").json()))
        (delivery,) = _settled(client, path)
        assert (delivery["state"], delivery["attempts"]) == ("failed", 1)
        assert "own network" in delivery["error"]


def _settled(client: Any, path: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = client.get(f"{path}/deliveries").json()
        if all(delivery["state"] != "queued" for delivery in found):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


@contextmanager
def beside(running: Server, folder: Path) -> Iterator[Service]:
    """The service of a running server."""
    url = running.environment.get("EXTRACTOR_DATABASE_URL")
    found = open_service(load_settings(data=folder, database_url=url, secret_key=KEY))
    yield found
    found.close()


def deliveries(service: Service) -> list[Delivery]:
    """All of them."""
    with service.database.read() as session:
        return list(session.scalars(sa.select(Delivery)))


def wait_for(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    """Until it holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_receivers_that_never_answer_do_not_hold_up_others(
    backend: str, tmp_path: Path, receiver: Receiver
) -> None:
    """More of them than the calls that were made at once before, each with several events."""
    receiver.refuse = 0
    with (
        ExitStack() as silent,
        server(tmp_path, backend, "--no-auth", webhooks_to_private="true") as running,
        running.client() as client,
    ):
        for _ in range(6):
            port = silent.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            client.post("/api/v1/webhooks", json={"url": f"http://127.0.0.1:{port}/"})
        upload(client, "ok 1#a", "ok 1#b", "ok 1#c")
        settled(client)
        time.sleep(3)  # all that can be held up is
        client.post("/api/v1/webhooks", json={"url": receiver.url})
        upload(client, "ok 1#d", "ok 1#e")
        wait_for(lambda: len(receiver.calls) == 2, 15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_dead_receiver_is_called_again_and_given_up_in_the_end(
    backend: str, tmp_path: Path
) -> None:
    """While it is waited for no worker has it in hand; a delivery that got lost is found again."""
    with (
        server(tmp_path, backend, "--no-auth", webhooks_to_private="true") as running,
        running.client() as client,
        beside(running, tmp_path) as service,
    ):
        client.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:1/"})
        upload(client, "ok 1")
        settled(client)
        wait_for(lambda: [d.attempts for d in deliveries(service)] == [2])
        (delivery,) = deliveries(service)
        assert (delivery.state, delivery.status) == ("queued", None)
        assert "connection" in (delivery.error or "")
        with service.database.read() as session:
            workers = list(session.scalars(sa.select(Worker.id)))
        wait_for(lambda: not any(map(service.queue.in_hand_of, workers)), 10)

        assert webhooks.requeue_lost(service) == 0
        service.queue.remove(delivery.workflow)
        assert webhooks.requeue_lost(service) == 1
        (found,) = deliveries(service)
        assert (found.state, found.attempts, found.error) == ("queued", 3, webhooks.LOST)
        assert found.workflow != delivery.workflow
        assert webhooks.requeue_lost(service) == 0

        with service.database.write() as session:
            last = sa.update(Delivery).values(attempts=len(webhooks.RETRIES_S), workflow="gone")
            session.execute(last)
        assert webhooks.requeue_lost(service) == 1
        (ended,) = deliveries(service)
        assert (ended.state, ended.finished_at is not None) == ("failed", True)


def test_a_signature_is_that_of_the_specification() -> None:
    """The example that Standard Webhooks gives in its text."""
    headers = webhooks.signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        '{"test": 2432232314}',
    )  # fmt: skip
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
