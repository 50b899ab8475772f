"""The queue of documents to be read, as those see it who put something in."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dbos import DBOS, DBOSClient
from dbos import error as dbos_error

from service.identity import PIPELINE
from service.identity import QUEUE as QUEUE
from service.rows import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timedelta

    from dbos import EnqueueOptions, WorkflowStatus
    from sqlalchemy.orm import Session

APP_VERSION = (
    "1"  # of the workflows, not of the program: workers of a new release go on with old work
)
BULK, SINGLE = 20, 10  # priorities: the less, the sooner
WEBHOOKS, DELIVER = "webhooks", "deliver_webhook"
LIVE = ("ENQUEUED", "DELAYED", "PENDING")


def plain_url(url: str) -> str:
    """A database URL as DBOS takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def migrate(url: str) -> None:
    """Makes or updates the tables of DBOS."""
    DBOS.migrate(plain_url(url))


class Queue:
    """Puts work in; what is put in within a transaction is there if that is committed."""

    def __init__(self, url: str) -> None:
        """Connects when first used. `url` is SQLAlchemy's."""
        self._client = DBOSClient(system_database_url=plain_url(url), lazy=True)

    def read(
        self, session: Session, run_id: str, priority: int = BULK, delay_s: float | None = None
    ) -> str:
        """Has a run read, after a while if need be; gives the id of its workflow."""
        workflow_id = f"{run_id}-{new_id()[:16]}"  # a file that was deleted may come again
        self._put(session, PIPELINE, QUEUE, workflow_id, run_id, priority=priority, delay_s=delay_s)
        return workflow_id

    def deliver(
        self, session: Session, delivery_id: str, webhook_id: str, delay_s: float | None = None
    ) -> str:
        """Has a webhook called, after a while if need be; gives the id of its workflow."""
        workflow_id = f"deliver-{delivery_id}-{new_id()[:16]}"
        self._put(
            session, DELIVER, WEBHOOKS, workflow_id, delivery_id, delay_s=delay_s, part=webhook_id
        )
        return workflow_id

    def _put(
        self,
        session: Session,
        name: str,
        queue: str,
        workflow_id: str,
        argument: str,
        *,
        priority: int = BULK,
        delay_s: float | None = None,
        part: str | None = None,
    ) -> None:
        options: EnqueueOptions = {
            "workflow_name": name,
            "queue_name": queue,
            "workflow_id": workflow_id,
            "app_version": APP_VERSION,
            "priority": priority,
        }
        if delay_s is not None:
            options["delay_seconds"] = delay_s
        if part is not None:
            options["queue_partition_key"] = part
        self._client.enqueue_in_transaction(session.connection(), options, argument)

    def lost(self, workflow_ids: Sequence[str]) -> set[str]:
        """Those of the workflows that are not going to end a run any more."""
        lost = set(workflow_ids)
        for start in range(0, len(workflow_ids), 500):
            part = list(workflow_ids[start : start + 500])
            found = self._client.list_workflows(
                workflow_ids=part, load_input=False, load_output=False
            )
            lost -= {item.workflow_id for item in found if item.status in LIVE}
        return lost

    def in_hand_of(self, worker_id: str) -> set[str]:
        """Ids of the workflows that a worker has in hand."""
        return {item.workflow_id for item in self._pending(worker_id)}

    def give_back(self, worker_id: str, only: Collection[str] | None = None) -> int:
        """Queues what a worker has in hand for others, or only some of it; gives the number."""
        pending = self._pending(worker_id)
        return self._resumed([p for p in pending if only is None or p.workflow_id in only])

    def rescue_orphans(self, known: Callable[[], Collection[str]]) -> int:
        """Queues what is in the hand of workers that nobody knows; gives the number.

        `known` is asked afterwards: a worker that is new was known before it took anything.
        """
        pending = self._pending(None)
        workers = known()
        return self._resumed([item for item in pending if item.executor_id not in workers])

    def _pending(self, worker_id: str | None) -> list[WorkflowStatus]:
        return self._client.list_workflows(
            executor_id=worker_id, status="PENDING", load_input=False, load_output=False
        )

    def _resumed(self, pending: Sequence[WorkflowStatus]) -> int:
        for item in pending:
            with suppress(
                dbos_error.DBOSNonExistentWorkflowError
            ):  # its document was deleted meanwhile
                self._client.resume_workflow(item.workflow_id, queue_name=item.queue_name)
        return len(pending)

    def remove(self, workflow_id: str) -> None:
        """Cancels a workflow and forgets it."""
        self._client.cancel_workflow(workflow_id)
        self._client.delete_workflow(workflow_id)

    def forget_finished(self, age: timedelta) -> int:
        """Removes workflows that ended longer ago than `age`, some at a time; gives the number."""
        until = (datetime.now(UTC) - age).isoformat()
        found = self._client.list_workflows(
            completed_before=until, limit=500, load_input=False, load_output=False
        )
        self._client.delete_workflows([item.workflow_id for item in found])
        return len(found)

    def close(self) -> None:
        """Closes the connections."""
        self._client.destroy()
