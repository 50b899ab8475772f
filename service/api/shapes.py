"""Rows of the database in the shapes of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.accounts.roles import PERMISSIONS
from service.api.schemas import DocumentOut, MeOut, TokenOut, UserOut, WebhookOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.accounts.roles import Principal
    from service.rows import Document, Project, Token, User, Webhook


def document_out(row: Document) -> DocumentOut:
    """A document."""
    given = {name: getattr(row, name) for name in DOCUMENT_COLUMNS}
    return DocumentOut.model_validate({**given, "reading_again": row.next_id is not None})


DOCUMENT_COLUMNS = (
    "id", "project_id", "name", "sha256", "size", "kind", "state", "pages", "pages_done", "form",
    "agency", "year", "fields", "needs_review", "broken", "warnings", "error_code", "error",
    "uploaded_at", "finished_at", "updated_at",
)  # fmt: skip


def user_out(row: User, roles: dict[str, str]) -> UserOut:
    """A user."""
    return UserOut.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "is_administrator": row.is_administrator,
            "disabled": row.disabled_at is not None,
            "created_at": row.created_at,
            "roles": roles,
        }
    )


def token_out(row: Token) -> TokenOut:
    """A token."""
    return TokenOut.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "scopes": row.scopes.split(),
            "project": row.project_id,
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "used_at": row.used_at,
        }
    )


def webhook_out(row: Webhook) -> WebhookOut:
    """A webhook."""
    return WebhookOut.model_validate(
        {
            "id": row.id,
            "project": row.project_id,
            "url": row.url,
            "events": row.events.split(),
            "created_at": row.created_at,
        }
    )


def me_out(principal: Principal, projects: Sequence[Project]) -> MeOut:
    """Who asks."""
    permissions = {
        project.id: [p for p in PERMISSIONS if principal.may(p, project.id)] for project in projects
    }
    return MeOut(
        name=principal.name,
        is_administrator=principal.may_everything(),
        permissions=permissions,
    )
