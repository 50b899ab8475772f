"""What a page says about the form that was sent before it: kept for one page, sealed in a cookie.

A secret that is shown once travels this way too: nobody can read the cookie, it lives for a minute
and is removed with the page that shows it.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from extractor.errors import OptionsError
from service.pages.catalogue import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.accounts.roles import Principal
    from service.sealing import Seal

COOKIE = "extractor_note"
KEPT_S = 60
NOTES = {
    "uploaded": N_("Files taken in: %(created)s. Already there: %(duplicates)s."),
    "read_again": N_("Documents that are read again: %(count)s."),
    "not_read_again": N_("Nothing was done: the documents are being read at this moment."),
    "deleted": N_("Documents deleted: %(count)s."),
    "no_files": N_("Choose files first, then upload them."),
    "no_password": N_("Type the password of the document first."),
    "nothing_chosen": N_("Choose documents first: tick the boxes in front of them."),
    "password_given": N_("The document is read with this password now."),
    "password_changed": N_("The password was changed. All other logins have ended."),
    "token_made": N_("This is the token %(name)s. Copy it now: it is not shown again."),
    "token_removed": N_("The token has ended."),
    "user_made": N_("The user %(name)s logs in once with this password, then chooses another."),
    "user_changed": N_("The user was changed."),
    "password_reset": N_("%(name)s logs in once with this password, then chooses another."),
    "project_made": N_("The project was made."),
    "project_changed": N_("The project was changed."),
    "project_removed": N_("The project was removed."),
    "webhook_made": N_("Calls are signed with this secret. Copy it now: it is not shown again."),
    "webhook_removed": N_("The webhook was removed."),
}
DOUBTFUL = frozenset({"not_read_again", "no_files", "no_password", "nothing_chosen"})


@dataclass(frozen=True, slots=True)
class Note:
    """`key` is one of NOTES, `values` stand in its places; `secret` is shown beside it."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)

    @property
    def message(self) -> str:
        """What is said, in English, with places for the values."""
        return NOTES[self.key]

    @property
    def is_doubtful(self) -> bool:
        """Whether nothing came of it."""
        return self.key in DOUBTFUL


def sealed(seal: Seal, principal: Principal, note: Note) -> str:
    """The value of the cookie."""
    until = time.time() + KEPT_S
    return seal.close(json.dumps({"of": _owner(principal), "until": until, "note": asdict(note)}))


def opened(seal: Seal, principal: Principal, value: str | None) -> Note | None:
    """The note of a cookie; None where it is not this login's, too old or not ours."""
    if not value:
        return None
    try:
        held = json.loads(seal.open(value))
    except (OptionsError, ValueError):
        return None
    if held["of"] != _owner(principal) or held["until"] < time.time():
        return None
    return Note(**held["note"])


def _owner(principal: Principal) -> str:
    return principal.login_id or principal.name
