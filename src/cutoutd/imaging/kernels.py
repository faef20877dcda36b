"""The inner loops in C, where the installation could compile them.

NumPy does one operation at a time over an array, and every one of them travels through memory;
these take a pixel through the whole step. They are called through ctypes, which lets go of the
interpreter lock, so that strips of a picture really run side by side. Each is optional: the step
that calls one has the same in NumPy, which is what it is tested against.
"""

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Plane = NDArray[np.float32]

LIBRARY = Path(__file__).with_name("libkernels.so")
_SIZE, _ARRAY, _FLOAT = ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_float
_SIGNATURES = {
    "guided_fit": (_ARRAY, _ARRAY, _SIZE, _SIZE, _SIZE, _FLOAT, _FLOAT, _SIZE, _SIZE, _ARRAY),
    "guided_apply": (_ARRAY, _SIZE, _SIZE, _ARRAY, _SIZE, _SIZE, _SIZE, _SIZE, _ARRAY),
    "refine": (*2 * (_ARRAY, _SIZE, _SIZE), _FLOAT, _ARRAY, *4 * (_SIZE,), _ARRAY),
    "relax": (_ARRAY, _ARRAY, _ARRAY, _SIZE, _SIZE, _FLOAT, _FLOAT, _ARRAY, _SIZE, _ARRAY),
    "cut_out": (_ARRAY, _SIZE, _SIZE, _ARRAY, _ARRAY, _SIZE, _SIZE, _SIZE, _SIZE),
    "png_filter": (_ARRAY, _SIZE, _SIZE, _SIZE, _SIZE, _ARRAY),
}


def _opened() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(str(LIBRARY))
        for name, arguments in _SIGNATURES.items():
            getattr(library, name).argtypes = arguments
    except (OSError, AttributeError):  # Not compiled, or for another machine or version.
        return None
    return library


_library = _opened()


def compiled() -> bool:
    """True if the kernels can be called."""
    return _library is not None


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
    """Some rows of `guided.applied`. coefficients: (4, h, w); rgba: (H, W, 4); mask: (H, W)."""
    shape, coarse = mask.shape, coefficients.shape[1:]
    places = (_floats(coefficients, 4, *coarse), *coarse, _bytes(rgba, *shape, 4), *shape)
    _call("guided_apply", *places, rows.start, rows.stop, _bytes(mask, *shape))


def refine(
    evidence: Plane, colors: Plane, rgba: Bytes, rows: slice, mask: Bytes, *, noise: float
) -> None:
    """Some rows of `refine.refine`, in place. evidence: (2, h, w); colors: (6, h, w)."""
    shape, cells, coarse = mask.shape, evidence.shape[1:], colors.shape[1:]
    places = (_floats(evidence, 2, *cells), *cells, _floats(colors, 6, *coarse), *coarse)
    picture = (_bytes(rgba, *shape, 4), *shape)
    _call("refine", *places, noise, *picture, rows.start, rows.stop, _bytes(mask, *shape))


def relax(
    coarse: Plane,
    seen: Plane,
    alpha: Plane,
    paces: Plane,
    front_back: Plane,
    *,
    smooth: float,
    edge: float,
) -> None:
    """All steps of `foreground._relaxed`. coarse: (2, 3, ceil(h / 2), ceil(w / 2))."""
    shape = alpha.shape
    half = [(side + 1) // 2 for side in shape]
    places = (_floats(coarse, 2, 3, *half), _floats(seen, 3, *shape), _floats(alpha, *shape))
    pace = (_floats(paces, len(paces)), len(paces))
    _call("relax", *places, *shape, smooth, edge, *pace, _floats(front_back, 2, 3, *shape))


def cut_out(coarse: Plane | None, rgba: Bytes, alpha: Bytes, rows: slice) -> None:
    """Some rows of `foreground.cut_out`, in place. coarse: (6, h, w), or None for no estimate."""
    shape = alpha.shape
    grid = (None, 0, 0) if coarse is None else (_floats(coarse, *coarse.shape), *coarse.shape[1:])
    _call(
        "cut_out",
        *grid,
        _bytes(rgba, *shape, 4),
        _bytes(alpha, *shape),
        *shape,
        rows.start,
        rows.stop,
    )


def png_filter(rows: Bytes, channels: int, part: slice, lines: Bytes) -> None:
    """One block of `png_filter.filtered`. rows: (H, n); lines: (part, n + 1)."""
    height, length = rows.shape
    out = _bytes(lines, part.stop - part.start, length + 1)
    _call("png_filter", _bytes(rows, height, length), length, channels, part.start, part.stop, out)
