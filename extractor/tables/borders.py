"""How likely each piece of border of a worn grid was printed: what is seen of it, what text says.

Wear takes borders away piece by piece, and strokes of letters look like pieces of a border. A piece
between two slots is described by a few named features; a logistic model over them and over the
pieces that go on in line with it gives its probability. It is a conditional random field on the
grid (Lafferty et al. 2001): the pieces of a border are a chain, fitted and read out exactly.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from extractor.tables.crops import without_residue
from extractor.tables.views import Letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from extractor.tables.views import Border, View

    Mask = NDArray[np.uint8]
    Floats = NDArray[np.float64]

CLEAR_IN = 0.03  # beside a border there is paper up to here
PASSING_IN = 0.25  # how far beside a border text makes its strokes doubtful
TOUCHING_IN = 0.06  # texts that are closer together are mostly one
STANDS_OUT = 1.0  # log of a gap over the next widest from which it parts two texts
CLOSE_IN = 0.12  # texts of two cells that are set tight
APART_IN = 0.2  # words of one text mostly stand closer together than this
GULF_IN = 0.35  # no text of one cell has a gap as wide
LINE_GAP = 1.2  # nor have its lines one as wide, in heights of a line
OFF_CENTRE = 0.12  # of a slot's width, by which the middle of a centred text may be off
FIRST_IN = 0.15  # from a cell's side, where a text begins that is not centred
LEVEL = 0.3  # least share of a band that is above and below its text, to tell what is level
ALIKE = 0.04  # of its width, by which a column may differ from one that is as wide
EDGE_IN = 0.03  # from the side of a slot, where its text may run on into the next one
START_IN = 0.1  # from a border, where text begins that is set close to it
MIDDLE_IN = 0.08  # from the middle of several columns, where a text is that heads them
OF_SLOTS = 0.25  # of a band's slots that have text where a line of text is
BORDER = 0.5  # probability from which a piece of border is there
VISIBLE = 0.25  # seen share of a piece, of which a border without texts beside it has one
CLEARLY = 0.5  # seen share from which a piece is there

# The features of a piece, each with its weights for borders that run down and across the page; how
# they were fitted is in models/borders.py.
WEIGHTS = {
    "always": (-3.38, -4.37),
    "seen": (6.25, 5.01),  # share inked with paper on both sides, where no text passes
    "quiet": (1.62, 3.97),  # the same where no text passes in the whole band
    "run": (1.2, 3.61),  # longest inked run, as a share
    "inked": (-0.36, 0.89),  # share inked at all
    "ends": (3.08, 1.53),  # how many of its first and last eighths hold ink of it
    "level": (-0.62, -1.21),  # all its ink is as low and as high as the text of its band
    "crossed": (-0.91, -0.91),  # text runs across
    "touching": (-1.68, 0.03),  # texts on both sides as close as characters of a word,
    "close": (-3.64, -0.43),  # as close as cells that are set tight,
    "apart": (3.71, 1.04),  # further apart than words
    "wider": (-0.19, 0.03),  # log of the gap there over the widest within the texts, -2 to 2
    "centred": (1.75, 1.69),  # sides whose text is in the middle of them
    "off_centre": (-0.87, -0.11),  # sides whose text is neither in the middle nor at the start
    "begins": (0.9, -1.28),  # text begins at the border and nothing is before it
    "heading": (-1.81, -0.8),  # one text is in the middle between borders that are seen
    "line": (-2.6, -3.15),  # share of this border's pieces that are seen
    "beside": (3.16, 3.17),  # share of the other borders' pieces beside this one that are seen
    "cut": (-1.13, 0.08),  # share of this border's pieces that cut through letters
    "parts": (-0.69, -0.51),  # share of this border's pieces with texts apart on both sides,
    "crosses": (1.52, 0.57),  # with text that runs across
    "even": (0.4, 0.31),  # the columns on both its sides are as wide as others are
    "alike": (2.26, 2.79),  # log odds that two pieces in line are both there, or both not
}
FEATURES = tuple(WEIGHTS)[:-1]
DOWN, ACROSS = np.array(list(WEIGHTS.values())).T
_SEEN = slice(FEATURES.index("seen"), FEATURES.index("crossed"))
_TEXT = slice(FEATURES.index("crossed"), FEATURES.index("heading"))


def probabilities(described: Floats, weights: Floats) -> Floats:
    """Borders × pieces × features → borders × pieces: that each was printed; outer ones were.

    The pieces of a border are a chain: its marginals are exact, by forward and backward messages
    (Rabiner 1989) between "there" and "gone".
    """
    odds = described @ weights[:-1]
    told = odds + sum(messages(odds, weights[-1]))
    result = np.asarray(1 / (1 + np.exp(-np.clip(told, -30, 30))), np.float64)
    result[[0, -1]] = 1.0
    return result


def supported(described: Floats) -> NDArray[np.bool_]:
    """For each border whether there is some of it to see, or it parts texts in a row.

    One without either is bits of ink that happen to be in line.
    """
    at = {name: described[:, :, FEATURES.index(name)] for name in ("seen", "run", "apart")}
    visible = (np.maximum(at["seen"], at["run"]) >= VISIBLE).any(axis=1)
    found = np.asarray(visible | at["apart"].any(axis=1), bool)
    found[[0, -1]] = True
    return found


def messages(odds: Floats, alike: float) -> tuple[Floats, Floats]:
    """What the pieces before and after each say of it, in log odds, borders × pieces.

    Two pieces in line are e^alike as likely to be both there, or both not, as otherwise.
    """
    return _forward(odds, alike), _forward(odds[:, ::-1], alike)[:, ::-1]


def _forward(odds: Floats, alike: float) -> Floats:
    said = np.zeros_like(odds)
    for i in range(1, odds.shape[1]):
        before = odds[:, i - 1] + said[:, i - 1]
        said[:, i] = np.logaddexp(before + alike, 0) - np.logaddexp(before, alike)
    return said


def described(view: View, across: Sequence[Border], along: Sequence[Border]) -> Floats:
    """The features of every piece of every border that runs down: borders × pieces × features."""
    found = np.zeros((len(across), len(along) - 1, len(FEATURES)))
    found[:, :, 0] = 1.0
    quiet = [_quiet(view, across, _rows(a, b)) for a, b in itertools.pairwise(along)]
    letters = Letters.of(view, across, along)
    found[:, :, FEATURES.index("cut")] = _cuts(letters, across, along).mean(axis=1)[:, None]
    for i in range(1, len(across) - 1):
        whole = letters.without(view, across[i])
        for j, (top, bottom) in enumerate(itertools.pairwise(along)):
            rows = _rows(top, bottom)
            found[i, j, _SEEN] = _seen(whole, across[i], rows, quiet[j])
            found[i, j, _TEXT] = _text(view, across[i - 1 : i + 2], rows)
    clearly = np.maximum(found[:, :, 1], found[:, :, 3]) >= CLEARLY
    clearly[[0, -1]] = True
    found[:, :, FEATURES.index("heading")] = _headings(view, across, along, clearly)
    found[:, :, FEATURES.index("line")] = clearly.mean(axis=1)[:, None]
    texts = {name: found[:, :, FEATURES.index(name)] for name in ("crossed", "apart")}
    found[:, :, FEATURES.index("crosses")] = texts["crossed"].mean(axis=1)[:, None]
    found[:, :, FEATURES.index("parts")] = texts["apart"].mean(axis=1)[:, None]
    found[:, :, FEATURES.index("even")] = _even(across)[:, None]
    inner = max(len(across) - 2, 1)
    found[:, :, FEATURES.index("beside")] = (clearly[1:-1].sum(axis=0)[None, :] - clearly) / inner
    return found


def _even(across: Sequence[Border]) -> Floats:
    """1 for borders between two columns that are each as wide as one not beside them."""
    widths = np.diff([border.at for border in across])
    alike = np.abs(widths[:, None] - widths) <= ALIKE * widths
    found = np.zeros(len(across))
    for i in range(1, len(widths)):
        others = np.delete(alike, [i - 1, i], axis=0)
        found[i] = float(others[:, i - 1].any() and others[:, i].any())
    return found


def _rows(top: Border, bottom: Border) -> slice:
    """Where a piece is between two borders that it meets."""
    start = top.at + top.half + 1
    return slice(start, max(bottom.at - bottom.half, start))


def _quiet(view: View, across: Sequence[Border], rows: slice) -> NDArray[np.bool_]:
    """The rows of pixels of a band above, below and between its lines of text."""
    texts = [
        view.text[rows, a.at + a.half + 2 : max(b.at - b.half - 1, 0)].any(axis=1)
        for a, b in itertools.pairwise(across)
    ]
    return np.asarray(np.sum(texts, axis=0) < max(OF_SLOTS * len(texts), 2), bool)


def _seen(view: View, border: Border, rows: slice, quiet: NDArray[np.bool_]) -> tuple[float, ...]:
    """Of a piece the features from `seen` to `level`.

    Strokes of letters run down too, but not past the line of text that they are in: where text
    passes beside them they are not counted in the first, where it does anywhere not in `quiet`.
    """
    clear = border.half + max(int(CLEAR_IN * view.dpi), 3)
    left = max(border.at - int(PASSING_IN * view.dpi), 0)
    area = np.s_[rows, left : border.at + int(PASSING_IN * view.dpi) + 1]
    ink, text = view.ink[area] > 0, view.text[area] > 0
    if ink.size == 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    off = np.abs(np.arange(ink.shape[1]) - (border.at - left))
    inked = np.any(ink[:, off <= border.half], axis=1)
    beside = np.any(ink[:, (off > border.half + 1) & (off <= clear)], axis=1)
    free = ~np.any(text[:, off > clear], axis=1)
    lone = inked & ~beside
    enough = free.sum() >= max(0.2 * free.size, 3)
    seen = float(lone[free].mean() if enough else lone.mean())
    eighth = max(lone.size // 8, 1)
    ends = float(lone[:eighth].any()) + float(lone[-eighth:].any())
    still = float(lone[quiet].mean() if quiet.sum() >= 3 else lone.mean())
    level = float(lone.sum() >= 3 and quiet.sum() >= LEVEL * quiet.size and not lone[quiet].any())
    return seen, still, _longest(inked) / inked.size, float(inked.mean()), ends, level


def _longest(inked: NDArray[np.bool_]) -> int:
    """Length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _text(view: View, sides: Sequence[Border], rows: slice) -> tuple[float, ...]:
    """What the text on both sides of a border says: the features from `crossed` to `begins`."""
    before, at, after = (border.at for border in sides)
    reach = sides[1].half + 2
    across = view.text[rows, at - reach : at + reach + 1]
    if across.size and across.all(axis=1).any():
        return (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    inked = _inked(view.text[rows, before:after], view.dpi) + before
    left, right = inked[inked < at - reach], inked[inked > at + reach]
    placed = _placed(left, before, at, view.dpi), _placed(right, at, after, view.dpi)
    centred, off = sum(p > 0 for p in placed), sum(p < 0 for p in placed)
    if len(left) == 0 or len(right) == 0:
        begins = len(left) == 0 and len(right) > 0 and right[0] - at < START_IN * view.dpi
        return (0.0, 0.0, 0.0, 0.0, 0.0, centred, off, float(begins))
    gap = float(right[0] - left[-1]) / view.dpi
    wider = np.log((right[0] - left[-1]) / max(_widest(left), _widest(right), 1))
    wider = float(np.clip(wider, -2, 2))
    # Tight columns of a header: close, but much further apart than the characters within.
    one = wider < STANDS_OUT
    touching, close = gap < TOUCHING_IN and one, TOUCHING_IN <= gap < CLOSE_IN and one
    apart = gap >= APART_IN
    return (0.0, float(touching), float(close), float(apart), wider, centred, off, 0.0)


def _widest(inked: NDArray[np.int_]) -> int:
    """The widest gap within the text of one side."""
    return int(np.diff(inked).max(initial=0))


def _cuts(letters: Letters, across: Sequence[Border], along: Sequence[Border]) -> NDArray[np.bool_]:
    """Borders × pieces: whether a stroke or a letter lies on both sides of the piece."""
    cuts = np.zeros((len(across), len(along) - 1), bool)
    for i, border in enumerate(across):
        middles = letters.middle[letters.through(border)]
        for j, (top, bottom) in enumerate(itertools.pairwise(along)):
            cuts[i, j] = bool(((middles > top.at) & (middles < bottom.at)).any())
    return cuts


def _placed(inked: NDArray[np.int_], start: int, end: int, dpi: float) -> int:
    """1 for text in the middle of its slot, -1 for text neither there nor at its start, else 0."""
    if len(inked) == 0 or min(inked[0] - start, end - inked[-1]) < EDGE_IN * dpi:
        return 0
    off = abs(float(inked[0] + inked[-1]) - (start + end))
    if off < OFF_CENTRE * (end - start):
        return 1
    return 0 if inked[0] - start < FIRST_IN * dpi else -1


def parted(view: View, across: Sequence[Border], along: Sequence[Border], shares: Floats) -> Floats:
    """The probabilities with a border wherever one cell would hold two texts far apart.

    Of the borders in the gap the most probable one is taken.
    """
    shares = shares.copy()
    for j, (top, bottom) in enumerate(itertools.pairwise(along)):
        rows = slice(top.at + top.half + 1, bottom.at - bottom.half)
        for a, b in itertools.pairwise(np.flatnonzero(shares[:, j] >= BORDER).tolist()):
            if b - a == 1:
                continue
            inked = _inked(view.text[rows, across[a].at : across[b].at], view.dpi) + across[a].at
            for k in np.flatnonzero(np.diff(inked) >= _gulf(view, inked)):
                within = [i for i in range(a + 1, b) if inked[k] < across[i].at < inked[k + 1]]
                if within:
                    best = max(within, key=lambda i: shares[i, j])
                    shares[best, j] = BORDER
    return shares


def _gulf(view: View, inked: NDArray[np.intp]) -> float:
    """The least gap, in pixels, that no text of one cell has, across or down the page."""
    if not view.turned:
        return GULF_IN * view.dpi
    lines = np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)
    return max(LINE_GAP * max(len(line) for line in lines), TOUCHING_IN * view.dpi)


