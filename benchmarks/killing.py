"""Kills servers, workers and readers at random moments under uploads, and counts what came of it.

Some workers are stopped for longer than their lease and then wake.

    python -m benchmarks.killing                           twenty rounds on SQLite
    python -m benchmarks.killing --backend postgresql --rounds 50 --seed 3

Exit code 1 where a document was lost, read twice or is stuck.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.killing import survive


def main() -> int:
    """The command."""
    parsing = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parsing.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    parsing.add_argument("--rounds", type=int, default=20)
    parsing.add_argument("--seed", type=int, default=1)
    given = parsing.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = survive(given.backend, Path(folder), given.rounds, given.seed)
    print(report)
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
