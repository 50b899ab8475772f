"""`extractor serve`: the small HTTP service, on this machine only unless told otherwise."""

from __future__ import annotations

import ipaddress
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def serve(arguments: argparse.Namespace, reader: str | None) -> int:
    """Answers until it is stopped; gives the exit code."""
    import uvicorn

    from service.app import create_app

    if not is_loopback(arguments.host):
        print(
            f"extractor: there are no accounts: whoever reaches {arguments.host}, port "
            f"{arguments.port}, can have documents read",
            file=sys.stderr,
        )
    level = "info" if arguments.verbose else "warning"
    uvicorn.run(create_app(reader), host=arguments.host, port=arguments.port, log_level=level)
    return 0


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name may lead anywhere but for localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
