"""What the trained components share: windows of units through a network and a chain to chunks."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from spacy.pipeline import TrainablePipe
from thinc.api import set_dropout_rate

from extractor.tagging import crf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy.typing as npt
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.training import Example
    from thinc.api import Model, Optimizer

    from extractor.tagging.units import Units

_TOGETHER = 6000  # units that go through a network at once
_NEVER = -1e6  # log weight of a tag that cannot be


@dataclass(frozen=True, slots=True)
class Window:
    """Units from `start` on: their features, (n, columns), and which of them no chunk may hold."""

    start: int
    features: npt.NDArray[np.uint64]
    closed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Read:
    """The units of a document, its windows, and what was found in each, counted from unit 0."""

    units: Units
    windows: Sequence[Window]
    chunks: Sequence[Sequence[crf.Chunk]] = ()


class Chunker(TrainablePipe):  # type: ignore[misc]  # spaCy's own has no types
    """A trainable component that finds labelled chunks in windows of units."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What is found, in the order of the tags."""
        return tuple(self.cfg["labels"])

    @abstractmethod
    def windows(self, doc: Doc) -> Read:
        """The windows of a document to look into."""

    @abstractmethod
    def wanted(self, example: Example) -> tuple[Read, Sequence[Sequence[crf.Chunk]]]:
        """The windows to learn from, and the annotated chunks of each."""

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],  # noqa: ARG002 - the labels are of the config
        *,
        nlp: Language | None = None,  # noqa: ARG002
    ) -> None:
        """Shape the network, as spaCy asks; it starts from the seed of the configuration."""
        self.model.get_ref("output_layer").set_dim("nO", 1 + 4 * len(self.labels))
        self.model.initialize()

    def predict(self, docs: Iterable[Doc]) -> list[Read]:
        """What is found in each document."""
        reads = [self.windows(doc) for doc in docs]
        windows = [window for read in reads for window in read.windows]
        found = itertools.chain.from_iterable(map(self._found, _batches(windows)))
        return [replace(read, chunks=list(_shifted(read.windows, found))) for read in reads]

    def _found(self, windows: Sequence[Window]) -> list[list[crf.Chunk]]:
        return crf.found(self._emissions(windows, train=False)[0])

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch by the likelihood of whole paths."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        set_dropout_rate(self.model, drop)
        windows, chunks = self._lesson(examples)
        if windows:
            losses[self.name] += self._step(windows, chunks)
            if sgd is not None:
                self.finish_update(sgd)
        return losses

    def _lesson(self, examples: Iterable[Example]) -> tuple[list[Window], list[list[crf.Chunk]]]:
        """The windows of all examples, with the chunks to find in each counted from its start."""
        windows: list[Window] = []
        chunks: list[list[crf.Chunk]] = []
        for read, wanted in map(self.wanted, examples):
            windows += read.windows
            for window, found in zip(read.windows, wanted, strict=True):
                chunks.append([_moved(chunk, -window.start) for chunk in found])
        return windows, chunks

    def _step(self, windows: Sequence[Window], chunks: Sequence[Sequence[crf.Chunk]]) -> float:
        """Add up the gradient of a batch; the mean loss of a window."""
        emissions, backprop = self._emissions(windows, train=True)
        loss, gradients = crf.loss(emissions, chunks)
        for gradient, window in zip(gradients, windows, strict=True):
            gradient[window.closed, 1:] = 0
        backprop([(gradient / len(windows)).astype(np.float32) for gradient in gradients])
        return loss / len(windows)

    def _emissions(
        self, windows: Sequence[Window], *, train: bool
    ) -> tuple[list[crf.Floats], Callable[[Any], Any]]:
        """Log weights of the tags of every window; a closed unit can only be O."""
        if not windows:
            return [], lambda _: None
        model: Model[Any, Any] = self.model
        weights, backprop = model([window.features for window in windows], is_train=train)
        emissions = [np.array(weight, dtype=np.float64) for weight in weights]
        for emission, window in zip(emissions, windows, strict=True):
            emission[window.closed, 1:] = _NEVER
        return emissions, backprop


def _batches(windows: Iterable[Window]) -> Iterator[list[Window]]:
    """Windows of not many more than _TOGETHER units: what bounds the memory of a long text."""
    batch: list[Window] = []
    size = 0
    for window in windows:
        batch.append(window)
        size += len(window.closed)
        if size >= _TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _shifted(
    windows: Sequence[Window], found: Iterator[Sequence[crf.Chunk]]
) -> Iterator[list[crf.Chunk]]:
    for window in windows:
        yield [_moved(chunk, window.start) for chunk in next(found)]


def _moved(chunk: crf.Chunk, by: int) -> crf.Chunk:
    return chunk._replace(first=chunk.first + by, last=chunk.last + by)
