"""The trained network as an ONNX graph: batches N × 1 × 32 × W → posteriors N × W/4 × symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from extractor.ocr.numbers import HEIGHT
from models.numbers.net import LAYERS
from models.numbers.texts import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.numbers.net import Layer, Layers

OPSET = 17


def write_graph(layers: Layers, temperature: float, path: Path) -> None:
    """Writes folded layers; their logits are divided by the temperature (Guo et al. 2017).

    The symbols are kept in the metadata key `character`, one a line, as PP-OCR's models have them.
    """
    nodes, weights, value = [], [], "images"
    for number, (layer, (kernel, bias)) in enumerate(zip(LAYERS, layers, strict=True)):
        share = temperature if layer.linear else 1.0
        arrays = (np.asarray(kernel).transpose(3, 2, 0, 1) / share, np.asarray(bias) / share)
        for name, array in zip(("kernel", "bias"), arrays, strict=True):
            held = np.ascontiguousarray(array, np.float32)
            weights.append(numpy_helper.from_array(held, f"{name}{number}"))
        made, value = _layer(layer, number, value)
        nodes += made
    nodes += [
        helper.make_node("Squeeze", [value, "row"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Softmax", ["frames"], ["posteriors"], axis=2),
    ]
    weights.append(numpy_helper.from_array(np.array([2], np.int64), "row"))
    onnx.save(_model(nodes, weights), path)


def _layer(layer: Layer, number: int, value: str) -> tuple[list[Any], str]:
    """The nodes of a layer that takes `value`, and the name of what it gives."""
    (top, bottom), (left, right) = layer.padding
    conv = helper.make_node(
        "Conv",
        [value, f"kernel{number}", f"bias{number}"],
        [f"conv{number}"],
        kernel_shape=layer.kernel,
        strides=layer.stride,
        dilations=(1, layer.spread),
        pads=[top, left, bottom, right],
    )
    nodes, given = [conv], f"conv{number}"
    if layer.residual:
        nodes.append(helper.make_node("Add", [given, value], [f"sum{number}"]))
        given = f"sum{number}"
    if not layer.linear:
        nodes.append(helper.make_node("Relu", [given], [f"relu{number}"]))
        given = f"relu{number}"
    return nodes, given


def _model(nodes: Sequence[Any], weights: Sequence[Any]) -> Any:  # noqa: ANN401 (onnx's own type)
    images = helper.make_tensor_value_info(
        "images", TensorProto.FLOAT, ["batch", 1, HEIGHT, "width"]
    )
    posteriors = helper.make_tensor_value_info(
        "posteriors", TensorProto.FLOAT, ["batch", "frames", len(SYMBOLS)]
    )
    graph = helper.make_graph(nodes, "numbers", [images], [posteriors], weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="numbers"
    )
    helper.set_model_props(model, {"character": "\n".join(SYMBOLS)})
    onnx.checker.check_model(model)
    return model
