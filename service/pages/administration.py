"""Administration: the state of the service, and the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query, Response

from extractor import __version__
from service.http.access import require_everything
from service.pages.routing import page_router
from service.pages.visits import Visiting  # noqa: TC001
from service.repository import audit, figures, workers

router = page_router("/administration")

PART = 100  # rows of the audit log
WEBHOOKS = "/administration/webhooks"


@router.get("")
def state(visit: Visiting) -> Response:
    """Is it working: workers, queue, figures. Project administrators see to webhooks only."""
    if not visit.principal.may_everything() and visit.administers:
        return visit.go(WEBHOOKS)
    require_everything(visit.principal)
    lease_s = visit.service.settings.lease_s
    with visit.service.database.read() as session:
        found = figures.gathered(session, lease_s)
        alive = workers.alive(session, timedelta(seconds=lease_s))
        session.expunge_all()
    return visit.render(
        "administration/state.html", figures=found, workers=alive, program=__version__,
        reader=visit.service.reader,
    )  # fmt: skip


@router.get("/audit")
def audit_page(
    visit: Visiting, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """Who did what, the newest first."""
    require_everything(visit.principal)
    with visit.service.database.read() as session:
        rows = audit.latest(session, before, PART)
        session.expunge_all()
    following = rows[-1].number if len(rows) == PART and rows[-1].number > 1 else None
    return visit.render(
        "administration/audit.html", rows=rows, following=following, is_first=before is None
    )
