"""The model of confidence: for each question a logistic regression over named features.

P(right) = 1 / (1 + exp(-(intercept + Σ weight × feature))). A feature that is unknown adds a weight
of its own instead. The weights are fitted by `models.calibration`; the file tells on what.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.confidence.evidence import (
    BLAME,
    FEATURES,
    QUESTIONS,
    WEIGHED,
    decides,
    described,
)
from extractor.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.confidence.evidence import Question, Seen

SERIES = 1  # of versions: rises when features change
MODEL = Path(__file__).parents[2] / "models" / "calibration" / "confidence.json"


@dataclass(frozen=True, slots=True)
class Regression:
    """Intercept, and for each feature its weight and what it adds where it is unknown.

    `most` is the highest probability that the number of examples can show.
    """

    intercept: float
    weights: Mapping[str, tuple[float, float]]
    most: float

    def probability(self, features: Mapping[str, float | None]) -> float:
        """The probability of the answer yes, `most` at most."""
        odds = self.intercept + sum(self.added(name, value) for name, value in features.items())
        return min(1 / (1 + math.exp(-min(max(odds, -30.0), 30.0))), self.most)

    def added(self, name: str, value: float | None) -> float:
        """What a feature adds to the log-odds."""
        weight, unknown = self.weights[name]
        return unknown if value is None else weight * value


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of the doubt about a cell's place when another cell of its row is in its own.

    As a share, measured; `column` is the same for one of its column.
    """

    row: float
    column: float


@dataclass(frozen=True, slots=True)
class Model:
    """One regression a question, and the version that results and certificates name."""

    version: str
    questions: Mapping[Question, Regression]
    settled: Settled

    def probability(self, one: Seen, question: Question) -> float:
        """The probability of yes to a question."""
        return self.answer(described(one, question), question)

    def answer(self, features: Mapping[str, float | None], question: Question) -> float:
        """The probability by a question's features.

        What was read is no surer than pixels and relations allow where they were weighed together.
        """
        own = self.questions[question].probability(features)
        if not decides(features, question):
            return own
        weighed = features[WEIGHED]
        own = min(own, 1 - (features[BLAME] or 0.0))
        return own if weighed is None else min(own, 1 / (1 + math.exp(-weighed)))


def load_model(path: Path = MODEL) -> Model:
    """The model of a file.

    Raises EngineError where it is not there, or has other features than this program.
    """
    status = path.stat() if path.exists() else None
    if status is None:
        raise EngineError("the model of confidence is not there: install the package again",
                          path=path)  # fmt: skip
    return _load(path, status.st_mtime_ns)


@functools.cache
def _load(path: Path, changed_ns: int) -> Model:  # noqa: ARG001 (part of the cache key)
    text = json.loads(path.read_text(encoding="utf-8"))
    questions = {question: _regression(text["questions"][question]) for question in QUESTIONS}
    for question, regression in questions.items():
        if regression.weights.keys() != FEATURES[question].keys():
            raise EngineError(f"its features of {question} are not this program's: "
                              "install the package again", path=path)  # fmt: skip
    return Model(text["version"], questions, Settled(**text["settled"]))


def model_json(questions: Mapping[Question, Regression], settled: Settled) -> str:
    """The text of a model's file; its version is a hash of what is in it."""
    body = {
        "questions": {name: asdict(regression) for name, regression in questions.items()},
        "settled": asdict(settled),
    }
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps({"version": f"{SERIES}-{digest[:8]}", **body}, indent=1) + "\n"


def _regression(text: dict[str, object]) -> Regression:
    weights = text["weights"]
    assert isinstance(weights, dict)
    return Regression(
        float(str(text["intercept"])),
        {name: (float(w), float(unknown)) for name, (w, unknown) in weights.items()},
        float(str(text["most"])),
    )
