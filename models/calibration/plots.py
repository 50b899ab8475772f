"""Plots of the model card: reliability diagrams and risk-coverage curves, by scan quality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from extractor.confidence.bands import BANDS
from models.calibration.measures import reliability, risk_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from models.calibration.rows import Row

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SIZE_IN, DPI = (11.0, 3.4), 110
INK, LINE = "#1f4e79", "#999999"


def _bands(
    rows: Sequence[Row], confidence: Floats, right: Flags
) -> Iterator[tuple[str, Floats, Flags]]:
    keys = np.array([row.band for row in rows])
    for band in BANDS:
        if (keys == band).any():
            yield band, confidence[keys == band], right[keys == band]


def plot_reliability(path: Path, rows: Sequence[Row], confidence: Floats, right: Flags) -> None:
    """Share of wrong fields over the doubt they were given, both on logarithmic scales."""
    with _Figure(path, len(list(_bands(rows, confidence, right)))) as axes:
        for axis, (band, c, r) in zip(axes, _bands(rows, confidence, right), strict=True):
            mean, share, count = reliability(c, r)
            wrong = 1 - share
            # No error among n is drawn at the rate that n could just not tell from none.
            shown = np.where(wrong > 0, wrong, 0.5 / count)
            axis.plot([1e-5, 1], [1e-5, 1], color=LINE, linewidth=1)
            axis.scatter(1 - mean, shown, s=12 + 10 * np.log10(count), color=INK,
                         facecolors=[INK if w > 0 else "white" for w in wrong])  # fmt: skip
            axis.set(xscale="log", yscale="log", xlim=(1e-5, 1), ylim=(1e-5, 1.3))
            axis.set_title(f"{band}: {len(r):,} fields", fontsize=10)
            axis.set_xlabel("1 - confidence")
        axes[0].set_ylabel("share of wrong fields\n(hollow: none of so many)")


def plot_risk(path: Path, rows: Sequence[Row], confidence: Floats, right: Flags) -> None:
    """Share of wrong fields left over the share accepted unseen, the surest first."""
    with _Figure(path, len(list(_bands(rows, confidence, right)))) as axes:
        for axis, (band, c, r) in zip(axes, _bands(rows, confidence, right), strict=True):
            accepted, risk = risk_coverage(c, r)
            axis.step(100 * accepted, 100 * risk, where="post", color=INK)
            axis.axhline(0.1, color=LINE, linewidth=1)
            axis.set(xlim=(0, 100), ylim=(0, max(0.3, min(100 * risk.max() * 1.05, 2.0))))
            axis.set_title(f"{band}: {len(r):,} fields", fontsize=10)
            axis.set_xlabel("% accepted unseen")
        axes[0].set_ylabel("% of all fields wrong and unseen")


class _Figure:
    """A row of axes that is saved when it is left; without a date, so that bytes can repeat."""

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._count = path, count

    def __enter__(self) -> Sequence[Axes]:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt

        self._figure, axes = plt.subplots(1, self._count, figsize=SIZE_IN, squeeze=False)
        return list(axes[0])

    def __exit__(self, *_: object) -> None:
        from matplotlib import pyplot as plt

        self._figure.tight_layout()
        self._figure.savefig(self._path, dpi=DPI, metadata={"Software": None})
        plt.close(self._figure)
