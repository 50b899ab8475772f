"""The commands of the service: `serve`, `worker`, `password`, `audit`, `backup`, `restore`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from extractor.cli.service_flags import SETTINGS
from extractor.errors import OptionsError

if TYPE_CHECKING:
    import argparse


OWNER_ONLY = 0o077  # what the service keeps is for nobody else on the machine


def run(arguments: argparse.Namespace, reader: str | None) -> int:
    """Runs one; gives the exit code. `reader` is what workers read with."""
    before = os.umask(OWNER_ONLY)
    try:
        return _run(arguments, reader)
    except OSError as error:
        message = error.strerror or str(error)
        raise OptionsError(f"a file or the store cannot be used: {message}") from error
    finally:
        os.umask(before)


def _run(arguments: argparse.Namespace, reader: str | None) -> int:
    from service.commands import backups, keeping, serving
    from service.jobs.leavings import READER
    from service.settings import load_settings

    given = {name: getattr(arguments, name, None) for name in SETTINGS}
    level = "debug" if arguments.verbose else None
    settings = load_settings(**given, log_level=level)
    if arguments.command == "serve":
        return serving.serve(settings, reader or READER)
    if arguments.command == "worker":
        return serving.work(settings, reader or READER)
    if arguments.command == "password":
        return keeping.reset_password(settings, arguments.name)
    if arguments.command == "audit":
        return keeping.check_audit(settings, arguments.expect)
    if arguments.command == "backup":
        return backups.back_up(settings, arguments.folder)
    return backups.restore(settings, arguments.folder)
