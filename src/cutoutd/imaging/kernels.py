"""The inner loops in C.

NumPy does one operation at a time over an array, and every one of them travels through memory;
these take a pixel through the whole step. They are called through ctypes, which lets go of the
interpreter lock, so that strips of an image really run side by side. The same in NumPy, to which
the tests hold them, is tests/imaging/reference.py.
"""

import ctypes
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutoutd.errors import ConfigurationError

Bytes = NDArray[np.uint8]
Plane = NDArray[np.float32]
"""(h, w), or several of them: (n, h, w)."""


class Windows(NamedTuple):
    """Which rows, or columns, of an image each of a smaller one is made of; at least one."""

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    """The first that is of it no more."""


LIBRARIES: Final = {"win32": "kernels.dll", "darwin": "libkernels.dylib"}
LIBRARY: Final = Path(__file__).with_name(LIBRARIES.get(sys.platform, "libkernels.so"))
_SIZE, _ARRAY, _FLOAT = ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_float
_SIGNATURES: Final = {
    "channels": (_ARRAY, _SIZE, _ARRAY, _ARRAY, _ARRAY),
    "guided_fit": (_ARRAY, _ARRAY, _SIZE, _SIZE, _SIZE, _FLOAT, _FLOAT, _SIZE, _SIZE, _ARRAY),
    "guided_apply": (_ARRAY, _SIZE, _SIZE, _ARRAY, _SIZE, _SIZE, _SIZE, _SIZE, _ARRAY),
    "refine": (*2 * (_ARRAY, _SIZE, _SIZE), _FLOAT, _ARRAY, *4 * (_SIZE,), _ARRAY),
    "relax": (_ARRAY, _ARRAY, _ARRAY, _SIZE, _SIZE, _FLOAT, _FLOAT, _ARRAY, _SIZE, _ARRAY),
    "unmix": (_ARRAY, _SIZE, _SIZE, _ARRAY, _ARRAY, _SIZE, _SIZE, _SIZE, _SIZE, _ARRAY),
    "means": (_ARRAY, _SIZE, _SIZE, *4 * (_ARRAY,), _SIZE, _SIZE, _SIZE, _ARRAY),
    "png_filter": (_ARRAY, _SIZE, _SIZE, _SIZE, _SIZE, _ARRAY),
}


def _open(path: Path) -> ctypes.CDLL:
    """The compiled library. Raises ConfigurationError if it is missing or another version's."""
    try:
        library = ctypes.CDLL(str(path))
        for name, arguments in _SIGNATURES.items():
            getattr(library, name).argtypes = arguments
    except (OSError, AttributeError) as exc:
        raise ConfigurationError(
            f"{path.name} is missing or does not fit this version or machine: install cutoutd "
            "anew with pip install --force-reinstall --no-deps, or make setup in a checkout."
        ) from exc
    return library


_library: Final = _open(LIBRARY)


def _call(name: str, *arguments: object) -> None:
    if getattr(_library, name)(*arguments):
        raise MemoryError(name)


def _floats(array: Plane, *shape: int) -> int:
    """Where a C-contiguous array of that shape begins in memory."""
    return _at(array, np.dtype(np.float32), shape)


def _bytes(array: Bytes, *shape: int) -> int:
    return _at(array, np.dtype(np.uint8), shape)


