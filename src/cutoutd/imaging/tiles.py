"""Large pictures in small squares: only those that hold an edge are worth work.

Most of a mask is plainly subject or plainly background. What is smooth (coefficients, colours
of the surroundings) is computed on a coarse grid for the whole picture and enlarged only in
the tiles that need it, by two small matrix products each, while the tile is in the cache. This is
how NumPy does it; the kernels go by runs of pixels.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIDE = 128
"""Of a tile in px: its float planes fit the second-level cache."""

Plane = NDArray[np.float32]


class Tile(NamedTuple):
    """A rectangle of the picture and the part of a coarse grid that it is enlarged from."""

    rows: slice
    columns: slice
    coarse_rows: slice
    coarse_columns: slice


def tiles(shape: tuple[int, int], coarse: tuple[int, int]) -> Iterator[Tile]:
    """Every tile of a picture of this (height, width) over a grid of that (height, width)."""
    for rows in steps(shape[0]):
        for columns in steps(shape[1]):
            yield Tile(
                rows,
                columns,
                _beneath(rows, shape[0], coarse[0]),
                _beneath(columns, shape[1], coarse[1]),
            )


def steps(length: int) -> Iterator[slice]:
    """Consecutive parts of a length, each a tile's side or what remains."""
    for start in range(0, length, SIDE):
        yield slice(start, min(start + SIDE, length))


def _beneath(part: slice, full: int, coarse: int) -> slice:
    """The coarse cells that interpolation in this part of the full length looks at."""
    first = int(np.floor((part.start + 0.5) * coarse / full - 0.5))
    last = int(np.floor((part.stop - 0.5) * coarse / full - 0.5)) + 1
    return slice(max(0, min(first, coarse - 1)), min(coarse, last + 1))


def enlarged(coarse: Plane, tile: Tile, shape: tuple[int, int]) -> Plane:
    """Coarse planes in one tile, interpolated bilinearly between the centres of their cells.

    coarse: (..., h, w) of the whole picture; shape: (H, W) of the picture.
    Returns (..., rows, columns) of the tile.
    """
    down = _between(tile.rows, tile.coarse_rows, shape[0], coarse.shape[-2])
    across = _between(tile.columns, tile.coarse_columns, shape[1], coarse.shape[-1])
    patch = coarse[..., tile.coarse_rows, tile.coarse_columns]
    return np.asarray(down @ patch @ across.T, dtype=np.float32)


def _between(part: slice, beneath: slice, full: int, coarse: int) -> Plane:
    return _weights((part.start, part.stop), (beneath.start, beneath.stop), full, coarse)


@lru_cache(maxsize=1024)
def _weights(part: tuple[int, int], beneath: tuple[int, int], full: int, coarse: int) -> Plane:
    """(part, beneath) weights of the coarse cells for each place."""
    centre = np.clip((np.arange(*part) + 0.5) * (coarse / full) - 0.5, 0, coarse - 1)
    apart = np.abs(centre[:, np.newaxis] - np.arange(*beneath))
    return np.asarray(np.maximum(0, 1 - apart), dtype=np.float32)
