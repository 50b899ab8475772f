"""Two hundred uploads at once while workers read: how long requests take, how memory goes.

    python -m benchmarks.uploads                 on SQLite
    python -m benchmarks.uploads --backend postgresql

A real server with its workers and real reports. A client opens 200 connections at the same moment,
twice, then sends 200 files over the three lines of the page; beside it somebody looks at lists all
the time. Times are from the first byte sent to the last received.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.jobs.leavings import READER
from tests.serving import database, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving import Server

REPORTS = Path(__file__).parent.parent / "fixtures" / "reports"
LOOKS = ("/api/v1/documents?limit=50", "/healthz", "/api/v1/documents?state=done&sort=name")
PAUSE_S = 0.05
LANES = 3  # of the page's own uploads


@dataclass(slots=True)
class Times:
    """Seconds of requests, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def line(self, name: str) -> str:
        """For a person."""
        shares = "  ".join(f"p{round(100 * s)} {self.quantile(s):7.1f}" for s in (0.5, 0.95, 0.99))
        return f"{name:<26} {len(self.seconds):>5}   {shares} ms   failed {self.failed}"


async def request(host: str, port: int, content: bytes, times: Times) -> bytes:
    """One request on a connection of its own; gives the answer's body."""
    began = time.perf_counter()
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(content)
        await writer.drain()
        answer = await reader.read()
        writer.close()
    except OSError:
        times.failed += 1
        return b""
    times.seconds.append(time.perf_counter() - began)
    head, _, body = answer.partition(b"\r\n\r\n")
    times.failed += head.split(b" ", 2)[1][:1] != b"2"
    return body


def posted(host: str, name: str, content: bytes) -> bytes:
    """An upload of one file as it goes over the line."""
    disposition = f'form-data; name="file"; filename="{name}"'
    body = (
        f"--b\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n--b--\r\n"
    )
    head = (
        f"POST /api/v1/documents HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def got(host: str, path: str) -> bytes:
    """A look at something."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


async def look(host: str, port: int, times: Times, until: asyncio.Event) -> None:
    """Looks at this and that until told to stop."""
    chosen = random.Random(3)  # noqa: S311
    while not until.is_set():
        await request(host, port, got(host, chosen.choice(LOOKS)), times)
        await asyncio.sleep(PAUSE_S)


def reports(count: int) -> Iterator[tuple[str, bytes]]:
    """Different files, each a real report: a comment at its end tells them apart."""
    known = [path.read_bytes() for path in sorted(REPORTS.glob("*.pdf"))]
    for number in range(count):
        yield f"{number}.pdf", known[number % len(known)] + f"\n%{number}\n".encode()


def resident_mib(pid: int) -> float:
    """Memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def lane(target: Target, waiting: list[bytes], times: Times) -> None:
    """Sends one upload after the other, as a browser does in each of its lines."""
    while waiting:
        await request(target.host, target.port, waiting.pop(), times)


@dataclass(slots=True)
class Target:
    """Where the server listens, and its process."""

    host: str
    port: int
    pid: int


async def burst(target: Target, files: list[bytes], lanes: int) -> dict[str, Times]:
    """All files over so many connections, while somebody looks; the times of both."""
    found = {"uploads": Times(), "looks": Times()}
    stop = asyncio.Event()
    looking = asyncio.create_task(look(target.host, target.port, found["looks"], stop))
    await asyncio.sleep(1.0)
    waiting = list(files)
    await asyncio.gather(*(lane(target, waiting, found["uploads"]) for _ in range(lanes)))
    stop.set()
    await looking
    return found


async def measure(server: Server, count: int, after_s: float) -> dict[str, object]:
    """Uploads all at once and over a few lines, then looks for a while; all figures."""
    parts = urlsplit(server.url)
    target = Target(parts.hostname or "", parts.port or 0, server.process.popen.pid)
    files = [posted(target.host, name, content) for name, content in reports(3 * count + 1)]
    await request(target.host, target.port, files.pop(), Times())  # the first imports
    await asyncio.sleep(15.0)  # workers have loaded their models
    memory = [resident_mib(target.pid)]
    figures: dict[str, object] = {}
    for number, lanes in enumerate((count, count, LANES)):
        found = await burst(target, files[number * count : (number + 1) * count], lanes)
        memory.append(resident_mib(target.pid))
        for name, times in found.items():
            print(times.line(f"{name}, {lanes} lines"))
            figures[f"p99_{name}_{lanes}_lines_ms"] = round(times.quantile(0.99))
    stop, after = asyncio.Event(), Times()
    looking = asyncio.create_task(look(target.host, target.port, after, stop))
    for _ in range(int(after_s)):
        await asyncio.sleep(1.0)
        memory.append(resident_mib(target.pid))
    stop.set()
    await looking
    print(after.line("looks while workers read"))
    print("server, MiB: before, after each burst, then every second:", *map(round, memory))
    return figures | {"p99_looks_while_reading_ms": round(after.quantile(0.99))}


def main() -> int:
    """The command."""
    parsing = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parsing.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    parsing.add_argument("--uploads", type=int, default=200)
    parsing.add_argument("--after", type=float, default=30.0, metavar="SECONDS")
    parsing.add_argument("--reader", default=READER)
    given = parsing.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(given.backend, Path(folder)) as own:
        own |= {"EXTRACTOR_RATE_LIMIT": "1000000/minute", "EXTRACTOR_LOG_LEVEL": "warning"}
        server = start(own, "--no-auth", reader=given.reader)
        try:
            found = asyncio.run(measure(server, given.uploads, given.after))
        finally:
            server.process.kill()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
