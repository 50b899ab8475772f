"""Users, what they may do, and what they log in with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from service.database import before, lock, now
from service.rows import Failures, Login, Membership, Project, Token, User, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

SEEN = timedelta(minutes=1)  # use of a login or token is noted not more often


def is_empty(session: Session) -> bool:
    """Whether there is no user yet."""
    return session.execute(sa.select(User.id).limit(1)).first() is None


def has_own_password(session: Session) -> bool:
    """Whether any administrator has chosen a password."""
    query = sa.select(User.id).where(User.is_administrator, sa.not_(User.must_change))
    return session.execute(query.limit(1)).first() is not None


def folded(name: str) -> str:
    """A user's name as it is stored and compared."""
    return name.strip().casefold()


def by_name(session: Session, name: str) -> User | None:
    """A user by name."""
    return session.scalars(sa.select(User).where(User.name == folded(name))).first()


def by_id(session: Session, user_id: str) -> User | None:
    """A user."""
    return session.get(User, user_id)


def everybody(session: Session) -> tuple[User, ...]:
    """All users by name."""
    return tuple(session.scalars(sa.select(User).order_by(User.name)))


def add_user(
    session: Session, name: str, password: str | None, *, administrator: bool, must_change: bool
) -> User:
    """A new user; `password` is hashed."""
    user = User(
        id=new_id(), name=folded(name), password=password, is_administrator=administrator,
        must_change=must_change,
    )  # fmt: skip
    session.add(user)
    session.flush()
    session.refresh(user)
    return user


def roles(session: Session, user_id: str) -> dict[str, str]:
    """The user's role in each project."""
    query = sa.select(Membership.project_id, Membership.role).where(Membership.user_id == user_id)
    return {row[0]: row[1] for row in session.execute(query)}


def set_roles(session: Session, user_id: str, chosen: Mapping[str, str]) -> None:
    """The user's roles are these, and no others."""
    session.execute(sa.delete(Membership).where(Membership.user_id == user_id))
    session.add_all(
        Membership(user_id=user_id, project_id=project_id, role=role)
        for project_id, role in chosen.items()
    )
    session.flush()


def projects(session: Session) -> tuple[Project, ...]:
    """All projects by name."""
    return tuple(session.scalars(sa.select(Project).order_by(Project.name)))


def project(session: Session, project_id: str) -> Project | None:
    """A project."""
    return session.get(Project, project_id)


def project_named(session: Session, name: str) -> Project | None:
    """A project by name."""
    return session.scalars(sa.select(Project).where(Project.name == name)).first()


def add_project(session: Session, name: str) -> Project:
    """A new project."""
    row = Project(id=new_id(), name=name)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def add_login(session: Session, login_id: str, user_id: str, expires_at: datetime) -> None:
    """A browser has logged in."""
    session.add(Login(id=login_id, user_id=user_id, expires_at=expires_at))
    session.flush()


def login(session: Session, login_id: str) -> tuple[Login, User] | None:
    """A login that has not expired, with its user."""
    query = (
        sa.select(Login, User)
        .join(User, User.id == Login.user_id)
        .where(Login.id == login_id, Login.expires_at > now(), User.disabled_at.is_(None))
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def use_login(session: Session, login_id: str, expires_at: datetime) -> None:
    """Moves the end of a login that is used."""
    query = sa.update(Login).where(Login.id == login_id)
    session.execute(query.values(seen_at=now(), expires_at=expires_at))


def drop_login(session: Session, login_id: str) -> None:
    """Ends a login."""
    session.execute(sa.delete(Login).where(Login.id == login_id))


def drop_logins(session: Session, user_id: str, but: str | None = None) -> None:
    """Ends all logins of a user but one."""
    query = sa.delete(Login).where(Login.user_id == user_id)
    session.execute(query if but is None else query.where(Login.id != but))


def add_token(session: Session, token: Token) -> None:
    """A new token."""
    session.add(token)
    session.flush()
    session.refresh(token)


def token(session: Session, hashed: str) -> tuple[Token, User] | None:
    """A token that has not expired, with its user."""
    query = (
        sa.select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(Token.hash == hashed, User.disabled_at.is_(None))
        .where(sa.or_(Token.expires_at.is_(None), Token.expires_at > now()))
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1])


def use_token(session: Session, token_id: str) -> None:
    """Notes when a token was used."""
    session.execute(sa.update(Token).where(Token.id == token_id).values(used_at=now()))


def tokens(session: Session, user_id: str) -> tuple[Token, ...]:
    """A user's tokens, the newest first."""
    query = sa.select(Token).where(Token.user_id == user_id).order_by(Token.id.desc())
    return tuple(session.scalars(query))


def drop_token(session: Session, user_id: str, token_id: str) -> bool:
    """Removes a token; False where the user has no such."""
    query = sa.delete(Token).where(Token.user_id == user_id, Token.id == token_id)
    return bool(session.execute(query).rowcount)  # type: ignore[attr-defined]


def attempt(session: Session, limits: Mapping[str, int], within: timedelta) -> bool:
    """Counts a failure for each key, to be given back if it is none.

    False, and nothing is counted, where one of them has reached its limit. Those before `within`
    are forgotten.
    """
    lock(session, "failed logins")  # one after the other: none sees a count that is too low
    session.execute(sa.delete(Failures).where(Failures.last_at < before(within)))
    rows = {key: session.get(Failures, key) for key in limits}
    if any(row is not None and row.count >= limits[key] for key, row in rows.items()):
        return False
    for key, row in rows.items():
        if row is None:
            session.add(Failures(key=key, count=1))
        else:
            row.count += 1
    session.flush()
    session.execute(sa.update(Failures).where(Failures.key.in_(limits)).values(last_at=now()))
    return True


def give_back(session: Session, keys: Sequence[str]) -> None:
    """One was no failure."""
    lock(session, "failed logins")
    query = sa.update(Failures).where(Failures.key.in_(keys), Failures.count > 0)
    session.execute(query.values(count=Failures.count - 1))


def forgive(session: Session, keys: Sequence[str]) -> None:
    """Forgets all failures."""
    session.execute(sa.delete(Failures).where(Failures.key.in_(keys)))


def is_password(session: Session, user_id: str, kept: str | None) -> bool:
    """Whether that is still kept of the password of a user who may log in; so until the end."""
    query = sa.select(User).where(User.id == user_id).with_for_update()
    user = session.scalars(query.execution_options(populate_existing=True)).first()
    return user is not None and user.disabled_at is None and user.password == kept
