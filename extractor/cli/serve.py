"""`extractor serve`: the small HTTP service, on this machine only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

LOOPBACK = "127.0.0.1"  # the service knows no accounts: nobody else may reach it


def serve(arguments: argparse.Namespace, reader: str | None) -> int:
    """Answers until it is stopped; gives the exit code."""
    import uvicorn

    from service.app import create_app

    level = "info" if arguments.verbose else "warning"
    uvicorn.run(create_app(reader), host=LOOPBACK, port=arguments.port, log_level=level)
    return 0
