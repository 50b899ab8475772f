"""The data and its JSON."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.document import (
    SCHEMA_VERSION,
    Alternative,
    Document,
    Kind,
    Normalized,
    PageOrigin,
    Review,
    State,
)
from tests.example_documents import example_document, example_field

if TYPE_CHECKING:
    from extractor.document import Value


def test_a_document_comes_back_from_its_json() -> None:
    """Equal in every part, also without white space and from bytes."""
    document = example_document()
    assert Document.from_json(document.to_json()) == document
    assert Document.from_json(document.to_json(indent=None).encode()) == document


@settings(deadline=None)
@given(
    value=st.none() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(max_size=20),
    other=st.integers(0, 9),
)
def test_every_value_keeps_its_kind(value: Value, other: int) -> None:
    """16 stays an int, 16.0 a float, "16" a string, and unknown is null."""
    field = dataclasses.replace(
        example_field("a.b", "甲 / 乙", 1),
        value=value,
        alternatives=(Alternative(other, 0.25), Alternative(None, 0.1, "/")),
    )
    back = Document.from_json(example_document(fields=(field,)).to_json()).field("a.b")
    assert back == field
    assert type(back.value) is type(value)


def test_alternatives_are_shown_as_they_read() -> None:
    """Also where they say that nothing is printed."""
    others = Alternative(16, 0.5), Alternative(None, 0.2, "/"), Alternative(None, 0.1, "")
    assert [str(other) for other in others] == ["16", "/", "blank"]


def test_json_has_the_names_of_the_contract() -> None:
    """Users build on these names; a box is four numbers, Chinese is not escaped."""
    text = example_document().to_json()
    data = json.loads(text)
    assert list(data) == [
        "schema_version", "document", "fields", "tables", "sections", "entities", "checks",
        "warnings", "review",
    ]  # fmt: skip
    assert list(data["document"]) == [
        "filename", "sha256", "page_count", "pages", "template", "template_confidence", "engine",
    ]  # fmt: skip
    assert set(data["fields"][0]) >= {
        "id", "label", "kind", "value", "state", "text", "unit", "confidence", "alternatives",
        "page", "bbox", "source", "checks", "review",
    }  # fmt: skip
    assert data["fields"][0]["bbox"] == [10.0, 20.0, 60.0, 32.5]
    assert data["document"]["pages"][0] == {
        "number": 1, "width": 595.3, "height": 841.9, "rotation": 90, "skew": -1.7, "source": "ocr",
        "quality": None,
    }  # fmt: skip
    assert data["entities"][0]["normalized"]["approximate"] is False
    assert "临江" in text


def test_another_schema_version_is_refused() -> None:
    """What has changed its meaning is not read as if it had not."""
    data = json.loads(example_document().to_json())
    data["schema_version"] = SCHEMA_VERSION + 1
    with pytest.raises(ValueError, match=f"schema_version {SCHEMA_VERSION + 1} is not"):
        Document.from_json(json.dumps(data))


def test_additions_of_a_later_release_are_passed_over() -> None:
    """The contract allows new names within a schema version: older readers live with them."""
    document = example_document()
    data = json.loads(document.to_json())
    data["provenance"] = "later"
    data["fields"][0]["color"] = "red"
    assert Document.from_json(json.dumps(data)) == document


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}', "%PDF-1.5"])
def test_other_json_is_a_value_error(text: str) -> None:
    """A truncated or foreign file is not taken for a result."""
    with pytest.raises(ValueError, match="validation error"):
        Document.from_json(text)


def test_a_missing_or_wrong_part_is_refused() -> None:
    """Values outside the closed sets, too."""
    data = json.loads(example_document().to_json())
    data["fields"][0]["state"] = "unsure"
    with pytest.raises(ValueError, match="unsure"):
        Document.from_json(json.dumps(data))


def test_a_field_is_found_by_its_id() -> None:
    """KeyError where the template has none."""
    document = example_document()
    assert document.field("report.year").value == 2022
    with pytest.raises(KeyError, match=r"report\.nothing"):
        document.field("report.nothing")


def test_closed_sets_are_those_of_the_contract() -> None:
    """A new member is a new contract."""
    assert get_args(PageOrigin) == ("text_layer", "ocr", "blank")
    assert get_args(State) == ("printed", "blank", "not_applicable", "missing")
    assert get_args(Review) == ("accepted", "needs_review", "confirmed", "corrected")
    assert set(get_args(Kind)) == {
        "count", "money", "date", "year", "agency", "text", "document_number", "phone",
        "postcode", "email", "url",
    }  # fmt: skip


def test_values_cannot_be_changed_and_have_no_other_names() -> None:
    """Frozen, with slots."""
    value = Normalized(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.value = 2  # type: ignore[misc]
    assert not hasattr(value, "__dict__")
