"""Roles and what they allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Permission = Literal["read", "upload", "review", "admin"]
Role = Literal["uploader", "reviewer", "administrator"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
ROLES: dict[Role, frozenset[Permission]] = {
    "uploader": frozenset(("read", "upload")),
    "reviewer": frozenset(("read", "upload", "review")),
    "administrator": frozenset(PERMISSIONS),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and what that allows.

    `user_id` is None where there are no accounts. A principal that `is_administrator` may
    everything in all projects; `scopes` (None: all) and `only_project` are the limits of a token.
    `login_id` is that of a browser, `token_id` that of a program. `must_change`: nothing but to
    choose a password.
    """

    user_id: str | None
    name: str
    is_administrator: bool = False
    roles: dict[str, str] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    only_project: str | None = None
    login_id: str | None = None
    must_change: bool = False
    token_id: str | None = None

    def may(self, permission: Permission, project_id: str) -> bool:
        """Whether it may do that in a project."""
        if self.only_project not in (None, project_id) or not self._in_scope(permission):
            return False
        role = self.roles.get(project_id)
        return self.is_administrator or (role in ROLES and permission in ROLES[role])

    def may_everything(self) -> bool:
        """Whether it sees to users, projects and the audit log."""
        unlimited = self.only_project is None and self._in_scope("admin")
        return self.is_administrator and unlimited

    def _in_scope(self, permission: Permission) -> bool:
        return not self.must_change and (self.scopes is None or permission in self.scopes)


LOCAL = Principal(None, "local", is_administrator=True)  # everybody, where there are no accounts
