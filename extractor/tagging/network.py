"""The network of the trained components, as an architecture that a spaCy config names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spacy.ml.models.tok2vec import MaxoutWindowEncoder
from spacy.util import registry
from thinc.api import (
    Dropout,
    HashEmbed,
    Linear,
    Maxout,
    Model,
    chain,
    concatenate,
    use_ops,
    with_array,
)

if TYPE_CHECKING:
    from thinc.types import Floats2d, Ints2d


@registry.architectures("extractor.UnitTagger.v1")  # type: ignore[untyped-decorator]
def unit_tagger(
    rows: list[int],
    width: int,
    pieces: int,
    window: int,
    depth: int,
    nO: int | None = None,  # noqa: N803 - as spaCy names it
) -> Model[list[Ints2d], list[Floats2d]]:
    """Hashed features of units, (n, columns) a sequence, to log weights of tags, (n, nO).

    A column has a table of `rows[column]` vectors (Bloom embeddings; Serrà and Karatzoglou 2017);
    `depth` convolutions see `window` units on each side. Training sets the dropout.
    """
    # numpy's own matrix product is three times as fast as the one thinc would take
    with use_ops("numpy", use_blis=False):
        tables: list[Model[Any, Any]] = [
            HashEmbed(width, count, column=i, seed=i + 1) for i, count in enumerate(rows)
        ]
        embed: Model[Any, Any] = chain(
            concatenate(*tables),
            Maxout(width, width * len(tables), nP=pieces, normalize=True),
            Dropout(),
        )
        encode: Model[Any, Any] = MaxoutWindowEncoder(width, window, pieces, depth)
        output: Model[Any, Any] = Linear(nO, width)
        tags: Model[Any, Any] = with_array(chain(Dropout(), output))
        model: Model[list[Ints2d], list[Floats2d]] = chain(with_array(embed), encode, tags)
    model.set_ref("output_layer", output)
    return model