def _inked(patch: Mask, dpi: float) -> NDArray[np.intp]:
    """Columns of a patch that hold ink of text."""
    if patch.size == 0:
        return np.zeros(0, np.intp)
    return np.flatnonzero(without_residue(patch, dpi).any(axis=0))


def _headings(
    view: View, across: Sequence[Border], along: Sequence[Border], clearly: NDArray[np.bool_]
) -> Floats:
    """1 for pieces under one text that is in the middle of the columns between clear borders."""
    found = np.zeros(clearly.shape)
    for j, (top, bottom) in enumerate(itertools.pairwise(along)):
        rows = slice(top.at + top.half + 1, bottom.at - bottom.half)
        for a, b in itertools.pairwise(np.flatnonzero(clearly[:, j]).tolist()):
            if b - a > 1 and _one_in_the_middle(view, rows, across[a].at, across[b].at):
                found[a + 1 : b, j] = 1.0
    return found


def _one_in_the_middle(view: View, rows: slice, start: int, end: int) -> bool:
    inked = _inked(view.text[rows, start:end], view.dpi)
    if len(inked) == 0:
        return False
    second, widest = np.sort(np.concatenate([[1, 1], np.diff(inked)]))[-2:]
    stands_out = widest >= TOUCHING_IN * view.dpi and np.log(widest / second) >= STANDS_OUT
    if stands_out or widest >= APART_IN * view.dpi:
        return False
    return abs(float(inked[0] + inked[-1]) / 2 - (end - start) / 2) < MIDDLE_IN * view.dpi
