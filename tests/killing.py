"""Kills servers, workers and readers at random moments while documents come in, and counts.

Some workers are only stopped, for longer than their lease, and wake when others do their work.

What was acknowledged has to be there once, read once, and nothing may wait for ever.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import sqlalchemy as sa

from service.database import Database
from service.repository import audit
from service.rows import Audit, Run, Worker
from service.settings import load_settings
from tests.serving import Server, database, is_settled, listed, pdf, start, started

if TYPE_CHECKING:
    from collections.abc import Callable

LEASE_S = "2"
SLEEP_S = 5.0  # of a worker that is stopped: longer than its lease
BLOWS = ("server", "everything", "worker", "reader", "worker command", "sleeping worker")
WAIT_S = 120.0  # until all has to be read, after the last kill


@dataclass(slots=True)
class Report:
    """What happened, and what came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    uploaded: int = 0
    retried: int = 0
    documents: int = 0
    done: int = 0
    read_twice: int = 0
    attempts: Counter[int] = field(default_factory=Counter)
    log_holds: bool = False
    seconds_to_settle: float = 0.0

    @property
    def holds(self) -> bool:
        """Nothing lost, nothing read twice, nothing stuck, and the audit log is whole."""
        whole = self.uploaded == self.documents == self.done
        return whole and self.read_twice == 0 and self.log_holds


@dataclass(slots=True)
class Uploads:
    """Sends documents one after the other, each until it is acknowledged."""

    url: Callable[[], str]
    report: Report
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, lane: int) -> None:
        """Until it is stopped."""
        number = 0
        while not self.stopped.is_set():
            text = f"slow {(number % 5) * 0.4:.1f}#{lane}-{number}"
            while not self._sent(f"{lane}-{number}.pdf", text):
                self.report.retried += 1
                time.sleep(0.1)
            self.report.uploaded += 1
            number += 1
            time.sleep(0.7)

    def _sent(self, name: str, text: str) -> bool:
        key = {"Idempotency-Key": name}
        with contextlib.suppress(httpx.HTTPError):
            files = {"file": (name, pdf(text))}
            answer = httpx.post(
                f"{self.url()}/api/v1/documents", files=files, headers=key, timeout=30
            )
            return answer.status_code in (200, 201)
        return False


class Rounds:
    """A server, a worker beside it, and somebody who kills."""

    def __init__(self, folder: Path, environment: dict[str, str], seed: int) -> None:
        """Starts both."""
        self._environment = environment | {
            "EXTRACTOR_LEASE_S": LEASE_S, "EXTRACTOR_NO_AUTH": "true",
            "EXTRACTOR_LOG_LEVEL": "info", "EXTRACTOR_RATE_LIMIT": "100000/minute",
        }  # fmt: skip
        self._random = random.Random(seed)
        self.report = Report()
        self.server: Server = start(self._environment)
        self.worker = started("worker", environment=self._environment)
        settings = load_settings(
            data=folder, database_url=environment.get("EXTRACTOR_DATABASE_URL")
        )
        self.database = Database(settings.database)

    def close(self) -> None:
        """Ends all."""
        self.database.close()
        self.server.process.stop()
        self.worker.stop()

    def kill(self) -> None:
        """Kills something and has it started again, as an operator or a container engine does."""
        kind = self._random.choice(BLOWS)
        getattr(self, f"_kill_{kind.replace(' ', '_')}")()
        self.report.kills[kind] += 1

    def _kill_server(self) -> None:
        self.server.process.popen.send_signal(signal.SIGKILL)
        self.server.process.popen.wait(timeout=30)
        self.server = start(self._environment)

    def _kill_everything(self) -> None:
        self.server.process.kill()
        self.server = start(self._environment)

    def _kill_worker_command(self) -> None:
        self.worker.kill()
        self.worker = started("worker", environment=self._environment)

    def _kill_worker(self) -> None:
        _kill_one(self._random, self._workers())

    def _kill_sleeping_worker(self) -> None:
        """It wakes when it was taken for dead; that it ends then is seen in what it does."""
        if pids := self._workers():
            pid = self._random.choice(pids)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                time.sleep(SLEEP_S)
                os.kill(pid, signal.SIGCONT)

    def _kill_reader(self) -> None:
        workers = self._workers()
        _kill_one(self._random, [pid for pid in _pids() if _parent(pid) in workers])

    def _workers(self) -> list[int]:
        with self.database.read() as session:
            return sorted(session.scalars(sa.select(Worker.pid)))

    def count(self) -> Report:
        """What there is in the end."""
        with httpx.Client(base_url=self.server.url, timeout=60) as client:
            items = listed(client)
        report = self.report
        report.documents = len(items)
        report.done = sum(item["state"] == "done" for item in items)
        with self.database.read() as session:
            ended = Counter(session.scalars(
                sa.select(Audit.object).where(Audit.action == "document.done")
            ))  # fmt: skip
            report.read_twice = sum(number > 1 for number in ended.values())
            report.attempts = Counter(session.scalars(sa.select(Run.attempt)))
            report.log_holds = audit.verify(session).broken is None
        return report

    def settle(self) -> None:
        """Waits until nothing is left to be read."""
        began = time.monotonic()
        with httpx.Client(base_url=self.server.url, timeout=60) as client:
            while not all(map(is_settled, listed(client))):
                if time.monotonic() - began > WAIT_S:
                    break
                time.sleep(0.3)
        self.report.seconds_to_settle = round(time.monotonic() - began, 1)


def _kill_one(chosen: random.Random, pids: list[int]) -> None:
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chosen.choice(sorted(pids)), signal.SIGKILL)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def survive(backend: str, folder: Path, rounds: int, seed: int, lanes: int = 3) -> Report:
    """Kills so many times under uploads; what came of it."""
    with database(backend, folder) as environment:
        running = Rounds(folder, environment, seed)
        uploads = Uploads(lambda: running.server.url, running.report)
        threads = [threading.Thread(target=uploads.run, args=(lane,)) for lane in range(lanes)]
        try:
            for thread in threads:
                thread.start()
            pauses = random.Random(seed + 1)
            for _ in range(rounds):
                time.sleep(pauses.uniform(1.0, 7.0))
                running.kill()
            uploads.stopped.set()
            for thread in threads:
                thread.join()
            running.settle()
            return running.count()
        finally:
            uploads.stopped.set()
            running.close()
