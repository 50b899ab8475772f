"""`extractor threshold` and `extractor certify`: what a confidence is worth, with a certificate."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from extractor.certificate import SHIPPED, issue, load_certificate, load_verdicts, write_model
from extractor.certificate.trial import try_certificate
from extractor.decisions import read_decisions, read_results, verdicts
from extractor.errors import OptionsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rich.table import Table

    from extractor.certificate import Certificate, Verdicts
    from extractor.certificate.trial import Trial

DOES_NOT_HOLD = 1  # exit code


def threshold(arguments: argparse.Namespace) -> int:
    """Chooses thresholds; gives the exit code: 1 where none is certified for any band."""
    known = _known(arguments)
    today = datetime.now(UTC).date()
    certificate = issue(known, arguments.target, arguments.confidence, today)
    certified = any(own.threshold is not None for own in certificate.bands.values())
    if _as_json(arguments) and arguments.out is None:
        print(certificate.model_dump_json(indent=1))
    elif not _as_json(arguments):
        _print(thresholds_table(certificate), *certificate_lines(certificate))
    if not certified:
        print("extractor: nothing can be certified for any page, so no certificate is written: "
              + "; ".join(_lacking(certificate)), file=sys.stderr)  # fmt: skip
        return DOES_NOT_HOLD
    if arguments.out is not None:
        write_model(certificate, arguments.out)
        print(f"certificate written to {arguments.out}", file=sys.stderr)
    return 0


def _lacking(certificate: Certificate) -> Sequence[str]:
    """For each band without a threshold what it would take."""
    each = 1 - (1 - certificate.confidence) / len(certificate.bands)
    return [
        f"{band} pages: {own.lacking(certificate.target, each)}"
        for band, own in certificate.bands.items()
        if own.threshold is None
    ]


def _known(arguments: argparse.Namespace) -> Verdicts:
    if bool(arguments.results) != bool(arguments.decisions):
        raise OptionsError("--results and --decisions belong together: give both or neither")
    if not arguments.results:
        return load_verdicts()
    decisions = [one for path in arguments.decisions for one in read_decisions(path)]
    return verdicts(read_results(arguments.results), decisions, drawn=not arguments.all_decisions)


def certify(arguments: argparse.Namespace) -> int:
    """Checks a certificate on live data; 1 where it does not hold."""
    certificate = load_certificate(arguments.certificate or SHIPPED)
    decisions = [one for path in arguments.decisions for one in read_decisions(path)]
    live = verdicts(read_results(arguments.results), decisions, drawn=True)
    trial = try_certificate(certificate, live)
    if _as_json(arguments):
        print(json.dumps(trial.told(), ensure_ascii=False, indent=1))
    else:
        _print(trial_table(trial), *trial.reasons)
    return 0 if trial.holds else DOES_NOT_HOLD


def _as_json(arguments: argparse.Namespace) -> bool:
    if arguments.format is None:
        return not sys.stdout.isatty()
    return bool(arguments.format == "json")


def _print(table: Table, *lines: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for line in lines:
        console.print(line, markup=False)


def _table(*columns: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def thresholds_table(certificate: Certificate) -> Table:
    """One line a band: from where on fields are accepted, and what that leaves wrong."""
    table = _table("pages", "accept from", "looked at", "documents", "accepted", "wrong", "at most")
    for band, own in certificate.bands.items():
        counts = f"{own.documents}", f"{own.accepted}", f"{own.errors}", f"{own.bound:.2%}"
        if own.threshold is None:
            counts = f"{own.documents}", "—", "—", "—"
        accept = "none" if own.threshold is None else f"{own.threshold:.4f}"
        table.add_row(band, accept, f"{own.reviewed:.1%}", *counts)
    return table


def certificate_lines(certificate: Certificate) -> Sequence[str]:
    """What the certificate says, in sentences."""
    model = f"model of confidence {certificate.model}, {certificate.issued_on}"
    certified = [band for band, own in certificate.bands.items() if own.threshold is not None]
    promise = (
        f"Of the fields accepted on {' and '.join(certified)} pages at most "
        f"{certificate.target:.2%} are wrong, with a probability of {certificate.confidence:.0%}: "
        "of all of them, those just above the threshold more often."
    )
    nothing = [f"Nothing is certified for {line}." for line in _lacking(certificate)]
    source = f"From {certificate.source}; {model}."
    return [*([promise] if certified else []), *nothing, source, certificate.assumption]


def trial_table(trial: Trial) -> Table:
    """One line a band: what was certified, and what the drawn fields show."""
    table = _table("pages", "accept from", "drawn", "wrong", "certified", "live", "verdict")
    for one in trial.bands:
        table.add_row(
            one.band, f"{one.threshold:.4f}", f"{one.fields}", f"{one.errors}",
            f"{trial.target:.2%}",
            f"{one.low:.2%} to {one.high:.2%}", one.verdict,
        )  # fmt: skip
    return table
