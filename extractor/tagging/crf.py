"""A linear chain over units whose tags can only follow each other as spans do.

Tags are O and, for each label, first, inner, last and single (BILUO; Ratinov and Roth 2009). The
weights all come from the network; the chain only rules out what is no span, so that a span's
probability is exact: the share of all allowed paths that hold it (Lafferty et al. 2001).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

FIRST, INNER, LAST, SINGLE = range(4)
_NEVER = -300.0  # log weight of what is as good as impossible, still a number in double precision
_TOGETHER = 64  # sequences in a batch


class Chunk(NamedTuple):
    """Units first…last (both within) with a label's number, and the probability of just that."""

    first: int
    last: int
    label: int
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Lattice:
    """Posteriors of a batch of sequences: `tags` (batch, length, tags), and what spans need."""

    weights: Floats  # exp of the emissions, scaled by position
    before: Floats  # forward messages into a position, each summing to 1
    behind: Floats  # backward messages out of a position
    scales: Floats  # what each forward message was divided by, (batch, length)
    tags: Floats


def allowed(labels: int) -> Floats:
    """The (tags, tags) matrix of which tag may follow which; the first row is O."""
    size = 1 + 4 * labels
    matrix = np.zeros((size, size), dtype=np.float64)
    opens = [0, *(1 + 4 * k + tag for k in range(labels) for tag in (FIRST, SINGLE))]
    closes = [0, *(1 + 4 * k + tag for k in range(labels) for tag in (LAST, SINGLE))]
    matrix[np.ix_(closes, opens)] = 1
    for k in range(labels):
        base = 1 + 4 * k
        matrix[np.ix_((base + FIRST, base + INNER), (base + INNER, base + LAST))] = 1
    return matrix


def tags_of(chunks: Iterable[Chunk], length: int) -> npt.NDArray[np.int64]:
    """The path of tags that holds just these chunks."""
    tags = np.zeros(length, dtype=np.int64)
    for first, last, label, _ in chunks:
        base = 1 + 4 * label
        tags[first : last + 1] = base + INNER
        tags[first], tags[last] = base + FIRST, base + LAST
        if first == last:
            tags[first] = base + SINGLE
    return tags


def _padded(emissions: Sequence[Floats]) -> Floats:
    """(batch, length + 1, tags), scaled by position: behind its end a sequence is O for sure."""
    longest, size = max(len(e) for e in emissions), emissions[0].shape[1]
    out = np.full((len(emissions), longest + 1, size), _NEVER)
    out[:, :, 0] = 0
    for row, emission in zip(out, emissions, strict=True):
        row[: len(emission)] = emission
    out -= out.max(axis=2, keepdims=True)
    np.maximum(out, _NEVER, out=out)
    return out


