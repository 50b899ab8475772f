"""Does a certified bound hold? Simulated archives of documents that nothing was fitted on.

  python -m benchmarks.archives --plot docs/certificate.png

The held-out documents of the model of confidence are dealt by lot, report by report: one half makes
the certificate, the other half is the archive. The bound holds where no certified band of the
archive has a larger share of wrong fields among the accepted ones than the target.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from extractor.certificate import Verdicts, issue, load_verdicts
from extractor.certificate.drift import covered
from extractor.certificate.verdicts import Verdict

ARCHIVES = 100
CONFIDENCE = 0.95
TARGETS = (0.002, 0.005, 0.01)


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive: bands that were certified, their worst share of wrong ones, and the looks."""

    certified: int
    worst: float
    reviewed: float
    holds: bool


def simulate(known: Verdicts, target: float, seed: int, archives: int = ARCHIVES) -> list[Archive]:
    """As many archives, each dealt anew."""
    rng = Random(seed)  # noqa: S311  a simulation
    reports = sorted({report_of(one) for one in known.verdicts})
    return [_archive(known, target, set(rng.sample(reports, len(reports) // 2)))
            for _ in range(archives)]  # fmt: skip


def report_of(verdict: Verdict) -> str:
    """The report that a document is a print or a scan of."""
    return verdict.document.rpartition(".")[0]


def _archive(known: Verdicts, target: float, certifying: set[str]) -> Archive:
    halves: tuple[list[Verdict], list[Verdict]] = ([], [])
    for one in known.verdicts:
        halves[report_of(one) in certifying].append(one)
    archive, ours = halves
    issued = issue(known.model_copy(update={"verdicts": tuple(ours)}), target, CONFIDENCE,
                   date(2026, 1, 1))  # fmt: skip
    certified = {band: own.threshold for band, own in issued.bands.items()
                 if own.threshold is not None}  # fmt: skip
    shares, seen, total = [], 0, 0
    for band, threshold in certified.items():
        own = [one for one in archive if one.band == band]
        kept = [one for one in covered(own, known.doubts) if one.confidence >= threshold]
        count = sum(one.count for one in kept)
        shares.append(sum(one.count for one in kept if not one.right) / max(count, 1))
        total += sum(one.count for one in own)
        seen += sum(one.count for one in own) - count
    worst = max(shares, default=0.0)
    return Archive(len(certified), worst, seen / total if total else 1.0, worst <= target)


def plot(found: dict[float, list[Archive]], path: Path) -> None:
    """The worst share of wrong fields of every archive, beside the target."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(found), figsize=(11, 3.2), squeeze=False)
    for axis, (target, archives) in zip(axes[0], found.items(), strict=True):
        shares = sorted(100 * one.worst for one in archives)
        axis.plot(range(1, len(shares) + 1), shares, ".", color="#1f4e79", markersize=4)
        axis.axhline(100 * target, color="#b03030", linewidth=1)
        held = sum(one.holds for one in archives)
        axis.set_title(f"target {target:.1%}: holds in {held} of {len(archives)}", fontsize=10)
        axis.set(xlabel="archives, by their share", ylim=(0, None))
    axes[0][0].set_ylabel("% wrong of the accepted\n(worst band)")
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line a target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args(arguments)
    known = load_verdicts()
    found = {target: simulate(known, target, options.seed) for target in TARGETS}
    for target, archives in found.items():
        held, certified = sum(a.holds for a in archives), sum(a.certified for a in archives)
        looks = sum(a.reviewed for a in archives) / len(archives)
        print(
            f"target {target:.1%}: holds in {held} of {len(archives)}, "
            f"{certified / len(archives):.1f} bands certified, {looks:.1%} looked at"
        )
    if options.plot is not None:
        plot(found, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
