"""Errors as pages: what happened and what to do, with the status of the problem document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from service.http.problems import understood
from service.pages.addresses import here
from service.pages.catalogue import N_, load_words
from service.pages.language import COOKIE, language_of
from service.pages.rendering import render
from service.pages.sentences import phrasebook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from service.pages.language import Language

TITLES = {  # by code
    "not_found": N_("There is nothing here"),
    "forbidden": N_("This is not allowed"),
    "csrf": N_("Nothing was done"),
    "database": N_("The database does not answer"),
    "store": N_("The files cannot be reached"),
    "missing": N_("The file is missing"),
    "overloaded": N_("Too much is under way"),
    "rate": N_("These are too many requests"),
    "stalled": N_("The upload stood still"),
    "busy": N_("It is being read"),
    "no_result": N_("There is no result yet"),
    "cursor": N_("This part of the list is gone"),
    "too_large": N_("This is too much"),
    "quota": N_("The project is full"),
    "disk_full": N_("The server has no room"),
    "taken": N_("This is taken"),
    "bug": N_("The program failed"),
}
OTHER = N_("This did not work")
ADVICE = {  # where the sentence of the error is for programs
    "not_found": N_("The address is wrong, or what was here has been deleted."),
    "bug": N_("This was not foreseen. Please report it to your administrator, with the time."),
    "invalid": N_("The address or the form is not as it should be. Go back and try again."),
    "cursor": N_("Start again at the first page of the list."),
    "database": N_("Try again in a moment."),
    "store": N_("Try again in a moment."),
    "overloaded": N_("Try again in a moment."),
    "missing": N_("It was deleted at this moment, or has been lost. Tell your administrator."),
    "csrf": N_("The page was too old, or another site sent this. Load the page again and repeat."),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error page says: status, title and sentence, in English."""

    status: int
    code: str
    sentence: str
    headers: Mapping[str, str] | None = None

    @property
    def title(self) -> str:
        """The heading of the page."""
        return TITLES.get(self.code, OTHER)


def failure_of(error: Exception) -> Failure:
    """What an error says to people; those that an operator has to know of are logged."""
    known = understood(error)
    is_odd = isinstance(error, HTTPException) and known.code == "request"  # a method, for example
    code = "invalid" if is_odd else known.code
    return Failure(known.status, code, ADVICE.get(code) or known.detail, known.headers)


def error_page(request: Request, error: Exception) -> HTMLResponse:
    """The page of an error."""
    failure = failure_of(error)
    language = language_of(request.cookies.get(COOKIE), request.headers.get("accept-language"))
    body = render(
        language,
        "error.html",
        failure=failure,
        sentence=_said(language, failure),
        here=here(request),
    )
    return HTMLResponse(body, failure.status, failure.headers)


def _said(language: Language, failure: Failure) -> str | None:
    """The sentence in the language; None where no translation is known."""
    if failure.sentence in ADVICE.values():
        return load_words(language).gettext(failure.sentence)
    return failure.sentence if language == "en" else phrasebook(language).told(failure.sentence)
