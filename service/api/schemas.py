"""What the API takes and gives. Names are those of the database; times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict

from service.accounts.roles import Permission, Role
from service.database import is_storable
from service.http.problems import Problem
from service.intake.names import trimmed
from service.repository.documents import State
from service.webhooks import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

NEWS: list[Event] = ["document.done", "document.failed"]

DOCUMENT: JsonDict = {
    "id": "019aadd3f1c07a5b8f1e2d3c4b5a6978",
    "project": "019aadd3e0007a5b8f1e2d3c4b5a6978",
    "name": "archive/report-2021.pdf",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 482113,
    "kind": "pdf",
    "state": "done",
    "pages": 5,
    "pages_done": 5,
    "form": "gov-disclosure-annual/2021",
    "agency": "鲤城区人民政府",
    "year": 2021,
    "fields": 180,
    "needs_review": 2,
    "broken": 0,
    "warnings": 0,
    "reading_again": False,
    "error": None,
    "error_code": None,
    "uploaded_at": "2026-11-23T08:15:00Z",
    "finished_at": "2026-11-23T08:15:07Z",
    "updated_at": "2026-11-23T08:15:07Z",
}
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$"),
    BeforeValidator(trimmed),  # the last comes first
]


def _texts(given: object) -> Iterator[str]:
    """All texts in what was sent, however deep it is."""
    rest = [given]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            rest += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            rest += one


class Out(BaseModel):
    """What is given."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """What is taken; unknown names are errors."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_text(cls, given: object) -> object:
        if not all(map(is_storable, _texts(given))):
            raise ValueError("text has no zero bytes and no halves of characters: leave them out")
        return given


class DocumentOut(Out):
    """A document and how far it is. Numbers are null until it is read."""

    model_config = ConfigDict(json_schema_extra={"examples": [DOCUMENT]})

    id: str
    project: str = Field(validation_alias="project_id")
    name: str
    sha256: str
    size: int = Field(description="bytes")
    kind: str
    state: State
    pages: int | None
    pages_done: int
    form: str | None = Field(description="id of the report template that was recognised")
    agency: str | None
    year: int | None
    fields: int | None
    needs_review: int | None = Field(description="fields that somebody should look at")
    broken: int | None = Field(description="arithmetic relations that do not hold")
    warnings: int | None
    reading_again: bool
    error_code: str | None
    error: str | None
    uploaded_at: datetime
    finished_at: datetime | None
    updated_at: datetime


class DocumentList(Out):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: list[DocumentOut]
    next: str | None


class Uploaded(Out):
    """What became of one file of an upload."""

    name: str
    status: Literal["created", "duplicate", "refused"]
    document: DocumentOut | None = None
    problem: Problem | None = None


class UploadOut(Out):
    """What became of an upload, file by file, in their order; ZIP archives by their entries."""

    created: int
    duplicates: int
    refused: int
    items: list[Uploaded]


class PasswordIn(In):
    """The password of a locked document."""

    password: str = Field(min_length=1, max_length=1000)


class ProjectOut(Out):
    """A project."""

    id: str
    name: str
    retention_days: int | None
    max_bytes: int | None
    max_documents: int | None
    created_at: datetime


class ProjectIn(In):
    """A new project."""

    name: Name


class ProjectChange(In):
    """What is to be changed of a project; what is left out stays."""

    name: Name | None = None
    retention_days: int | None = Field(None, ge=1, le=36_500)
    max_bytes: int | None = Field(None, ge=1, le=2**60)
    max_documents: int | None = Field(None, ge=1, le=2**31 - 1)


class UserOut(Out):
    """A user, and the role in each project by its id."""

    id: str
    name: str
    is_administrator: bool
    disabled: bool
    created_at: datetime
    roles: dict[str, Role]


class UserIn(In):
    """A new user, who gets a one-time password."""

    name: Name
    is_administrator: bool = False
    roles: dict[str, Role] = Field(default_factory=dict, description="by id of the project")


class UserChange(In):
    """What is to be changed of a user; what is left out stays."""

    is_administrator: bool | None = None
    disabled: bool | None = None
    roles: dict[str, Role] | None = None


class OneTimePassword(Out):
    """What the user logs in with once, to choose a password."""

    user: UserOut
    password: str


class TokenIn(In):
    """A new token; it can do no more than its user."""

    name: Name
    scopes: list[Permission] = Field(min_length=1)
    project: str | None = Field(None, description="id of the only project it is for")
    expires_in_days: int | None = Field(90, ge=1, le=3650, description="null: never")


class TokenOut(Out):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[Permission]
    project: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewTokenOut(TokenOut):
    """A new token; the secret is not shown again."""

    secret: str


class WebhookIn(In):
    """Where to call, for which events."""

    project: str | None = None
    url: str = Field(max_length=2000, examples=["https://example.org/hooks/extractor"])
    events: list[Event] = Field(default=NEWS, min_length=1)


class WebhookOut(Out):
    """A webhook without its secret."""

    id: str
    project: str
    url: str
    events: list[Event]
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """A new webhook; the secret that calls are signed with is not shown again."""

    secret: str


class DeliveryOut(Out):
    """One event to one webhook, and how the calls went."""

    id: str
    event: str
    state: Literal["queued", "delivered", "failed"]
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class AuditOut(Out):
    """A row of the audit log."""

    number: int
    at: str
    actor: str
    action: str
    object: str
    detail: str
    hash: str


class AuditList(Out):
    """A part of the audit log, newest first; `before` gives the following part."""

    items: list[AuditOut]
    before: int | None


class MeOut(Out):
    """Who asks, and what that allows in which project."""

    name: str
    is_administrator: bool
    permissions: dict[str, list[Permission]]
