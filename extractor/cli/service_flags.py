"""The commands of the service and their flags; each flag is a setting of service.settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

SETTINGS_NOTE = """\
every setting also by environment (EXTRACTOR_DATA, EXTRACTOR_DATABASE_URL, ...) or in the file
extractor.toml of the data folder; docs/operation.md has them all
"""
SERVE_EXAMPLES = f"""\
examples:
  extractor serve                                    http://127.0.0.1:8000, SQLite, one folder
  extractor serve --no-auth                          without accounts, for this machine only
  extractor serve --data /srv/extractor --workers 4
  extractor serve --workers 0 --database-url postgresql://user:password@host/name \\
                  --storage-url s3://bucket/prefix   other machines run extractor worker

{SETTINGS_NOTE}"""
WORKER_EXAMPLES = f"""\
examples:
  extractor worker --database-url postgresql://user:password@host/name \\
                   --storage-url s3://bucket/prefix --workers 8

{SETTINGS_NOTE}"""
BACKUP_EXAMPLES = """\
examples:
  extractor backup /backups/2026-11-23               while the service runs
  extractor restore /backups/2026-11-23 --data /srv/extractor
  extractor backup /backups/2026-11-23 --storage-url s3://bucket/prefix   its files are copied too
"""
AUDIT_EXAMPLES = """\
examples:
  extractor audit                                    prints the number of rows and the last hash
  extractor audit --expect 1074092028dbc8d7...       is the log still the one of that day?
"""
NAMES = ("serve", "worker", "password", "audit", "backup", "restore")
SETTINGS = (
    "data", "database_url", "storage_url", "host", "port", "public_url", "no_auth", "workers",
    "log_format",
)  # fmt: skip


def add_service(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    """Adds the commands; `plain` is how the parsers of all commands are made."""
    _add_serve(commands, plain)
    _add_worker(commands, plain)
    _add_password(commands, plain)
    _add_audit(commands, plain)
    _add_backup(commands, plain)


def _add_serve(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "serve",
        help="the service: upload archives in a browser or over HTTP, fetch the data",
        description="Serves pages for people and an API for programs, and reads what is uploaded.\n"
        "The first start prints the password of an administrator. Answers on this\n"
        "machine only, unless --host names another address.",
        epilog=SERVE_EXAMPLES,
        **plain,
    )
    _add_place(command)
    add = command.add_argument
    add("--host", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=int, metavar="N", help="port to listen on (default: 8000)")
    add("--public-url", metavar="URL", help="how users reach it, for links")
    add("--workers", type=int, metavar="N",
        help="documents read at a time here (default: half of the cores)")  # fmt: skip
    add("--no-auth", action="store_true", default=None, help="no accounts; on this machine only")
    _add_log(command)


def _add_worker(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "worker",
        help="more processes that read for a service, on this machine or another",
        description="Reads what was uploaded to a service. Start it on as many machines as there\n"
        "are; what a machine that dies was reading is read by others within a minute.",
        epilog=WORKER_EXAMPLES,
        **plain,
    )
    _add_place(command)
    command.add_argument("--workers", type=int, metavar="N",
                         help="documents read at a time (default: half of the cores)")  # fmt: skip
    _add_log(command)


def _add_password(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "password",
        help="give a user of the service a new one-time password",
        description="Prints a password for one login, which asks for another.",
        epilog="example:\n  extractor password admin",
        **plain,
    )
    command.add_argument("name", metavar="NAME", help="of the user")
    _add_place(command)


def _add_audit(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    command = commands.add_parser(
        "audit",
        help="check that nobody changed the audit log of the service",
        description="Computes every hash of the log anew; exit code 1 where it was changed. Keep\n"
        "the last hash elsewhere: it also shows whether the end was cut off.",
        epilog=AUDIT_EXAMPLES,
        **plain,
    )
    command.add_argument("--expect", metavar="HASH", help="one that the log had before")
    _add_place(command)


def _add_backup(commands: Any, plain: dict[str, Any]) -> None:  # noqa: ANN401
    for name, text in (
        ("backup", "copy database, files and key of a service into a new folder"),
        ("restore", "put a backup into a new data folder, its files into an empty store"),
    ):
        command = commands.add_parser(
            name, help=text, description=f"{text.capitalize()}. For SQLite.",
            epilog=BACKUP_EXAMPLES, **plain,
        )  # fmt: skip
        command.add_argument("folder", type=Path, metavar="FOLDER", help="the backup")
        _add_place(command)


def _add_place(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--data", type=Path, metavar="DIR", help="folder of database, files and key")
    add("--database-url", metavar="URL", help="PostgreSQL in place of SQLite")
    add("--storage-url", metavar="URL", help="where files are: file:///path, s3://bucket/prefix")
    add("--verbose", "-v", action="store_true", help="tracebacks of what fails")


def _add_log(command: argparse.ArgumentParser) -> None:
    command.add_argument("--log-format", choices=("json", "text"), help="default: json")
