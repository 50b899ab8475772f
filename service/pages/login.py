"""Logging in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.accounts import attempts, logins
from service.accounts.attempts import ThrottledError
from service.accounts.logins import LoginError
from service.http.access import COOKIE, TheService, asked_by
from service.pages.addresses import START, here, own_path
from service.pages.catalogue import N_
from service.pages.forms import GUARDED, TOO_OFTEN, Sent
from service.pages.rendering import render
from service.pages.routing import SEE_OTHER, page_router
from service.pages.visits import YEAR_S, Unfinished, keep, language_asked

router = page_router()

KNOWN_COOKIE = "extractor_known"  # of a browser in which somebody has logged in before
WRONG = N_("The name or the password is wrong.")


@router.get("/login")
def login_page(
    request: Request, service: TheService, wanted: Annotated[str, Query(alias="next")] = START
) -> Response:
    """The form to log in; who is logged in goes on."""
    if asked_by(request, service) is not None:
        return RedirectResponse(own_path(wanted), SEE_OTHER)
    return _form(request, own_path(wanted))


def _form(
    request: Request, wanted: str, error: str | None = None, name: str = "", status: int = 200
) -> Response:
    language = language_asked(request)
    page = {"wanted": wanted, "error": error, "name": name, "here": here(request)}
    return HTMLResponse(render(language, "login.html", **page), status)


@router.post("/login")
def log_in(request: Request, service: TheService, form: Sent) -> Response:
    """Logs in and goes on to the page that was asked for."""
    wanted, name = own_path(form.one("next")), form.one("name")[:200]
    if service.settings.no_auth:
        return RedirectResponse(wanted, SEE_OTHER)
    address = request.client.host if request.client else ""
    cookies = request.cookies
    try:
        secret = logins.log_in(
            service, name, form.raw("password"), address,
            known=cookies.get(KNOWN_COOKIE), before=cookies.get(COOKIE),
        )  # fmt: skip
    except LoginError:
        return _form(request, wanted, WRONG, name, HTTPStatus.UNAUTHORIZED)
    except ThrottledError:
        return _form(request, wanted, TOO_OFTEN, name, HTTPStatus.TOO_MANY_REQUESTS)
    response = RedirectResponse(wanted, SEE_OTHER)
    keep(request, response, COOKIE, secret)
    keep(request, response, KNOWN_COOKIE, attempts.known_browser(service, name), YEAR_S)
    return response


@router.post("/logout", dependencies=GUARDED)
def log_out(visit: Unfinished) -> Response:
    """Ends the login of this browser."""
    logins.log_out(visit.service, visit.principal)
    response = RedirectResponse("/login", SEE_OTHER)
    response.delete_cookie(COOKIE)
    return response
