"""Fits the model of confidence: for each question a logistic regression with signed weights.

What is known to speak for a field may not count against it (the sign of each feature is given), so
the weights can be read. They are those of least penalised log loss; the penalty is chosen by
cross-validation over reports, because the errors of one come together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.model_selection import GroupKFold

from extractor.confidence.evidence import FEATURES, QUESTIONS
from extractor.confidence.model import Regression, model_json
from models.calibration.settled import settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.confidence.evidence import Question
    from models.calibration.rows import Row

    Floats = NDArray[np.float64]

PENALTIES = (0.1, 0.3, 1.0, 3.0)  # on the square of a weight times its feature's spread
FOLDS = 3


@dataclass(frozen=True, slots=True)
class Design:
    """The examples of a question: n × (features + their unknowns), answers, reports.

    spread: standard deviation of each column; bounds: of its weight.
    """

    names: tuple[str, ...]
    x: Floats
    y: Floats
    groups: NDArray[np.int64]
    spread: Floats
    bounds: tuple[tuple[float | None, float | None], ...]

    def part(self, index: NDArray[np.int64]) -> Design:
        """Some of the examples."""
        picked = self.x[index], self.y[index], self.groups[index]
        return Design(self.names, *picked, self.spread, self.bounds)


def design(rows: Sequence[Row], question: Question) -> Design:
    """The examples of a question as arrays; an unknown value is 0 and marked in its own column."""
    own = [row for row in rows if question in row.answers]
    names = tuple(FEATURES[question])
    values = np.array([[row.features[name] for name in names] for row in own], np.float64)
    values = values.reshape(len(own), len(names))
    unknown = np.isnan(values)
    x = np.hstack([np.where(unknown, 0.0, values), unknown])
    reports = {name: i for i, name in enumerate(dict.fromkeys(r.report for r in own))}
    signs = [FEATURES[question][name].better for name in names]
    allowed: dict[int, tuple[float | None, float | None]] = {
        1: (0.0, None), -1: (None, 0.0), 0: (None, None)
    }  # fmt: skip
    bounds = (*(allowed[sign] for sign in signs), *[(None, None)] * len(names))
    spread = x.std(axis=0)
    return Design(
        names,
        x,
        np.array([row.answers[question] for row in own], np.float64),
        np.array([reports[row.report] for row in own], np.int64),
        np.where(spread > 0, spread, 1.0),
        bounds,
    )


def fitted(rows: Sequence[Row]) -> str:
    """The text of the model's file; every question needs examples of both answers."""
    return model_json({q: question_of(rows, q) for q in QUESTIONS}, settled(rows))


def question_of(rows: Sequence[Row], question: Question) -> Regression:
    """The regression of one question; ValueError where all its answers are the same."""
    examples = design(rows, question)
    answers = Counter(examples.y.tolist())
    if len(answers) < 2:
        raise ValueError(f"{question}: {dict(answers)}; both answers are needed to fit")
    weights = solved(examples, chosen_penalty(examples))
    count = len(examples.names)
    pairs = zip(weights[1 : 1 + count], weights[1 + count :], strict=True)
    named = {
        name: (round(float(w), 4), round(float(u), 4))
        for name, (w, u) in zip(examples.names, pairs, strict=True)
    }
    # Laplace's rule of succession: so much n examples can show, and no more.
    most = 1 - 1 / (len(examples.y) + 2)
    return Regression(round(float(weights[0]), 4), named, round(most, 7))


def chosen_penalty(examples: Design) -> float:
    """The penalty of least log loss on documents that were left out."""
    splits = list(GroupKFold(FOLDS).split(examples.x, examples.y, examples.groups))
    losses = {
        penalty: sum(
            loss(solved(examples.part(train), penalty), examples.part(test))
            for train, test in splits
        )
        for penalty in PENALTIES
    }
    return min(losses, key=lambda penalty: losses[penalty])


def solved(examples: Design, penalty: float) -> Floats:
    """Intercept and weights of least penalised log loss within the bounds (L-BFGS-B)."""
    x = np.hstack([np.ones((len(examples.y), 1)), examples.x / examples.spread])
    y = examples.y
    ridge = np.r_[1e-6, np.full(x.shape[1] - 1, penalty)]

    def objective(weights: Floats) -> tuple[float, Floats]:
        odds = x @ weights
        value = float(np.logaddexp(0, odds).sum() - y @ odds + 0.5 * ridge @ weights**2)
        return value, x.T @ (expit(odds) - y) + ridge * weights

    start = np.zeros(x.shape[1])
    start[0] = np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5))
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=[(None, None), *examples.bounds],
        options={"maxiter": 2000, "ftol": 1e-11, "gtol": 1e-6},
    )  # fmt: skip
    weights: Floats = np.asarray(found.x, np.float64)
    weights[1:] /= examples.spread
    return weights


def loss(weights: Floats, examples: Design) -> float:
    """Log loss, summed."""
    odds = weights[0] + examples.x @ weights[1:]
    return float(np.logaddexp(0, odds).sum() - examples.y @ odds)
