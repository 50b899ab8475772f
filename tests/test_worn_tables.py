"""Tables of worn copies: rulings that are all but gone, and cells that ran together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from extractor.geometry import Box
from extractor.image import flatten_page
from extractor.ocr.engine import Reading
from extractor.parting import parted
from extractor.tables.borders import DOWN, FEATURES, probabilities
from extractor.tables.crops import LineCrop, cell_lines
from extractor.tables.extending import grown
from extractor.tables.faint import with_faint
from extractor.tables.grid import Grid, Span, find_grids, tiled
from extractor.tables.views import View, without_digits
from extractor.tables.worn import with_lost_borders
from tests.drawn_pages import COLUMNS_IN, LEFT_IN, ROWS_IN, TOP_IN, Drawing, bilevel, blank

DPI = 200
SCALE = 72 / DPI


def worn_table(*, keep: float = 0.6, seed: int = 1) -> Drawing:
    """A bilevel table whose rulings have gaps of a tenth of an inch; `keep` of them is left."""
    sheet = blank(DPI)
    sheet.table()
    text = sheet.gray.copy()
    rulings = blank(DPI)
    for y in ROWS_IN:
        rulings.line(LEFT_IN, TOP_IN + y, LEFT_IN + COLUMNS_IN[-1], TOP_IN + y)
    for x in COLUMNS_IN:
        rulings.line(LEFT_IN + x, TOP_IN, LEFT_IN + x, TOP_IN + ROWS_IN[-1])
    lost = np.random.default_rng(seed).random((sheet.gray.shape[0] // 20 + 1, 100)) >= keep
    gone = np.kron(lost, np.ones((20, 20)))[: sheet.gray.shape[0], : sheet.gray.shape[1]] > 0
    text[(rulings.gray < 128) & gone] = 255
    return Drawing(bilevel(text), DPI)


def slots(rows: int, columns: int) -> Grid:
    """A grid of unit slots of 40 × 20 points."""
    ys = tuple(20.0 * k for k in range(rows + 1))
    xs = tuple(40.0 * k for k in range(columns + 1))
    return Grid(ys, xs, tiled(np.ones((rows + 1, columns)), np.ones((rows, columns + 1))))


def line(text: str, x: float, y: float) -> tuple[LineCrop, Reading]:
    """A line of text around (x, y), in points."""
    box = Box(x - 5, y - 4, x + 5, y + 4)
    return LineCrop(np.zeros((8, 8, 3), np.uint8), box), Reading(text, (0.9,) * len(text))


def is_value(text: str) -> bool:
    return text.isdigit() or text in ("", "/")


def test_worn_grids_have_all_their_rows_and_columns() -> None:
    """Two fifths of every ruling are gone: no row or column is, and of all cells one at most."""
    cells = (len(COLUMNS_IN) - 1) * (len(ROWS_IN) - 1)
    merged = 0
    for seed in range(6):
        flat = flatten_page(worn_table(seed=seed).gray, DPI)
        (grid,) = find_grids(flat.rulings, flat.wear)
        whole = with_lost_borders(grid, flat)
        assert np.allclose(whole.xs, [72 * (LEFT_IN + x) for x in COLUMNS_IN], atol=2)
        assert np.allclose(whole.ys, [72 * (TOP_IN + y) for y in ROWS_IN], atol=2)
        merged += cells - len(whole.spans)
    assert merged <= 1


def test_a_one_among_digits_is_no_border() -> None:
    """Digits of a row begin and end at one height; what is left of a border does not."""
    text = np.zeros((200, 400), np.uint8)
    for x in (50, 120, 190, 260):
        text[80:104, x : x + 3] = 1
    text[90:120, 330:333] = 1
    left = without_digits(text, text, DPI, letter=30.0)
    assert np.flatnonzero(left.any(axis=0)).tolist() == [330, 331, 332]


def test_a_faint_border_is_found_and_digits_are_none() -> None:
    """Short pieces of a line in paper are a border's; a column of ones is not."""
    ink = np.zeros((400, 600), np.uint8)
    ink[[0, 100, 200, 300, 399], 100:500] = 1
    for y in (0, 100, 200, 300):
        ink[y + 60 : y + 95, 300] = 1  # of a ruling that lost its upper half
        ink[y + 40 : y + 60, 400] = 1  # of ones
    view = View(ink, ink, DPI)
    rows = tuple(v * SCALE for v in (0, 100, 200, 300, 399))
    places = with_faint(view, (36.0, 180.0), rows, SCALE)
    assert [round(p / SCALE) for p in places] == [100, 300, 500]


