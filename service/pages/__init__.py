"""The pages for people, rendered here; they work without scripts, and better with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.pages import (
    account,
    administration,
    archive,
    documents,
    live,
    login,
    projects,
    reference,
    small,
    uploading,
    users,
    webhooks,
)
from service.pages.errors import error_page as error_page
from service.pages.statics import STATIC, VersionedFiles

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.staticfiles import StaticFiles

ROUTERS: tuple[APIRouter, ...] = (
    small.router,
    login.router,
    archive.router,
    live.router,
    uploading.router,
    documents.router,
    account.router,
    administration.router,
    users.router,
    projects.router,
    webhooks.router,
    reference.router,
    small.last_router,
)


def static_files() -> StaticFiles:
    """Style sheets and scripts."""
    return VersionedFiles(directory=STATIC)
