"""The tables. Queries are in service.repository; migrations in service/migrations."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.database import Utc, now

NAMES = {  # PostgreSQL and SQLite would make up different ones
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """32 hexadecimal digits, later ones sort after earlier ones."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


class Row(DeclarativeBase):
    """What all tables share."""

    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012  times come back with the insert
    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Utc(), dict[str, Any]: sa.JSON(), list[Any]: sa.JSON()}  # noqa: RUF012


class User(Row):
    """Somebody who can log in. `name` is compared without regard to case."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]  # argon2; None cannot log in
    is_administrator: Mapped[bool] = mapped_column(default=False)
    must_change: Mapped[bool] = mapped_column(default=False)  # a one-time password
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now())


class Project(Row):
    """An archive of its own; nobody sees another's without being a member."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    retention_days: Mapped[int | None]  # documents are deleted then
    max_bytes: Mapped[int | None] = mapped_column(sa.BigInteger())  # quotas
    max_documents: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now())


class Membership(Row):
    """What a user may do in a project: see service.accounts.roles."""

    __tablename__ = "memberships"
    user_id: Mapped[str] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    project_id: Mapped[str] = mapped_column(
        sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]


class Login(Row):
    """A session of a browser; `id` is a hash of what its cookie holds."""

    __tablename__ = "logins"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now())
    seen_at: Mapped[datetime] = mapped_column(default=now())
    expires_at: Mapped[datetime]


class Token(Row):
    """A key for programs; `hash` is that of its secret. Scopes are separated by spaces."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[str]
    project_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("projects.id", ondelete="CASCADE")
    )  # None: all that the user may
    created_at: Mapped[datetime] = mapped_column(default=now())
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Failures(Row):
    """Failed logins of a name or an address."""

    __tablename__ = "failures"
    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(default=now())


class Run(Row):
    """One reading of one file by one version of the program; documents of that file share it.

    `state`: queued, reading, done, failed. `worker` and `attempt` say whose reading counts: what a
    worker that was taken for dead brings later is not stored. `losses`: workers that died over it.
    """

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(primary_key=True)  # content, reader; see service.identity
    workflow: Mapped[str]  # id of the durable workflow that sees to it
    sha256: Mapped[str] = mapped_column(index=True)
    reader: Mapped[str]  # fingerprint of options, models and version
    password: Mapped[str | None]  # of the file, sealed
    state: Mapped[str] = mapped_column(default="queued", index=True)
    worker: Mapped[str | None]
    attempt: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)
    result: Mapped[str | None] = mapped_column(index=True)  # key in the store
    words: Mapped[str | None] = mapped_column(index=True)
    summary: Mapped[dict[str, Any] | None]  # of service.jobs.summary
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    pages_done: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int | None]
    seconds: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(default=now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)


class Picture(Row):
    """The picture of a page as it was read: upright, level, `dpi` pixels an inch."""

    __tablename__ = "pictures"
    run_id: Mapped[str] = mapped_column(
        sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    page: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    dpi: Mapped[float]
    width_px: Mapped[int]
    height_px: Mapped[int]


class PageCost(Row):
    """Pages that were ever read, by how many seconds one took at most; they are never fewer."""

    __tablename__ = "page_costs"
    bound: Mapped[str] = mapped_column(primary_key=True)  # of service.repository.figures
    pages: Mapped[int] = mapped_column(sa.BigInteger())
    seconds: Mapped[float]


class Document(Row):
    """A file in a project. State, pages and what it is searched by are copied from its run."""

    __tablename__ = "documents"
    __table_args__ = (
        sa.UniqueConstraint("project_id", "sha256"),
        sa.Index("ix_documents_project_id_id", "project_id", "id"),
        sa.Index("ix_documents_project_id_state", "project_id", "state"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(sa.ForeignKey("projects.id", ondelete="RESTRICT"))
    sha256: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger())
    kind: Mapped[str]
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("runs.id"), index=True)  # whose result it has
    next_id: Mapped[str | None] = mapped_column(sa.ForeignKey("runs.id"), index=True)  # read again
    state: Mapped[str] = mapped_column(default="queued")
    pages_done: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int | None]
    form: Mapped[str | None]
    agency: Mapped[str | None]
    year: Mapped[int | None]
    needs_review: Mapped[int | None]
    broken: Mapped[int | None]
    warnings: Mapped[int | None]
    fields: Mapped[int | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    uploaded_by: Mapped[str | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    uploaded_at: Mapped[datetime] = mapped_column(default=now())
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now(), onupdate=now(), index=True)


class Erasure(Row):
    """What may be of no use any more and is still to be removed.

    `kind`: "file" of the store, or "workflow".
    """

    __tablename__ = "erasures"
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="file")
    created_at: Mapped[datetime] = mapped_column(default=now())


class Worker(Row):
    """A process that reads documents; it is taken for dead where `seen_at` is too long ago."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(default=now())
    seen_at: Mapped[datetime] = mapped_column(default=now())
    rescuer: Mapped[str | None]  # who gives its documents to others


class Webhook(Row):
    """An address that is told of events in a project; `secret` is sealed."""

    __tablename__ = "webhooks"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(
        sa.ForeignKey("projects.id", ondelete="CASCADE"), index=True
    )
    url: Mapped[str]
    secret: Mapped[str]
    events: Mapped[str]  # separated by spaces
    created_at: Mapped[datetime] = mapped_column(default=now())


class Delivery(Row):
    """One event to one webhook, and how the calls went."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    webhook_id: Mapped[str] = mapped_column(
        sa.ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str]
    body: Mapped[str]
    workflow: Mapped[str]  # id of the durable workflow that makes the next call
    state: Mapped[str] = mapped_column(default="queued", index=True)  # then delivered or failed
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]  # of the last answer
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now())
    finished_at: Mapped[datetime | None]


class Idempotent(Row):
    """What a request with an Idempotency-Key was answered."""

    __tablename__ = "idempotent"
    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now(), index=True)


class Constant(Row):
    """What was set when the database was made, and is the same for all who work with it."""

    __tablename__ = "constants"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Audit(Row):
    """Who did what; each row's hash covers the one before. Triggers refuse changes."""

    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]  # ISO, as it was hashed
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    detail: Mapped[str]  # JSON, as it was hashed
    previous: Mapped[str]
    hash: Mapped[str]
