"""The durable workflows, one a document: what is done of one is not done again after a crash."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dbos import DBOS

from extractor.batch.outcome import Failure
from service.identity import PIPELINE
from service.jobs.faults import Postponed
from service.queue import DELIVER
from service.repository.runs import Ending, PictureFile
from service.webhooks import deliver

if TYPE_CHECKING:
    from service.jobs.worker import Worker

PAUSE_S = 1.0  # before a document that killed its reader is tried again

_worker: Worker | None = None


def works_for(worker: Worker) -> None:
    """Sets who does the steps: workflows are functions that DBOS finds by name."""
    global _worker  # noqa: PLW0603
    _worker = worker


def _own() -> Worker:
    if _worker is None:
        raise RuntimeError("workflows run in worker processes only")
    return _worker


@DBOS.workflow(name=PIPELINE, max_recovery_attempts=None)
def read_document(run_id: str) -> None:
    """Reads a run's document until it has ended, or is put off: another workflow goes on then."""
    with _own().holding(DBOS.workflow_id):
        try:
            while True:
                outcome = read_step(run_id)
                if outcome is None or not finish_step(run_id, outcome):
                    return
                DBOS.sleep(PAUSE_S)
        finally:  # it was cancelled, or is another worker's by now
            _own().tidy()


@DBOS.step(name="read", retries_allowed=True, max_attempts=5)
def read_step(run_id: str) -> dict[str, Any] | None:
    """One attempt; its outcome as plain data."""
    found = _own().attempt(run_id)
    if found is None:
        return None
    number, outcome = found
    return {"attempt": number, type(outcome).__name__.lower(): asdict(outcome)}


@DBOS.step(name="finish", retries_allowed=True, max_attempts=5)
def finish_step(run_id: str, outcome: dict[str, Any]) -> bool:
    """Stores an outcome; whether another attempt follows."""
    return _own().finish(run_id, outcome["attempt"], _typed(outcome))


def _typed(outcome: dict[str, Any]) -> Ending | Failure | Postponed:
    if "postponed" in outcome:
        return Postponed(**outcome["postponed"])
    if "failure" in outcome:
        return Failure(**outcome["failure"])
    given = dict(outcome["ending"])
    pictures = tuple(PictureFile(**picture) for picture in given.pop("pictures"))
    return Ending(**given, pictures=pictures)


@DBOS.workflow(name=DELIVER, max_recovery_attempts=None)
def deliver_webhook(delivery_id: str) -> None:
    """Calls a webhook once; the next call is another workflow, so that no worker waits for it."""
    with _own().holding(DBOS.workflow_id):
        deliver_step(delivery_id, str(DBOS.workflow_id))


@DBOS.step(name="deliver", retries_allowed=True, max_attempts=5)
def deliver_step(delivery_id: str, workflow: str) -> None:
    """The call."""
    deliver(_own().service, delivery_id, workflow)