def _at(array: NDArray[Any], dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        wanted = f"a contiguous {dtype} array of {shape}"
        raise ValueError(f"wanted {wanted}, not a {array.dtype} one of {array.shape}")
    return array.ctypes.data


ONES: Final = np.ones(3, dtype=np.float32)
ZEROS: Final = np.zeros(3, dtype=np.float32)


def channels(rgba: Bytes, out: Plane, *, factors: Plane = ONES, shifts: Plane = ZEROS) -> None:
    """Each colour in a plane of its own: its levels times its factor, less its shift.

    rgba: (h, w, 4); factors, shifts: (3,); out: (3, h, w), written.
    """
    shape = rgba.shape[:2]
    by = (_floats(factors, 3), _floats(shifts, 3))
    _call("channels", _bytes(rgba, *shape, 4), rgba.size // 4, *by, _floats(out, 3, *shape))


def guided_fit(
    guide: Plane,
    target: Plane,
    rows: slice,
    fitted: Plane,
    *,
    radius: int,
    epsilon: float,
    doubt: float,
) -> None:
    """Some rows of `guided.fit`. guide: (3, h, w); target: (h, w); fitted: (5, h, w)."""
    shape = target.shape
    places = (_floats(guide, 3, *shape), _floats(target, *shape))
    out = _floats(fitted, 5, *shape)
    _call("guided_fit", *places, *shape, radius, epsilon, doubt, rows.start, rows.stop, out)


def guided_apply(coefficients: Plane, rgba: Bytes, rows: slice, mask: Bytes) -> None:
    """Some rows of `guided.apply`. coefficients: (4, h, w); rgba: (H, W, 4); mask: (H, W)."""
    shape, coarse = mask.shape, coefficients.shape[1:]
    places = (_floats(coefficients, 4, *coarse), *coarse, _bytes(rgba, *shape, 4), *shape)
    _call("guided_apply", *places, rows.start, rows.stop, _bytes(mask, *shape))


def refine(
    correction: Plane, colors: Plane, rgba: Bytes, rows: slice, mask: Bytes, *, noise: float
) -> None:
    """Some rows of `refine.refine`, in place. correction: (2, h, w); colors: (6, h, w)."""
    shape, cells, coarse = mask.shape, correction.shape[1:], colors.shape[1:]
    places = (_floats(correction, 2, *cells), *cells, _floats(colors, 6, *coarse), *coarse)
    image = (_bytes(rgba, *shape, 4), *shape)
    _call("refine", *places, noise, *image, rows.start, rows.stop, _bytes(mask, *shape))


def relax(
    coarse: Plane,
    seen: Plane,
    alpha: Plane,
    omegas: Plane,
    front_back: Plane,
    *,
    smooth: float,
    edge: float,
) -> None:
    """All steps of `foreground._relax`. coarse: (2, 3, ceil(h / 2), ceil(w / 2))."""
    shape = alpha.shape
    half = [(side + 1) // 2 for side in shape]
    places = (_floats(coarse, 2, 3, *half), _floats(seen, 3, *shape), _floats(alpha, *shape))
    steps = (_floats(omegas, len(omegas)), len(omegas))
    _call("relax", *places, *shape, smooth, edge, *steps, _floats(front_back, 2, 3, *shape))


def unmix(coarse: Plane | None, rgba: Bytes, alpha: Bytes, rows: slice, out: Bytes) -> None:
    """Some rows of `foreground.unmix`. coarse: (6, h, w), or None; rgba, out: (H, W, 4)."""
    shape = alpha.shape
    grid = (None, 0, 0) if coarse is None else (_floats(coarse, *coarse.shape), *coarse.shape[1:])
    image = (_bytes(rgba, *shape, 4), _bytes(alpha, *shape), *shape)
    _call("unmix", *grid, *image, rows.start, rows.stop, _bytes(out, *shape, 4))


def means(pixels: Bytes, windows: tuple[Windows, Windows], rows: slice, out: Bytes) -> None:
    """Some rows of `resize._means`. pixels: (H, W) or (H, W, 4); out: (h, w) or (h, w, 4)."""
    (height, width), channels = pixels.shape[:2], pixels.shape[2:]
    down, across = windows
    places = (_bytes(pixels, height, width, *channels), width, *(channels or (1,)))
    edges = (_at(edge, np.dtype(np.intp), one.first.shape) for one in windows for edge in one)
    to = _bytes(out, len(down.first), len(across.first), *channels)
    _call("means", *places, *edges, len(across.first), rows.start, rows.stop, to)


def png_filter(rows: Bytes, channels: int, part: slice, lines: Bytes) -> None:
    """One block of `png_filter.filter_rows`. rows: (H, n); lines: (part, n + 1)."""
    height, length = rows.shape
    out = _bytes(lines, part.stop - part.start, length + 1)
    _call("png_filter", _bytes(rows, height, length), length, channels, part.start, part.stop, out)
