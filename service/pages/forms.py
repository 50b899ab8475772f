"""What browsers send as forms: read by a limit, taken from our own pages only."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from service.accounts.attempts import ThrottledError
from service.accounts.logins import LoginError
from service.accounts.passwords import WeakPasswordError
from service.administration import TakenError, UnknownProjectError
from service.http.access import guard_csrf, guard_origin
from service.http.problems import ProblemError, told
from service.pages.catalogue import N_
from service.pages.visits import Visit, unfinished_visit_of
from service.webhooks import UrlError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 2 * 1024 * 1024
MOST_FIELDS = 50_000  # a whole archive can be chosen


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; white space around their values is not kept by `one`."""

    values: Mapping[str, tuple[str, ...]]

    def raw(self, name: str) -> str:
        """The first value of a field as it was typed, "" where it was not sent."""
        return next(iter(self.values.get(name, ())), "")

    def one(self, name: str) -> str:
        """The first value of a field, trimmed."""
        return self.raw(name).strip()

    def every(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return self.values.get(name, ())

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return name in self.values


def form_of(body: bytes) -> Form:
    """A form of the kind application/x-www-form-urlencoded. Raises ProblemError."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError as error:
        detail = "the form is damaged and cannot be taken apart: send it again"
        raise ProblemError(HTTPStatus.BAD_REQUEST, "request", detail) from error
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value.replace("\0", ""))  # PostgreSQL cannot keep it
    return Form({name: tuple(found) for name, found in values.items()})


async def sent_form(request: Request) -> Form:
    """The form of a request that our own pages sent. Raises ProblemError."""
    guard_origin(request)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            detail = "the form is too large: choose fewer documents"
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)
    return form_of(bytes(body))


async def posted_form(
    request: Request, visit: Annotated[Visit, Depends(unfinished_visit_of)]
) -> Form:
    """The same, of somebody who is logged in, with the token that our pages carry."""
    form = await sent_form(request)
    guard_csrf(visit.service, visit.principal, form.raw("csrf"))
    return form


Sent = Annotated[Form, Depends(sent_form)]
Posted = Annotated[Form, Depends(posted_form)]
GUARDED = (Depends(posted_form),)  # of forms that have nothing but their button


# --- what is wrong with what was typed ------------------------------------------------------------


class FormError(ValueError):
    """A field of a form cannot be taken; the sentence says which and what to do."""


REFUSED = (
    FormError, LoginError, ThrottledError, WeakPasswordError, TakenError, UnknownProjectError,
    UrlError,
)  # fmt: skip
FIELDS = {  # by the names of service.api.schemas
    "name": N_("A name has 1 to 100 characters."),
    "scopes": N_("Choose at least one thing that the token may do."),
    "events": N_("Choose at least one event."),
    "url": N_("An address has at most 2000 characters."),
    "retention_days": N_("Days are a number from 1 to 36500, or nothing."),
    "max_documents": N_("The number of documents is 1 or more, or nothing."),
    "max_bytes": N_("The size is a number of GiB above 0, or nothing."),
}
UNUSABLE = N_("The form cannot be taken: load the page again and repeat.")
WRONG_PASSWORD = N_("The present password is wrong.")
TOO_OFTEN = N_("Too many failed logins. Wait a quarter of an hour, then try again.")
_Shape = TypeVar("_Shape", bound=BaseModel)


def checked(shape: type[_Shape], **values: object) -> _Shape:
    """The values in a shape of the API. Raises FormError for the first that does not fit."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise FormError(FIELDS.get(name, UNUSABLE)) from None


def refusal_of(error: Exception) -> tuple[str, int]:
    """The sentence and the status of one of REFUSED."""
    if isinstance(error, LoginError):  # on these pages only a password can be wrong
        return WRONG_PASSWORD, HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, ThrottledError):
        return TOO_OFTEN, HTTPStatus.TOO_MANY_REQUESTS
    known = told(error)
    return str(error), known.status if known else HTTPStatus.UNPROCESSABLE_ENTITY
