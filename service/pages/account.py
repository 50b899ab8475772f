"""One's own account: password and tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002  read by FastAPI

from service.accounts import logins
from service.accounts.roles import PERMISSIONS
from service.api.schemas import TokenIn
from service.http.problems import not_found
from service.pages.addresses import START
from service.pages.catalogue import N_
from service.pages.forms import GUARDED, REFUSED, Form, FormError, Posted, checked, refusal_of
from service.pages.notes import Note
from service.pages.routing import page_router
from service.pages.visits import Unfinished, Visit, Visiting  # noqa: TC001
from service.repository import accounts

if TYPE_CHECKING:
    from service.accounts.logins import NewToken

router = page_router("/account")

HERE = "/account"
UNLIKE = N_("The two new passwords are not the same: type them again.")
SAME = N_("The new password is the old one: choose another.")
EXPIRIES = ("30", "90", "365", "")  # days; "" never


@router.get("")
def account_page(visit: Visiting) -> Response:
    """Password and tokens."""
    return _page(visit)


def _page(visit: Visit, error: str | None = None, status: int = 200, name: str = "") -> Response:
    tokens = []
    if visit.principal.user_id is not None:
        with visit.service.database.read() as session:
            tokens = list(accounts.tokens(session, visit.principal.user_id))
            session.expunge_all()
    return visit.render(
        "account/page.html", status, tokens=tokens, error=error, given_name=name,
        permissions=PERMISSIONS, expiries=EXPIRIES, now=visit.service.database.now(),
    )  # fmt: skip


@router.get("/password")
def password_page(visit: Unfinished) -> Response:
    """The form to choose a password; all that somebody with a one-time password sees."""
    return visit.render("account/password.html", error=None)


@router.post("/password")
def change_password(visit: Unfinished, form: Posted) -> Response:
    """Changes the own password."""
    try:
        _change(visit, form)
    except REFUSED as error:
        sentence, status = refusal_of(error)
        return visit.render("account/password.html", status, error=sentence)
    return visit.go(START if visit.principal.must_change else HERE, Note("password_changed"))


def _change(visit: Visit, form: Form) -> None:
    if visit.principal.user_id is None:
        raise not_found("account")
    old, new = form.raw("old"), form.raw("new")
    if new != form.raw("again"):
        raise FormError(UNLIKE)
    if new == old:
        raise FormError(SAME)
    logins.change_password(visit.service, visit.principal, old, new)


@router.post("/tokens")
def make_token(visit: Visiting, form: Posted) -> Response:
    """Makes a token; its secret is shown on the next page, once."""
    if visit.principal.user_id is None or visit.principal.scopes is not None:
        raise not_found("account")
    try:
        new = _made(visit, form)
    except REFUSED as error:
        return _page(visit, *refusal_of(error), name=form.one("name"))
    return visit.go(HERE, Note("token_made", {"name": new.row.name}, new.secret))


def _made(visit: Visit, form: Form) -> NewToken:
    days = form.one("expires")
    given = checked(
        TokenIn,
        name=form.one("name"),
        scopes=list(form.every("scopes")),
        project=form.one("project") or None,
        expires_in_days=int(days) if days in EXPIRIES and days else None,
    )
    if given.project is not None and given.project not in {p.id for p in visit.projects}:
        raise not_found("project")
    now, days_left = visit.service.database.now(), given.expires_in_days
    expires = None if days_left is None else now + timedelta(days=days_left)
    with visit.service.database.write() as session:
        new = logins.issue_token(
            session, visit.principal, given.name, given.scopes, given.project, expires
        )
        session.expunge(new.row)
        return new


@router.post("/tokens/{token_id}/remove", dependencies=GUARDED)
def remove_token(visit: Visiting, token_id: str) -> Response:
    """Ends a token."""
    if not logins.end_token(visit.service, visit.principal, token_id):
        raise not_found("token")
    return visit.go(HERE, Note("token_removed"))
