"""The knobs."""

from __future__ import annotations

import dataclasses
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from extractor import Options
from extractor.errors import OptionsError


def test_defaults_are_valid_and_hashable() -> None:
    """Engines are cached by their options, and options cross process borders."""
    assert hash(Options()) == hash(Options())
    assert pickle.loads(pickle.dumps(Options(dpi=300))) == Options(dpi=300)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dpi", 71), ("dpi", 601), ("review_below", -0.01), ("review_below", 1.01),
        ("drawn_share", -0.01), ("drawn_share", 1.01),
        ("timeout_s", 0), ("timeout_s", -1), ("max_bytes", 0), ("max_pages", 0),
        ("max_pixels", 0), ("threads", -1), ("threads", 1025),
        ("timeout_s", math.nan), ("review_below", math.nan),
        ("text_layer", "always"), ("runtime", "tensorrt"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_named(name: str, value: object) -> None:
    """The error says which option, what it is and what to choose."""
    unusable: dict[str, Any] = {name: value}
    with pytest.raises(OptionsError, match=rf"^{name} is {value}: choose ") as caught:
        Options(**unusable)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "value"), [("dpi", 72), ("dpi", 600), ("review_below", 0), ("review_below", 1)]
)
def test_limits_themselves_can_be_chosen(name: str, value: float) -> None:
    """Both ends of a range belong to it."""
    usable: dict[str, Any] = {name: value}
    assert getattr(Options(**usable), name) == value


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("detection_model", "paddleocr"), ("recognition_model", "paddleocr"),
        ("recording", "replay"),
    ],
)  # fmt: skip
def test_what_the_chosen_engine_does_not_know_is_an_error(name: str, owner: str) -> None:
    """It would be ignored without a word."""
    given: dict[str, Any] = {name: Path("x")}
    with pytest.raises(OptionsError, match=f"^{name} is for the engine {owner}, not rapidocr"):
        Options(**given)
    assert getattr(Options(engine=owner, **given), name) == Path("x")


def test_unknown_names_are_errors() -> None:
    """A renamed option is not silently dropped."""
    unknown: dict[str, Any] = {"resolution": 200}
    with pytest.raises(TypeError, match="resolution"):
        Options(**unknown)


def test_options_cannot_be_changed() -> None:
    """Frozen: a cached engine keeps the options it was made of."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().dpi = 300  # type: ignore[misc]
