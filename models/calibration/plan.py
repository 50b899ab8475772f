"""Which documents the calibration set holds: reports and damage drawn from fixed seeds."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.reports import Form

# Forms and how often each is drawn.
FORMS: dict[Form, float] = {"2021": 0.4, "2021-one-row": 0.3, "2019": 0.25, "enforcement": 0.05}
# Kinds of scan, of fixtures.scan and of fixtures.damage. Bad ones come more often than in any
# archive: of good ones there is little to learn.
LEVELS = {
    "office200": 0.07, "skew200": 0.08, "photo200": 0.12, "copy200": 0.15, "gaps200": 0.11,
    "low120": 0.09, "sideways200": 0.03, "stamp200": 0.07, "faint200": 0.05, "pens200": 0.1,
}  # fmt: skip
DAMAGES = {
    "resolution": 0.03, "blur": 0.02, "jpeg": 0.01, "line loss": 0.03, "seal cover": 0.02,
    "curl": 0.02,
}  # fmt: skip
SCANS = 2  # of every report
BROKEN = 0.2  # share of reports with a sum that is wrong in print
BRIEF = 0.75  # share with little prose: cells are what most fields are
MILDEST, WORST = 0.2, 2.0  # severity; 1 is as met in practice
FITTED, HELD_OUT = "fitted", "held-out"
COUNTS = {FITTED: 76, HELD_OUT: 100}  # reports of each part
FIRST = {FITTED: 500_000, HELD_OUT: 700_000}  # seed of each part


@dataclass(frozen=True, slots=True)
class Scan:
    """A kind of scan with its severity, or a kind of damage with its amount."""

    kind: str
    amount: float


@dataclass(frozen=True, slots=True)
class Paper:
    """A report to be printed, and its scans."""

    name: str
    seed: int
    form: Form
    broken: bool
    brief: bool
    scans: tuple[Scan, ...]


def papers(part: str, count: int) -> Iterator[Paper]:
    """The papers of a part; the parts share no report."""
    for seed in range(FIRST[part], FIRST[part] + count):
        rng = Random(f"calibration/{seed}")  # noqa: S311  samples, not secrets
        form = rng.choices(list(FORMS), list(FORMS.values()))[0]
        broken, brief = rng.random() < BROKEN, rng.random() < BRIEF
        scans = tuple(_scan(rng) for _ in range(SCANS))
        yield Paper(f"{form}-{seed}", seed, form, broken, brief, scans)


def _scan(rng: Random) -> Scan:
    kinds = LEVELS | DAMAGES
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    return Scan(kind, round(rng.uniform(MILDEST, WORST) if kind in LEVELS else rng.random(), 3))
