"""Small addresses beside the pages: the start, the language, the words of scripts, the unknown."""

from __future__ import annotations

import json

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.convertors import Convertor, register_url_convertor

from service.http.problems import not_found
from service.pages.addresses import START, own_path
from service.pages.catalogue import load_words
from service.pages.language import COOKIE, Language, language_of
from service.pages.routing import SEE_OTHER, page_router
from service.pages.sentences import phrasebook
from service.pages.statics import ASKED_AGAIN, FOREVER, version
from service.pages.visits import YEAR_S, keep

router = page_router()
last_router = page_router()  # after all others: it takes every address


@router.get("/")
def start() -> Response:
    """The archive is what people come for."""
    return RedirectResponse(START, SEE_OTHER)


@router.get("/language/{language}")
def choose_language(request: Request, language: str, next: str = START) -> Response:  # noqa: A002
    """Keeps the choice of a language, and goes back to the page."""
    response = RedirectResponse(own_path(next), SEE_OTHER)
    keep(request, response, COOKIE, language_of(language, None), YEAR_S)
    return response


@router.get("/words/{language}.js")
def words(language: Language, v: str = "") -> Response:
    """What scripts say in a language: messages, and the patterns of sentences."""
    messages = load_words(language, "scripts").table
    body = {"messages": dict(messages), "sentences": phrasebook(language).for_scripts()}
    headers = {"Cache-Control": FOREVER if v == version() else ASKED_AGAIN}
    script = f"export default {json.dumps(body, ensure_ascii=False)};\n"
    return Response(script, media_type="text/javascript", headers=headers)


class _Elsewhere(Convertor[str]):
    """Every path but those of the API and of files, whose errors are for programs."""

    regex = r"(?!api/|static/|healthz|readyz|metrics).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("elsewhere", _Elsewhere())


@last_router.api_route("/{path:elsewhere}", methods=["GET", "POST"])
def unknown(path: str) -> Response:  # noqa: ARG001
    """There is no such page."""
    raise not_found("page")
