"""The network: convolutions that halve the height to one row of frames, then along the row.

Fully convolutional with a CTC loss, after "Rosetta" (Borisyuk et al. 2018), small enough to read a
cell in a fraction of a millisecond. Batch normalisation (Ioffe & Szegedy 2015) is folded into the
convolutions when the graph is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from models.numbers.texts import SYMBOLS

if TYPE_CHECKING:
    from jax import Array

    Parameters = list[dict[str, Array]]
    Layers = list[tuple[Any, Any]]  # kernel and bias


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution: kernel and stride (down, across), channels out, rows padded above and below.

    `spread` is the dilation across (Yu & Koltun 2016): whether a mark is a point or a comma depends
    on how many digits follow.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    channels: int
    rows: int = 1
    spread: int = 1
    residual: bool = False
    linear: bool = False

    @property
    def padding(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows above and below, columns left and right."""
        across = self.kernel[1] // 2 * self.spread
        return (self.rows, self.rows), (across, across)


LAYERS = (
    Layer((3, 3), (2, 2), 24),
    Layer((3, 3), (2, 1), 32),
    Layer((3, 3), (2, 2), 64),
    Layer((3, 3), (1, 1), 64),
    Layer((4, 3), (4, 1), 128, rows=0),
    Layer((1, 5), (1, 1), 128, rows=0, residual=True),
    Layer((1, 5), (1, 1), 128, rows=0, spread=3, residual=True),
    Layer((1, 1), (1, 1), len(SYMBOLS), rows=0, linear=True),
)
EPSILON = 1e-5
MOMENTUM = 0.97


def new_parameters(seed: int) -> tuple[Parameters, Parameters]:
    """Weights of every layer (He et al. 2015), and the running moments of its normalisation."""
    rng = np.random.default_rng(seed)
    weights, moments = [], []
    inward = 1
    for layer in LAYERS:
        shape = (*layer.kernel, inward, layer.channels)
        spread = np.sqrt(2 / np.prod(shape[:3]))
        drawn = jnp.asarray(rng.normal(0, spread, shape), jnp.float32)
        zeros, ones = jnp.zeros(layer.channels), jnp.ones(layer.channels)
        weights.append({"kernel": drawn, "bias": zeros} | ({} if layer.linear else {"gain": ones}))
        moments.append({"mean": zeros, "variance": ones})
        inward = layer.channels
    return weights, moments


def logits(
    weights: Parameters, moments: Parameters, images: Array, *, training: bool
) -> tuple[Array, Parameters]:
    """Images N × HEIGHT × W (0 to 1, ink is 1) → frames N × W/4 × symbols, and new moments."""
    x = images[..., None]
    renewed: Parameters = []
    for layer, weight, moment in zip(LAYERS, weights, moments, strict=True):
        y = _convolved(layer, weight["kernel"], x)
        if layer.linear:
            return (y + weight["bias"])[:, 0], [*renewed, moment]
        y, own = _normalised(y, weight, moment, training=training)
        renewed.append(own)
        x = jax.nn.relu(y + x if layer.residual else y)
    raise AssertionError("the last layer is linear")


def _normalised(
    y: Array, weight: dict[str, Array], moment: dict[str, Array], *, training: bool
) -> tuple[Array, dict[str, Array]]:
    if training:
        mean, variance = y.mean((0, 1, 2)), y.var((0, 1, 2))
        moment = {
            "mean": MOMENTUM * moment["mean"] + (1 - MOMENTUM) * mean,
            "variance": MOMENTUM * moment["variance"] + (1 - MOMENTUM) * variance,
        }
    else:
        mean, variance = moment["mean"], moment["variance"]
    scale = weight["gain"] * jax.lax.rsqrt(variance + EPSILON)
    return (y - mean) * scale + weight["bias"], moment


def settled_logits(layers: Layers, images: Array) -> Array:
    """What `logits` gives, of layers whose normalisation is folded into them."""
    x = images[..., None]
    for layer, (kernel, bias) in zip(LAYERS, layers, strict=True):
        y = _convolved(layer, kernel, x) + bias
        x = y if layer.linear else jax.nn.relu(y + x if layer.residual else y)
    return x[:, 0]


def _convolved(layer: Layer, kernel: Array, x: Array) -> Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        layer.stride,
        layer.padding,
        rhs_dilation=(1, layer.spread),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def folded(weights: Parameters, moments: Parameters) -> Layers:
    """Kernel and bias of every layer, normalisation folded in."""
    result = []
    for layer, weight, moment in zip(LAYERS, weights, moments, strict=True):
        kernel, bias = np.asarray(weight["kernel"]), np.asarray(weight["bias"])
        if not layer.linear:
            scale = np.asarray(weight["gain"] / np.sqrt(moment["variance"] + EPSILON))
            kernel, bias = kernel * scale, bias - np.asarray(moment["mean"]) * scale
        result.append((kernel, bias))
    return result
