"""What may stand behind the question mark of an address of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request  # noqa: TC002  read by FastAPI

from service.http.access import Asking  # noqa: TC001
from service.http.problems import ProblemError

SHOWN = 5  # names of a refusal


async def known_parameters(request: Request, _: Asking) -> None:
    """A 422 for parameters that the description of the API does not have.

    One that is mistyped would choose nothing, and nobody would notice. Who asks is known before:
    strangers are told nothing else.
    """
    if not request.query_params:
        return
    known = _described(request)
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        names, all_known = ", ".join(unknown[:SHOWN]), ", ".join(known) or "none"
        detail = f"there are no parameters {names} here; there are: {all_known}"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail)


def _described(request: Request) -> list[str]:
    paths: dict[str, Any] = request.app.openapi()["paths"]  # made once
    operation = paths[request.scope["route"].path][request.method.lower()]
    return [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
