"""The chain over units, against every allowed path counted one by one."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.tagging.crf import (
    Chunk,
    allowed,
    best_paths,
    chunks_of,
    found,
    lattice,
    loss,
    probability,
    tags_of,
)

LABELS = 2
TAGS = 1 + 4 * LABELS


def emission(length: int, seed: int = 7) -> np.ndarray:
    """Random log weights of a sequence."""
    draw = np.random.default_rng(seed).normal(size=(length, TAGS))
    return (2 * draw).astype(np.float32)


def weighed_paths(weights: np.ndarray) -> dict[tuple[int, ...], float]:
    """Every allowed path with its weight."""
    follow = allowed(LABELS)
    return {
        path: float(np.exp(sum(weights[i, tag] for i, tag in enumerate(path))))
        for path in itertools.product(range(TAGS), repeat=len(weights))
        if follow[0, path[0]]
        and follow[path[-1], 0]
        and all(follow[a, b] for a, b in itertools.pairwise(path))
    }


@pytest.mark.parametrize("length", [1, 2, 4])
def test_against_all_paths(length: int) -> None:
    """The best path, posteriors of tags and chunks, and the loss, also beside a longer sequence."""
    weights = emission(length)
    paths = weighed_paths(weights)
    total = sum(paths.values())
    batch = [weights, emission(5, 8)]
    best = max(paths, key=lambda path: paths[path])
    assert tuple(best_paths(batch)[0]) == best
    grid = lattice(batch)
    for i, tag in itertools.product(range(length), range(TAGS)):
        share = sum(w for path, w in paths.items() if path[i] == tag) / total
        assert grid.tags[0, i, tag] == pytest.approx(share, abs=1e-4)
    shares: defaultdict[Chunk, float] = defaultdict(float)
    for path, weight in paths.items():
        for chunk in chunks_of(np.array(path)):
            shares[chunk] += weight / total
    for chunk, share in shares.items():
        assert probability(grid, 0, chunk) == pytest.approx(share, abs=1e-4)
    assert loss(batch[:1], [chunks_of(np.array(best))])[0] == pytest.approx(
        np.log(total / paths[best]), abs=1e-3
    )


def test_the_gradient_is_that_of_the_loss() -> None:
    """A small step along one weight changes the loss as the gradient says."""
    weights, wanted = emission(4), [[Chunk(1, 2, 0)]]
    _, (gradient,) = loss([weights], wanted)
    for i, tag in ((0, 0), (1, 1), (2, 3), (3, 4)):
        up, down = weights.copy(), weights.copy()
        up[i, tag] += 0.01
        down[i, tag] -= 0.01
        slope = (loss([up], wanted)[0] - loss([down], wanted)[0]) / 0.02
        assert gradient[i, tag] == pytest.approx(slope, abs=5e-3)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, LABELS - 1))))
def test_chunks_survive_as_tags(pieces: list[tuple[int, int, int]]) -> None:
    """Chunks → tags → chunks."""
    chunks, position = [], 0
    for size, gap, label in pieces:
        position += gap
        chunks.append(Chunk(position, position + size - 1, label))
        position += size
    assert chunks_of(tags_of(chunks, position)) == chunks


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 99))
def test_found_chunks_do_not_overlap(lengths: list[int], seed: int) -> None:
    """Chunks lie in their sequence in order, each with a probability."""
    batch = [emission(length, seed + i) for i, length in enumerate(lengths)]
    for length, chunks in zip(lengths, found(batch), strict=True):
        assert all(0 <= c.first <= c.last < length and 0 <= c.probability <= 1 for c in chunks)
        assert all(a.last < b.first for a, b in itertools.pairwise(chunks))


def test_nothing_to_read() -> None:
    """No sequence, no chunks."""
    assert found([]) == []
