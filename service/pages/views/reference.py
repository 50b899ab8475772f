"""The description of the API (OpenAPI) as a page: operations, parameters, examples for curl."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
FORM = "multipart/form-data"
TOKEN = '-H "Authorization: Bearer $TOKEN"'  # noqa: S105  a variable of the shell
DEEPEST = 6  # schemas in schemas
LINE = 72  # characters of a command on one line
SIMPLE: dict[str, object] = {
    "integer": 1, "number": 1.0, "boolean": True, "object": {}, "array": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an operation takes; `where`: path, query, header, or body."""

    name: str
    where: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what comes with it; `example` is JSON, "" where there is none."""

    status: str
    text: str
    media: str
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    title: str
    paragraphs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    curl: str
    answers: tuple[Answer, ...]
    errors: tuple[str, ...]
    needs_login: bool

    @property
    def short(self) -> str:
        """The address without what all have in common."""
        return self.path.removeprefix("/api/v1")


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole description: operations by tag."""

    title: str
    version: str
    paragraphs: tuple[str, ...]
    tags: tuple[tuple[str, tuple[Operation, ...]], ...]


def reference_of(openapi: Json, base: str) -> Reference:
    """A description in OpenAPI 3.1 as it is shown; `base` is the address of the service."""
    tags: dict[str, list[Operation]] = {}
    for path, methods in openapi["paths"].items():
        for method in METHODS:
            if method in methods:
                tag = next(iter(methods[method].get("tags", ())), "other")
                operation = _operation(openapi, base, path, method)
                tags.setdefault(tag, []).append(operation)
    info = openapi["info"]
    # What needs no login is for those who run the service: it comes last.
    ordered = sorted(tags.items(), key=lambda tag: not any(one.needs_login for one in tag[1]))
    return Reference(
        info["title"],
        info["version"],
        paragraphs_of(info.get("description", "")),
        tuple((tag, tuple(own)) for tag, own in ordered),
    )


def paragraphs_of(text: str) -> tuple[str, ...]:
    """A text cut at its empty lines; other line breaks are nothing but wrapping."""
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _operation(openapi: Json, base: str, path: str, method: str) -> Operation:
    given = openapi["paths"][path][method]
    answers = [_answer(openapi, status, a) for status, a in given.get("responses", {}).items()]
    return Operation(
        id=given.get("operationId", f"{method}{path}"),
        method=method.upper(),
        path=path,
        title=given.get("summary", path),
        paragraphs=paragraphs_of(given.get("description", "")),
        parameters=(*_parameters(given), *_body_parameters(openapi, given)),
        curl=_curl(openapi, base, path, method),
        answers=tuple(answer for answer in answers if answer.status < "4"),
        errors=tuple(f"{a.status} {_phrase(a.status)}" for a in answers if a.status >= "4"),
        needs_login=bool(given.get("security")),
    )


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase


def _parameters(given: Json) -> Iterator[Parameter]:
    for one in given.get("parameters", ()):
        schema = one.get("schema", {})
        text = _described(one.get("description", ""), schema)
        yield Parameter(one["name"], one["in"], kind_of(schema), one.get("required", False), text)


def _described(text: str, schema: Json) -> str:
    usual = schema.get("default")
    return text if usual is None else f"{text} (default: {usual})".strip()


def _body(given: Json) -> tuple[str, Json] | None:
    """The kind and schema of what is sent."""
    content = given.get("requestBody", {}).get("content", {})
    return next(((media, one.get("schema", {})) for media, one in content.items()), None)


def _body_parameters(openapi: Json, given: Json) -> Iterator[Parameter]:
    found = _body(given)
    if found is None:
        return
    schema = _resolved(openapi, found[1])
    where = "form" if found[0] == FORM else "body"
    for name, own in schema.get("properties", {}).items():
        text = _described(own.get("description", ""), own)
        yield Parameter(name, where, kind_of(own), name in schema.get("required", ()), text)


def kind_of(schema: Json) -> str:
    """What a value may be, in few words: "integer", "done | failed", "list of string"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(kind_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _answer(openapi: Json, status: str, given: Json) -> Answer:
    content = given.get("content", {})
    first: tuple[str, Json] = next(iter(content.items()), ("", {}))
    media, own = first
    found = own.get("example")
    if found is None and media == "application/json" and status < "4":
        found = example_of(openapi, own.get("schema", {}))
    text = given.get("description", "")
    shown = "" if found is None else json.dumps(found, ensure_ascii=False, indent=2)
    return Answer(status, "" if text == "Successful Response" else text, media, shown)


def _resolved(openapi: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = openapi["components"]["schemas"][name] if name else schema
    return found


def example_of(openapi: Json, schema: Json, depth: int = DEEPEST) -> object:
    """A value that fits a schema: its own example, else made up from its parts."""
    own = _resolved(openapi, schema)
    if own.get("examples"):
        return own["examples"][0]
    for key in ("default", "const"):
        if key in own:
            return own[key]
    if own.get("enum"):
        return own["enum"][0]
    if "anyOf" in own:
        return example_of(openapi, own["anyOf"][0], depth)
    return _made_up(openapi, own, depth)


def _made_up(openapi: Json, own: Json, depth: int) -> object:
    kind = own.get("type")
    if kind == "object" and depth:
        parts = own.get("properties", {})
        return {name: example_of(openapi, part, depth - 1) for name, part in parts.items()}
    if kind == "array" and depth:
        return [example_of(openapi, own.get("items", {}), depth - 1)]
    if own.get("format") == "date-time":
        return "2026-11-23T08:15:00Z"
    return SIMPLE.get(str(kind), "…")


def _curl(openapi: Json, base: str, path: str, method: str) -> str:
    """A command that does it, with the token in $TOKEN."""
    given = openapi["paths"][path][method]
    needed = [p for p in given.get("parameters", ()) if p["in"] == "query" and p.get("required")]
    query = "&".join(f"{p['name']}={example_of(openapi, p.get('schema', {}))}" for p in needed)
    address = f"{base}{path}" + (f"?{query}" if query else "")
    parts = ["curl"] if method == "get" else ["curl", f"-X {method.upper()}"]
    parts += [TOKEN] if given.get("security") else []
    if (found := _body(given)) is not None:
        parts.append(_sent(openapi, *found))
    command = " ".join(parts)
    gap = " " if len(command) + len(address) < LINE else " \\\n  "
    return f"{command}{gap}{_quoted(address)}"


def _sent(openapi: Json, media: str, schema: Json) -> str:
    if media == FORM:
        return "-F file=@report.pdf"
    body = json.dumps(example_of(openapi, schema), ensure_ascii=False)
    return f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"


def _quoted(address: str) -> str:
    """In quotes, where the shell would else take braces and signs for its own."""
    return shlex.quote(address)
