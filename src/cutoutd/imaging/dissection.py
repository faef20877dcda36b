"""Closed-form matting solved directly: nested dissection with dense fronts.

Far from the band nothing is unknown, so only tiles that the band touches exist. The inner
pixels of a tile meet no other tile and are eliminated at once, many tiles in one call. What is
left of a tile is a front: a dense matrix over its ring. Fronts are merged by four along a
recursive bisection, and a pixel is eliminated as soon as every tile that knows it is in the
front. Then the eliminations are undone in reverse, which gives alpha.

No iteration, so no tolerance: badly conditioned images take as long as others. All the work
is in matrix products, which is why NumPy is fast enough here.

Source of the idea: George 1973, "Nested dissection of a regular finite element mesh", in the
multifrontal form of Duff and Reid 1983.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.imaging.budget import Budget
from cutoutd.imaging.laplacian import Indices, tile_matrices
from cutoutd.imaging.threads import each, get_num_threads
from cutoutd.imaging.trimap import BACKGROUND, FOREGROUND

Floats = NDArray[np.floating[Any]]
"""In single or double precision: see `_Band.dtype`."""
TILE = 12
"""Side of a tile in windows: smaller costs merges, larger costs bigger dense matrices."""
SIDE = TILE + 2
BATCH = 32
"""Tiles whose inner pixels are eliminated in one call."""
CONFIDENCE = 100.0
"""How strongly known pixels hold to the trimap; pymatting's value."""

_IDS = np.arange(SIDE**2).reshape(SIDE, SIDE)
INNER: Indices = _IDS[2:-2, 2:-2].ravel()
RING: Indices = np.setdiff1d(_IDS, INNER)
ORDER: Indices = np.concatenate([INNER, RING])


class Front(NamedTuple):
    """What a set of tiles still says about the pixels that others know too."""

    pixels: Indices
    matrix: Floats
    right: Floats
    tile_count: NDArray[np.int16]
    """How many of the tiles that know the pixel are in this front."""


class Elimination(NamedTuple):
    """alpha[gone] = constant - slope @ alpha[kept], for N fronts of one shape at once."""

    gone: Indices
    constant: Floats
    slope: NDArray[np.float32]
    kept: Indices


class Prior(NamedTuple):
    """What is believed of alpha beforehand, (H, W) each."""

    alpha: NDArray[np.float32]
    """0..1."""
    confidence: NDArray[np.float32]
    """How strongly an open pixel holds to it; above 0. A known pixel holds with CONFIDENCE."""


@dataclass
class _Band:
    """The open pixels of a trimap, in tiles of a padded grid."""

    rgb: NDArray[np.uint8]
    trimap: NDArray[np.uint8]
    prior: Prior | None
    windows: NDArray[np.bool_]
    active: NDArray[np.bool_]
    tiles: Indices
    tile_total: NDArray[np.int16] = field(init=False)
    """How many tiles know each pixel."""

    @property
    def dtype(self) -> type[np.float32] | type[np.float64]:
        """Of the fronts: a weak hold on every open pixel conditions them for single precision."""
        return np.float64 if self.prior is None else np.float32

    def __post_init__(self) -> None:
        self.tile_total = np.zeros(self.trimap.shape, dtype=np.int16)
        for row, column in self.tiles * TILE:
            self.tile_total[row : row + SIDE, column : column + SIDE] += 1


def solve_closed_form(
    rgb: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    *,
    prior: Prior | None = None,
    budget: Budget,
) -> NDArray[np.float32]:
    """The alpha matte that minimises Levin's cost, to the precision of the arithmetic.

    rgb: (H, W, 3 or more) of which three are used. trimap: (H, W). prior: what open pixels hold
    to; nothing in Levin's method. Returns (H, W), 0..1; known pixels are exactly 0 or 1. Raises
    OverBudget.
    """
    alpha: NDArray[np.float32] = (trimap == FOREGROUND).astype(np.float32)
    if min(trimap.shape) < 3:
        alpha[(trimap != FOREGROUND) & (trimap != BACKGROUND)] = 0.5
        return alpha
    band = _build_band(rgb, trimap, prior)
    if band.tiles.size:
        solution = _solve(band, budget)[: trimap.shape[0], : trimap.shape[1]]
        unknown = (trimap != FOREGROUND) & (trimap != BACKGROUND)
        alpha[unknown] = np.clip(solution[unknown], 0, 1)
    return alpha