def lattice(emissions: Sequence[Floats]) -> Lattice:
    """Forward-backward over sequences of (length, tags) log weights."""
    weights = np.exp(_padded(emissions))
    follow = allowed((weights.shape[2] - 1) // 4)
    before, scales = _forward(weights, follow)
    behind = _backward(weights, follow, scales)
    tags = before * weights * behind
    tags /= tags.sum(axis=2, keepdims=True)
    return Lattice(weights, before, behind, scales, tags)


def _forward(weights: Floats, follow: Floats) -> tuple[Floats, Floats]:
    """Messages into each position, and what each was divided by to sum to 1."""
    batch, length, size = weights.shape
    messages, scales = np.empty_like(weights), np.empty((batch, length))
    message = np.broadcast_to(follow[0], (batch, size))
    for t in range(length):
        messages[:, t] = message
        reached = message * weights[:, t]
        scales[:, t] = reached.sum(axis=1)
        message = (reached / scales[:, t, None]) @ follow
    return messages, scales


def _backward(weights: Floats, follow: Floats, scales: Floats) -> Floats:
    """Messages out of each position, divided as the forward ones."""
    messages = np.empty_like(weights)
    message = np.zeros(weights[:, 0].shape)
    message[:, 0] = 1
    for t in range(weights.shape[1] - 1, -1, -1):
        messages[:, t] = message
        message = (message * weights[:, t] / scales[:, t, None]) @ follow.T
    return messages


def best_paths(emissions: Sequence[Floats]) -> list[npt.NDArray[np.int64]]:
    """The likeliest allowed path of each sequence (Viterbi 1967)."""
    padded = _padded(emissions)
    closed = np.where(allowed((padded.shape[2] - 1) // 4) > 0, 0, 1000 * _NEVER)
    score = closed[0] + padded[:, 0]
    back = np.zeros(padded.shape, dtype=np.int8)
    for t in range(1, padded.shape[1]):
        steps = score[:, :, None] + closed
        back[:, t] = steps.argmax(axis=1)
        score = steps.max(axis=1) + padded[:, t]
    tag = score.argmax(axis=1)
    path = np.empty(padded.shape[:2], dtype=np.int64)
    for t in range(padded.shape[1] - 1, -1, -1):
        path[:, t] = tag
        tag = back[np.arange(len(tag)), t, tag]
    return [row[: len(e)] for row, e in zip(path, emissions, strict=True)]


def chunks_of(path: npt.NDArray[np.int64]) -> list[Chunk]:
    """The chunks of an allowed path."""
    chunks, first = [], 0
    for i, tag in enumerate(path):
        if tag == 0:
            continue
        label, kind = divmod(int(tag) - 1, 4)
        if kind in (FIRST, SINGLE):
            first = i
        if kind in (LAST, SINGLE):
            chunks.append(Chunk(first, i, label))
    return chunks


def probability(grid: Lattice, row: int, chunk: Chunk) -> float:
    """The share of all paths of a sequence that hold the chunk, exactly from first to last."""
    first, last, label, _ = chunk
    tags = tags_of([Chunk(0, last - first, label)], last - first + 1)
    steps = np.arange(first, last + 1)
    logs = np.log(np.maximum(grid.weights[row, steps, tags], 1e-300))
    logs -= np.log(np.maximum(grid.scales[row, steps], 1e-300))
    into, out = grid.before[row, first, tags[0]], grid.behind[row, last, tags[-1]]
    return min(1.0, float(np.exp(logs.sum()) * into * out))


def found(emissions: Sequence[Floats]) -> list[list[Chunk]]:
    """The chunks of the likeliest path of each sequence, each with its probability.

    Sequences of like length are read together, so that a long one makes no other longer.
    """
    order = sorted(range(len(emissions)), key=lambda i: len(emissions[i]))
    chunks: list[list[Chunk]] = [[] for _ in emissions]
    for start in range(0, len(order), _TOGETHER):
        rows = order[start : start + _TOGETHER]
        for row, read in zip(rows, _found([emissions[row] for row in rows]), strict=True):
            chunks[row] = read
    return chunks


def _found(emissions: Sequence[Floats]) -> list[list[Chunk]]:
    chunks = [chunks_of(path) for path in best_paths(emissions)]
    rows = [row for row, read in enumerate(chunks) if read]
    if rows:
        grid = lattice([emissions[row] for row in rows])
        for i, row in enumerate(rows):
            chunks[row] = [c._replace(probability=probability(grid, i, c)) for c in chunks[row]]
    return chunks


def loss(
    emissions: Sequence[Floats], chunks: Sequence[Sequence[Chunk]]
) -> tuple[float, list[Floats]]:
    """The negative log-likelihood of the paths that hold just the chunks, and its gradient."""
    grid = lattice(emissions)
    total, gradients = 0.0, []
    for row, (emission, wanted) in enumerate(zip(emissions, chunks, strict=True)):
        size = len(emission)
        gold = tags_of(wanted, size)
        weights = grid.weights[row, np.arange(size), gold]
        total += float(np.log(np.maximum(grid.scales[row, : size + 1], 1e-300)).sum())
        total -= float(np.log(np.maximum(weights, 1e-300)).sum())
        gradient = grid.tags[row, :size].copy()
        gradient[np.arange(size), gold] -= 1
        gradients.append(gradient)
    return total, gradients
