"""Logging in and out, and who a cookie or a token belongs to."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.accounts import attempts, passwords
from service.accounts.roles import Principal
from service.repository import accounts, audit
from service.rows import Token, new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from service.accounts.roles import Permission
    from service.rows import User
    from service.service import Service

NOTE_S = 0.2  # that noting a use may wait for others
PREFIX = "ext_"  # of tokens, so that scanners find one that was published


class LoginError(Exception):
    """Name or password are wrong; which one is not told."""


def digest(secret: str) -> str:
    """What is kept of a cookie's or a token's secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def log_in(
    service: Service,
    name: str,
    password: str,
    address: str,
    *,
    known: str | None = None,
    before: str | None = None,
) -> str:
    """The secret for the cookie of a new login. Raises LoginError or ThrottledError.

    `known` is what the browser kept of logins before (attempts.known_browser), `before` the secret
    of the login that it has now, which ends.
    """
    limits = attempts.limits_of(service, name, address, known)
    attempts.begin(service, limits)
    with service.database.read() as session:
        user = accounts.by_name(session, name)
        kept = user.password if user is not None and user.disabled_at is None else None
    # The hash is computed outside of any transaction: it is slow on purpose.
    if passwords.fits(kept, password) and user is not None:
        with service.database.write() as session:
            if accounts.is_password(session, user.id, kept):
                attempts.succeed(session, limits)
                return _begin(service, session, user, address, before)
    with service.database.write() as session:
        audit.append(session, "nobody", "login.failed", "", {"address": address})
    raise LoginError


def _begin(service: Service, session: Session, user: User, address: str, before: str | None) -> str:
    if before is not None:
        accounts.drop_login(session, digest(before))
    secret = secrets.token_urlsafe(32)
    accounts.add_login(session, digest(secret), user.id, _end(service))
    audit.append(session, user.name, "login", user.id, {"address": address})
    return secret


def log_out(service: Service, principal: Principal) -> None:
    """Ends the login of a browser; nothing is done for those who have none."""
    if principal.login_id is None:
        return
    with service.database.write() as session:
        accounts.drop_login(session, principal.login_id)
        audit.append(session, principal.name, "logout", principal.user_id or "")


def _end(service: Service) -> datetime:
    return service.database.now() + timedelta(hours=service.settings.session_hours)


def by_cookie(service: Service, secret: str, *, is_use: bool = True) -> Principal | None:
    """Whose login it is; None where it has ended. With `is_use` its end is moved."""
    login_id = digest(secret)
    with service.database.read() as session:
        found = accounts.login(session, login_id)
        if found is None:
            return None
        login, user = found
        roles = accounts.roles(session, user.id)
    if is_use and service.database.now() - login.seen_at > accounts.SEEN:
        _note(service, lambda session: accounts.use_login(session, login_id, _end(service)))
    return Principal(
        user.id, user.name, user.is_administrator, roles, login_id=login_id,
        must_change=user.must_change,
    )  # fmt: skip


def _note(service: Service, use: Callable[[Session], None]) -> None:
    """Notes a use; who only reads does not wait for those who write, and is noted the next time."""
    with (
        suppress(OperationalError, PoolTimeoutError),
        service.database.write(NOTE_S) as session,
    ):
        use(session)


def by_token(service: Service, secret: str, *, is_use: bool = True) -> Principal | None:
    """Whose token it is; None where there is none, or it has expired. `is_use` is noted."""
    with service.database.read() as session:
        found = accounts.token(session, digest(secret))
        if found is None:
            return None
        token, user = found
        roles = accounts.roles(session, user.id)
    is_new = token.used_at is None or service.database.now() - token.used_at > accounts.SEEN
    if is_use and is_new:
        _note(service, lambda session: accounts.use_token(session, token.id))
    return Principal(
        user.id, user.name, user.is_administrator, roles, frozenset(token.scopes.split()),
        token.project_id, must_change=user.must_change, token_id=token.id,
    )  # fmt: skip


def csrf_token(service: Service, principal: Principal) -> str:
    """What forms of this login carry, so that no other site can send one."""
    return service.seal.tag("csrf", principal.login_id or "")


def is_csrf_token(service: Service, principal: Principal, given: str | None) -> bool:
    """Whether a form came from us."""
    return hmac.compare_digest(csrf_token(service, principal), given or "")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token and its secret, which is shown once."""

    row: Token
    secret: str


def issue_token(
    session: Session,
    principal: Principal,
    name: str,
    scopes: Sequence[Permission],
    project_id: str | None,
    expires_at: datetime | None,
) -> NewToken:
    """A new token of the principal's user, who may not give more than there is."""
    assert principal.user_id is not None
    secret = PREFIX + secrets.token_urlsafe(32)
    row = Token(
        id=new_id(), user_id=principal.user_id, name=name, hash=digest(secret),
        scopes=" ".join(sorted(set(scopes))), project_id=project_id, expires_at=expires_at,
    )  # fmt: skip
    accounts.add_token(session, row)
    audit.append(session, principal.name, "token.create", row.id, {"scopes": row.scopes})
    return NewToken(row, secret)


def end_token(service: Service, principal: Principal, token_id: str) -> bool:
    """Ends a token of the principal's user at once; False where there is no such."""
    if principal.user_id is None:
        return False
    with service.database.write() as session:
        if not accounts.drop_token(session, principal.user_id, token_id):
            return False
        audit.append(session, principal.name, "token.delete", token_id)
    return True


def change_password(service: Service, principal: Principal, old: str, new: str) -> None:
    """Changes the own password; other logins of the user end.

    Raises LoginError where the old one is wrong, ThrottledError where it was wrong too often, and
    WeakPasswordError.
    """
    user = _confirmed(service, principal.user_id, old)
    passwords.check(new, user.name)
    kept = passwords.hashed(new)
    with service.database.write() as session:
        if not accounts.is_password(session, user.id, user.password):
            raise LoginError
        set_password(session, user.id, kept, must_change=False)
        accounts.drop_logins(session, user.id, but=principal.login_id)
        audit.append(session, principal.name, "password.change", user.id)


def _confirmed(service: Service, user_id: str | None, password: str) -> User:
    """A user who gave the own password once more. Raises LoginError or ThrottledError."""
    assert user_id is not None
    limits = {f"password:{user_id}": service.settings.login_limit}
    attempts.begin(service, limits)
    with service.database.read() as session:
        user = accounts.by_id(session, user_id)
    if user is None or not passwords.fits(user.password, password):
        raise LoginError
    with service.database.write() as session:
        attempts.succeed(session, limits)
    return user


def set_password(session: Session, user_id: str, kept: str, *, must_change: bool) -> None:
    """Sets what is kept of a user's password."""
    user = accounts.by_id(session, user_id)
    assert user is not None
    user.password, user.must_change = kept, must_change
    session.flush()
