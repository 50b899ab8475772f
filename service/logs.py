"""Log lines for machines: one JSON object each, with the ids of request and document.

Never what stands in a document: lines carry ids, counts and seconds.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor

    from service.settings import Settings

QUIET = ("dbos", "httpx", "httpcore", "alembic", "fsspec", "botocore", "uvicorn.error")
PICKY = ("pdfminer", "pypdf", "fontTools", "PIL")  # warn of every file that is not as it should be


def set_up_logs(settings: Settings) -> None:
    """Sends all log lines of this process to stderr in the form that the settings name."""
    level = settings.log_level.upper()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(json=settings.log_format == "json"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in PICKY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _formatter(*, json: bool) -> structlog.stdlib.ProcessorFormatter:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks without the values of variables, which could be what stands in a document.
    plain = structlog.dev.plain_traceback
    last: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