def test_a_grid_grows_to_the_border_that_its_own_run_up_to() -> None:
    """A broken outer line joined by rows is the table's; a streak beside the table is not."""
    sheet = blank(DPI)
    sheet.table()
    flat = flatten_page(bilevel(sheet.gray), DPI)
    (whole,) = find_grids(flat.rulings)
    inner = replace(whole, xs=whole.xs[1:], spans=())
    assert np.allclose(grown(inner, flat, ()).xs, whole.xs, atol=1)
    assert grown(whole, flat, ()) is whole
    ink = flat.ink.copy()
    ink[:, sheet.px(LEFT_IN) - 60] = 1
    assert grown(whole, replace(flat, ink=ink), ()) is whole


def test_a_grid_does_not_grow_into_another() -> None:
    sheet = blank(DPI)
    sheet.table()
    flat = flatten_page(bilevel(sheet.gray), DPI)
    (whole,) = find_grids(flat.rulings)
    inner = replace(whole, xs=whole.xs[1:], spans=())
    other = Box(whole.xs[0], whole.ys[0], whole.xs[1] - 5, whole.ys[-1])
    assert grown(inner, flat, [other]) is inner


def test_pieces_of_a_border_speak_for_their_neighbours() -> None:
    """A piece without ink between two that are there is there; alone it is not."""
    features = np.zeros((3, 5, len(FEATURES)))
    features[:, :, 0] = 1
    features[1, [0, 1, 3, 4], FEATURES.index("seen")] = 1
    features[1, [0, 1, 3, 4], FEATURES.index("ends")] = 2
    told = probabilities(features, DOWN)
    assert (told[1] > 0.5).all()
    assert (probabilities(features[:, 2:3], DOWN)[1] < 0.5).all()
    assert (told[[0, -1]] == 1).all()


def test_border_probabilities_are_exact() -> None:
    """The same as by adding up all ways in which the pieces of a border may be there."""
    generator = np.random.default_rng(4)
    features = generator.normal(0, 0.4, (3, 6, len(FEATURES)))
    odds = features[1] @ DOWN[:-1]
    ways = (np.arange(2**6)[:, None] >> np.arange(6)) & 1
    alike = (ways[:, 1:] == ways[:, :-1]).sum(axis=1)
    weight = np.exp(ways @ odds + DOWN[-1] * alike)
    assert np.allclose(probabilities(features, DOWN)[1], ways.T @ weight / weight.sum())


def test_two_rows_in_one_label_cell_are_parted() -> None:
    """The values beside it have a row each."""
    grid = slots(2, 3)
    label = Span(0, 0, 2, 1, 0.9)
    spans = (label, *(s for s in grid.spans if s.column))
    held = [[line("甲", 20, 10), line("乙", 20, 30)], *([line("1", 60, 10)] for _ in spans[1:])]
    apart, lines = parted(replace(grid, spans=spans), held, is_value)
    assert [(s.row, s.column, s.row_span) for s in apart.spans[:2]] == [(0, 0, 1), (1, 0, 1)]
    assert [own[0][1].text for own in lines[:2]] == ["甲", "乙"]


def test_a_label_of_two_lines_over_labels_is_one() -> None:
    """A parent's lines may fall into different rows; its neighbours are no values."""
    grid = slots(2, 3)
    spans = (Span(0, 0, 2, 1, 0.9), *(s for s in grid.spans if s.column))
    texts = ["丙", "1", "丁", "2"]
    held = [[line("甲", 20, 10), line("乙", 20, 30)], *([line(t, 60, 10)] for t in texts)]
    apart, _ = parted(replace(grid, spans=spans), held, is_value)
    assert apart.spans == spans


def test_numbers_of_two_columns_are_parted() -> None:
    grid = slots(1, 3)
    spans = (Span(0, 0, 1, 1, 1.0), Span(0, 1, 1, 2, 0.9))
    held = [[line("甲", 20, 10)], [line("155", 60, 10), line("571", 100, 10)]]
    apart, lines = parted(replace(grid, spans=spans), held, is_value)
    assert [(s.column, s.column_span) for s in apart.spans] == [(0, 1), (1, 1), (2, 1)]
    assert [own[0][1].text for own in lines] == ["甲", "155", "571"]


def test_numbers_far_apart_are_read_apart_on_worn_pages_only() -> None:
    """On a page without wear the borders tell the cells; there a line stays whole."""
    sheet = blank(DPI)
    sheet.text("155", 1.0, 1.0)
    sheet.text("571", 1.6, 1.0)
    flat = flatten_page(bilevel(sheet.gray), DPI)
    box = Box(60, 50, 160, 90)
    assert len(cell_lines(flat, flat.ink, box, 22)) == 1
    assert len(cell_lines(replace(flat, wear=0.2), flat.ink, box, 22)) == 2
