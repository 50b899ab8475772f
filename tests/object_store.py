"""An S3-compatible server of this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.server import ThreadedMotoServer

from service.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def object_store() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def options_for(address: str) -> dict[str, str]:
    """What a store needs to know beside its URL."""
    return {"endpoint_url": address, "key": "k", "secret": "s"}


def new_bucket(address: str, name: str) -> str:
    """The URL of a place in a new bucket."""
    store = Store(f"s3://{name}/files", **options_for(address))
    store._fs.mkdir(name)
    return f"s3://{name}/files"