def _build_band(rgb: NDArray[np.uint8], trimap: NDArray[np.uint8], prior: Prior | None) -> _Band:
    height, width = trimap.shape
    down, across = -(-(height - 2) // TILE), -(-(width - 2) // TILE)
    more = (down * TILE + 2 - height, across * TILE + 2 - width)
    padding = ((0, more[0]), (0, more[1]))
    rgb = np.pad(rgb[..., :3], (*padding, (0, 0)))
    trimap = np.pad(trimap, padding)
    if prior is not None:
        prior = Prior(*(np.pad(plane, padding) for plane in prior))
    unknown = (trimap != FOREGROUND) & (trimap != BACKGROUND)
    windows = _any_of_three(_any_of_three(unknown, 0), 1)
    windows[height - 2 :] = False
    windows[:, width - 2 :] = False
    active = _any_of_three(_any_of_three(np.pad(windows, 2), 0), 1)
    tiles = windows.reshape(down, TILE, across, TILE).any(axis=(1, 3))
    return _Band(rgb, trimap, prior, windows, active, np.argwhere(tiles))


def _any_of_three(flags: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    rows = np.moveaxis(flags, axis, 0)
    return np.moveaxis(rows[:-2] | rows[1:-1] | rows[2:], 0, axis)


def _solve(band: _Band, budget: Budget) -> Floats:
    parts = [band.tiles]
    while len(parts) < 4 * get_num_threads() and max(map(len, parts)) > BATCH:
        parts = [half for part in parts for half in _halves(part)]

    def start(part: Indices) -> tuple[_Subtree, Front]:
        subtree = _Subtree(band, budget)
        return subtree, subtree.build_front(part)

    def join(fronts: Sequence[Front]) -> tuple[_Subtree, Front]:
        subtree = _Subtree(band, budget)
        return subtree, subtree.merge(fronts)

    made = each(start, parts)
    levels = [made]
    while len(made) > 1:
        made = each(join, _pairs([front for _, front in made]))
        levels.append(made)
    alpha = np.zeros(band.trimap.size)
    for subtree, _ in (one for level in reversed(levels) for one in level):
        for step in reversed(subtree.steps):
            seen = alpha[step.kept][..., np.newaxis].astype(np.float32)
            alpha[step.gone] = step.constant - (step.slope @ seen)[..., 0]
    return alpha.reshape(band.trimap.shape)


def _pairs(fronts: Sequence[Front]) -> Iterator[Sequence[Front]]:
    for first in range(0, len(fronts), 2):
        yield fronts[first : first + 2]


def _halves(tiles: Indices) -> tuple[Indices, Indices]:
    """Cut a set of tiles across its longer side into two of the same number."""
    axis = int(np.argmax(np.ptp(tiles, axis=0)))
    sequence = np.argsort(tiles[:, axis], kind="stable")
    middle = len(tiles) // 2
    return tiles[sequence[:middle]], tiles[sequence[middle:]]


class _Subtree:
    """Eliminates the pixels of some tiles, one thread's work."""

    def __init__(self, band: _Band, budget: Budget) -> None:
        self.band = band
        self.budget = budget
        self.steps: list[Elimination] = []

    def build_front(self, tiles: Indices) -> Front:
        """The front of all these tiles together."""
        if len(tiles) <= BATCH:
            return self._tree(np.arange(len(tiles)), tiles, self._build_leaves(tiles))
        return self.merge([self.build_front(half) for half in _halves(tiles)])

    def merge(self, fronts: Sequence[Front]) -> Front:
        """One front of several; the pixels that only they know are eliminated."""
        pixels = np.unique(np.concatenate([front.pixels for front in fronts]))
        places = [np.searchsorted(pixels, front.pixels) for front in fronts]
        tile_count = np.zeros(len(pixels), dtype=np.int16)
        for place, front in zip(places, fronts, strict=True):
            tile_count[place] += front.tile_count
        done = tile_count == self.band.tile_total.ravel()[pixels]
        order = np.argsort(~done, kind="stable")
        rank = np.argsort(order)
        matrix = np.zeros((len(pixels), len(pixels)), dtype=self.band.dtype)
        right = np.zeros(len(pixels), dtype=self.band.dtype)
        for place, front in zip(places, fronts, strict=True):
            spot = rank[place]
            cells = (spot[:, np.newaxis] * len(pixels) + spot).ravel()
            matrix.reshape(-1)[cells] += front.matrix.ravel()
            right[spot] += front.right
        gone = int(np.count_nonzero(done))
        pixels = pixels[order]
        if gone:
            matrices, rights = self._eliminate(
                matrix[np.newaxis], right[np.newaxis], pixels[np.newaxis], gone
            )
            matrix, right = matrices[0], rights[0]
        return Front(pixels[gone:], matrix, right, tile_count[order][gone:])

    def _tree(self, chosen: Indices, tiles: Indices, leaves: Sequence[Front]) -> Front:
        if len(chosen) <= 4:
            return self.merge([leaves[number] for number in chosen])
        axis = int(np.argmax(np.ptp(tiles[chosen], axis=0)))
        chosen = chosen[np.argsort(tiles[chosen, axis], kind="stable")]
        middle = len(chosen) // 2
        halves = (chosen[:middle], chosen[middle:])
        return self.merge([self._tree(half, tiles, leaves) for half in halves])

    def _build_leaves(self, tiles: Indices) -> list[Front]:
        """The fronts of single tiles: their inner pixels eliminated, all in one call."""
        band = self.band
        steps = np.arange(SIDE)
        rows = (tiles[:, 0] * TILE + steps[:, np.newaxis])[:, np.newaxis]
        columns = (tiles[:, 1] * TILE + steps[:, np.newaxis])[np.newaxis]
        colors = np.moveaxis(band.rgb[rows, columns], -1, 0) / 255.0
        windows = band.windows[rows[:TILE], columns[:, :TILE]]
        matrices = tile_matrices(colors, windows, ORDER)

        def flatten(grid: NDArray[Any]) -> NDArray[Any]:
            return grid.reshape(SIDE**2, -1).T[:, ORDER]

        trimap = flatten(band.trimap[rows, columns])
        known = (trimap == FOREGROUND) | (trimap == BACKGROUND)
        active = flatten(band.active[rows, columns])
        hold, level = known * CONFIDENCE, (trimap == FOREGROUND).astype(np.float64)
        if band.prior is not None:
            alpha, confidence = (flatten(plane[rows, columns]) for plane in band.prior)
            hold, level = np.where(known, hold, confidence), np.where(known, level, alpha)
        # Each tile that knows a pixel holds its share of the confidence in it.
        hold *= active / flatten(band.tile_total[rows, columns])
        diagonal = np.arange(SIDE**2)
        matrices[:, diagonal, diagonal] += hold
        pixels = flatten(rows * band.trimap.shape[1] + columns)
        whole: Floats = matrices.astype(band.dtype, copy=False)
        right: Floats = (hold * level).astype(band.dtype)
        rest, right = self._eliminate(whole, right, pixels, len(INNER))
        return [
            _ring(*parts)
            for parts in zip(
                pixels[:, len(INNER) :], active[:, len(INNER) :], rest, right, strict=True
            )
        ]

    def _eliminate(
        self, matrices: Floats, right: Floats, pixels: Indices, gone: int
    ) -> tuple[Floats, Floats]:
        """Solve the first `gone` unknowns of N fronts for the others; their Schur complements."""
        first = np.arange(gone)
        pivots = matrices[:, first, first]
        matrices[:, first, first] = np.where(pivots == 0, 1, pivots)  # Not in the band.
        across = np.concatenate([matrices[:, :gone, gone:], right[:, :gone, np.newaxis]], axis=2)
        slope = np.linalg.solve(matrices[:, :gone, :gone], across)
        less = matrices[:, gone:, :gone] @ slope
        rest = matrices[:, gone:, gone:]
        rest -= less[:, :, :-1]
        step = Elimination(
            pixels[:, :gone],
            slope[:, :, -1].copy(),
            slope[:, :, :-1].astype(np.float32),
            pixels[:, gone:],
        )
        self.steps.append(step)
        self.budget.spend(step.slope.nbytes)
        return rest, right[:, gone:] - less[:, :, -1]


def _ring(pixels: Indices, active: NDArray[np.bool_], matrix: Floats, right: Floats) -> Front:
    """A tile's front without the pixels that are outside the band."""
    kept = np.flatnonzero(active)
    return Front(
        pixels[kept], matrix[kept[:, np.newaxis], kept], right[kept], np.ones(len(kept), np.int16)
    )
