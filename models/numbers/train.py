"""Trains the recogniser of numbers: `python -m models.numbers.train --fonts /usr/share/fonts`.

Makes the samples, trains, fits the temperature on samples of a seed of their own, and writes the
graph. Needs the dependency group `train` and the Debian packages named in README.md.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from models.numbers.data import batches, joined, load, save, shelves_of
from models.numbers.graph import write_graph
from models.numbers.net import folded, logits, new_parameters, settled_logits
from models.numbers.samples import Recipe, make_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jax import Array

    from models.numbers.data import Shelf
    from models.numbers.net import Layers, Parameters

SEED = 7
SHEETS = 900
HELD_OUT_SEED, HELD_OUT_SHEETS = 8, 40
EPOCHS = 4
COLUMNS = 8192  # pixels across of a batch, all its crops side by side
BATCH = 32  # crops at once where the temperature is fitted
RATE = 3e-3  # peak of the learning rate
SETTLING = 2  # passes with the normalisation folded in
SETTLING_RATE = 5e-4
DECAY = 1e-3
MODEL = Path(__file__).parent / "numbers.onnx"


class State(NamedTuple):
    """What a training step changes: weights, moments of the normalisation, and the optimiser's."""

    weights: Parameters
    moments: Parameters
    mover: optax.OptState


def text_loss(frames: Array, labels: Array) -> Array:
    """Negative log-probability of each label: CTC (Graves et al. 2006)."""
    return optax.ctc_loss(
        frames, jnp.zeros(frames.shape[:2]), labels, (labels == 0).astype(jnp.float32)
    )


def _loss(
    weights: Parameters, moments: Parameters, images: Array, labels: Array
) -> tuple[Array, Parameters]:
    frames, renewed = logits(weights, moments, images / 255.0, training=True)
    return text_loss(frames, labels).mean(), renewed


def _step(
    mover: optax.GradientTransformation, state: State, images: Array, labels: Array
) -> tuple[State, Array]:
    """The state after one batch, and the mean loss of the batch before."""
    slopes = jax.value_and_grad(_loss, has_aux=True)
    (loss, moments), slope = slopes(state.weights, state.moments, images, labels)
    change, moved = mover.update(slope, state.mover, state.weights)
    return State(optax.apply_updates(state.weights, change), moments, moved), loss


def train(shelves: dict[int, Shelf], seed: int, epochs: int) -> Iterator[State]:
    """The state after each of `epochs` passes over the samples."""
    steps = epochs * sum(len(s.images) // max(COLUMNS // w, 1) for w, s in shelves.items())
    schedule = optax.cosine_onecycle_schedule(steps, RATE, pct_start=0.1)
    mover = optax.chain(optax.clip_by_global_norm(5.0), optax.adamw(schedule, weight_decay=DECAY))
    weights, moments = new_parameters(seed)
    state = State(weights, moments, mover.init(weights))
    step = jax.jit(functools.partial(_step, mover))
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        begun, losses = time.perf_counter(), []
        for batch in batches(shelves, COLUMNS, rng):
            state, loss = step(state, batch.images, batch.labels)
            losses.append(loss)
        mean = float(np.mean([float(loss) for loss in losses]))
        _say(f"pass {epoch + 1}: loss {mean:.4f}, {time.perf_counter() - begun:.0f} s")
        yield state


def settle(layers: Layers, shelves: dict[int, Shelf], seed: int) -> Iterator[Layers]:
    """The layers after each of SETTLING passes with their normalisation folded in.

    A batch holds crops of one width, so batch statistics differ between widths; in use there is one
    normalisation for all. In these passes the network learns to do with it, on stretched crops too.
    """
    steps = SETTLING * sum(len(s.images) // max(COLUMNS // w, 1) for w, s in shelves.items())
    mover = optax.adamw(optax.cosine_decay_schedule(SETTLING_RATE, steps), weight_decay=DECAY)
    state = mover.init(layers)
    step = jax.jit(functools.partial(_settling_step, mover))
    rng = np.random.default_rng((seed, 1))
    for number in range(SETTLING):
        begun, losses = time.perf_counter(), []
        for batch in batches(shelves, COLUMNS, rng, stretched=True):
            layers, state, loss = step(layers, state, batch.images, batch.labels)
            losses.append(loss)
        mean = float(np.mean([float(loss) for loss in losses]))
        _say(f"settling {number + 1}: loss {mean:.4f}, {time.perf_counter() - begun:.0f} s")
        yield layers


def _settling_step(
    mover: optax.GradientTransformation,
    layers: Layers,
    state: optax.OptState,
    images: Array,
    labels: Array,
) -> tuple[Layers, optax.OptState, Array]:
    def loss_of(changed: Layers) -> Array:
        return text_loss(settled_logits(changed, images / 255.0), labels).mean()

    loss, slope = jax.value_and_grad(loss_of)(layers)
    change, state = mover.update(slope, state, layers)
    return optax.apply_updates(layers, change), state, loss


def _frames(layers: Layers, shelves: dict[int, Shelf]) -> Iterator[tuple[Array, Array]]:
    """Logits and labels of whole batches: every shape is compiled once."""
    compiled = jax.jit(settled_logits)
    for shelf in shelves.values():
        for start in range(0, len(shelf.images) - BATCH + 1, BATCH):
            rows = slice(start, start + BATCH)
            yield compiled(layers, shelf.images[rows] / np.float32(255)), shelf.labels[rows]


def fitted_temperature(layers: Layers, shelves: dict[int, Shelf]) -> float:
    """What the logits have to be divided by for the texts to be as probable as they are right."""
    held = list(_frames(layers, shelves))
    total = jax.jit(lambda frames, labels, t: text_loss(frames / t, labels).sum())
    tried = np.round(np.arange(0.7, 2.51, 0.1), 2)
    losses = [sum(float(total(f, y, t)) for f, y in held) for t in tried]
    return float(tried[int(np.argmin(losses))])


def _shelves(recipe: Recipe, cache: Path | None) -> dict[int, Shelf]:
    path = cache / f"{recipe.seed}-{recipe.sheets}.npz" if cache else None
    if path is not None and path.exists():
        return load(path)
    shelves = shelves_of(make_samples(recipe))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(shelves, path)
    return shelves


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m models.numbers.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"))
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--sheets", type=int, default=SHEETS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--cache", type=Path, help="folder that keeps the samples for another run")
    parser.add_argument("--more", type=Path, action="append", default=[], metavar="FILE",
                        help="more samples: the crops of models.reviews")  # fmt: skip
    options = parser.parse_args(arguments)
    begun = time.perf_counter()
    shelves = _shelves(Recipe(SEED, options.sheets, options.fonts), options.cache)
    for path in options.more:
        shelves = joined(shelves, load(path))
    held = _shelves(Recipe(HELD_OUT_SEED, HELD_OUT_SHEETS, options.fonts), options.cache)
    count = sum(len(shelf.images) for shelf in shelves.values())
    _say(f"{count} samples after {time.perf_counter() - begun:.0f} s")
    for state in train(shelves, SEED, options.epochs):
        trained = folded(state.weights, state.moments)
    for layers in settle(trained, shelves, SEED):
        write_graph(layers, 1.0, options.out)
    temperature = fitted_temperature(layers, held)
    write_graph(layers, temperature, options.out)
    _say(f"temperature {temperature}, {time.perf_counter() - begun:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
