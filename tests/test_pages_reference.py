"""The description of the API as a page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from service.pages.views.reference import example_of, kind_of, paragraphs_of, reference_of
from tests.page_site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SCHEMAS = {"Thing": {"type": "object", "properties": {"a": {"type": "integer"}}}}
OPENAPI: dict[str, Any] = {
    "info": {"title": "t", "version": "1", "description": "One\ntwo.\n\nThree."},
    "components": {"schemas": SCHEMAS},
    "paths": {
        "/x/{id}": {
            "post": {
                "tags": ["things"], "operationId": "x", "summary": "Do X",
                "description": "Does `x`.",
                "security": [{"b": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "n", "in": "query", "schema": {"type": "integer", "default": 3}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "Successful Response",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    },
                    "404": {"description": "Not Found"},
                },
            }
        }
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service without accounts."""
    made = Site(tmp_path_factory.mktemp("data"), no_auth=True)
    yield made
    made.close()


def test_an_operation() -> None:
    """Parameters of the path, the query and the body; answers; a command."""
    ((tag, (one,)),) = reference_of(OPENAPI, "http://h").tags
    assert (tag, one.method, one.path, one.title) == ("things", "POST", "/x/{id}", "Do X")
    shown = [(p.name, p.where, p.kind, p.is_required, p.text) for p in one.parameters]
    assert shown == [
        ("id", "path", "string", True, ""), ("n", "query", "integer", False, "(default: 3)"),
        ("a", "body", "integer", False, ""),
    ]  # fmt: skip
    assert one.needs_login
    assert one.curl == (
        'curl -X POST -H "Authorization: Bearer $TOKEN" '
        "-H 'Content-Type: application/json' -d '{\"a\": 1}' \\\n  'http://h/x/{id}'"
    )
    (answer,) = one.answers
    assert (answer.status, answer.text, json.loads(answer.example)) == ("200", "", {"a": 1})
    assert one.errors == ("404 Not Found",)


@pytest.mark.parametrize(
    ("schema", "kind", "example"),
    [
        ({"type": "string"}, "string", "…"),
        ({"type": "string", "format": "date-time"}, "date-time", "2026-11-23T08:15:00Z"),
        ({"enum": ["a", "b"]}, "a | b", "a"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer | null", 1),
        ({"type": "array", "items": {"$ref": "#/x/Thing"}}, "list of Thing", [{"a": 1}]),
        ({"type": "string", "examples": ["x"]}, "string", "x"),
        ({"type": "boolean", "default": False}, "boolean", False),
        ({}, "any", "…"),
    ],
)
def test_kinds_and_examples_of_values(schema: dict[str, Any], kind: str, example: object) -> None:
    """Their own, else made up."""
    assert kind_of(schema) == kind
    assert example_of(OPENAPI, schema) == example


def test_a_schema_that_holds_itself_ends() -> None:
    """After a few levels."""
    schema = {"type": "array", "items": {"$ref": "#/x/Knot"}}
    knot = {"components": {"schemas": {"Knot": schema}}}
    assert example_of(knot, schema, depth=3) == [[[[]]]]


def test_paragraphs() -> None:
    """Line breaks are nothing but wrapping."""
    assert paragraphs_of("One\ntwo.\n\n\nThree.\n") == ("One two.", "Three.")


def test_the_page_has_every_operation(site: Site) -> None:
    """And pages are no part of the API."""
    browser = site.anonymous()
    openapi = browser.client.get("/api/v1/openapi.json").json()
    page = browser.get("/docs")
    assert page.status == 200
    for path, methods in openapi["paths"].items():
        assert path.startswith(("/api/v1/", "/healthz", "/readyz", "/metrics"))
        assert page.text.count(path) >= 2, path
        for method in methods.values():
            assert method["operationId"] in page.ids()
    assert "curl" in page.text
    assert "API" in browser.get("/docs", headers={"accept-language": "zh"}).text


def test_commands_of_the_page_are_right(site: Site) -> None:
    """Those that need nothing but the address are answered."""
    browser = site.anonymous()
    page = browser.get("/docs")
    plain = re.findall(r'curl -H "Authorization: Bearer \$TOKEN" \\? ?(http\S+)', page.text)
    found = re.findall(r"curl (http://\S+)", page.text)
    assert len(plain) > 5
    assert len(found) == 3
    for address in {*plain, *found}:
        if "{" not in address and not address.endswith("/events"):
            assert browser.client.get(address).status_code == 200, address
