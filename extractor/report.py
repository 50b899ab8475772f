"""Report templates: loading them, and recognising which one a document prints."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from extractor.matching import place, printed_ways
from extractor.normalize import compact, parse_year
from extractor.template import MetadataPattern, Template, load_templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.document import Table

__all__ = ["MetadataPattern", "Template", "load_templates", "recognise"]

_FOUND = 0.25  # mean share of a template's cells that must be found where no title says more
_TITLED = 0.3  # what a title adds to the rank of a template
_ONLY_TITLED = 0.5  # confidence of a template of which only the title is there
_YEAR = 0.02  # what a fitting year adds: it only decides between templates that fit alike
_OPENING = 120  # characters of the prose that are searched where no title was read


def recognise(
    templates: Sequence[Template], tables: Sequence[Table], title_text: str, prose_text: str
) -> tuple[Template, float] | None:
    """The template whose rows and columns the tables print best, with a confidence; None if none.

    The year in the title only decides where several fit alike: reports are printed on older and on
    mixed forms. The first template wins a tie.
    """
    year = parse_year(title_text)
    opening = compact(title_text) or compact(prose_text[:_OPENING])
    fits = []
    for order, template in enumerate(templates):
        share = coverage(template, tables)
        titled = any(re.search(pattern, opening) for pattern in template.title_patterns)
        rank = share + _TITLED * titled + _YEAR * _expected(template, year)
        if titled or share >= _FOUND:
            fits.append((rank, -order, max(share, _ONLY_TITLED * titled), template))
    if not fits:
        return None
    fits.sort(key=lambda fit: fit[:2], reverse=True)
    lead = fits[0][0] - fits[1][0] if len(fits) > 1 else 1.0
    return fits[0][3], _confidence(fits[0][2], lead)


def _expected(template: Template, year: int | None) -> bool:
    """Whether the template names the years of its form, and this is one of them."""
    return year is not None and template.first_year is not None and template.covers(year)


def coverage(template: Template, tables: Sequence[Table]) -> float:
    """The share of the template's cells that the tables print, 0 to 1, all its tables alike.

    A cell counts with the certainty of its row times that of its column.
    """
    placed = place(template, tables)
    left_out = printed_ways(template, placed)
    shares: dict[str, list[float]] = defaultdict(list)
    for field_id, form, row, _ in template.cells():
        if f"{form.id}.{row.id}" not in left_out:
            found = placed.get(field_id)
            shares[form.id].append(0.0 if found is None else found.row * found.column)
    return sum(sum(share) / len(share) for share in shares.values()) / len(shares)


def _confidence(share: float, lead: float) -> float:
    """Higher with what is found and with the lead over the next template; below 1."""
    return round(min(share, 0.999) * (1 - 0.5 * math.exp(-30 * lead)), 4)
