"""ICC profiles made of numbers: three primaries, a white, and one curve for all channels.

Format: ICC.1:2001-04 (version 2), a matrix and tone curves. Whatever states colour in numbers
becomes such a profile, so that one colour engine reads all of them.
"""

import struct

import numpy as np
from numpy.typing import NDArray

Chromaticity = tuple[float, float]
D50 = np.array((0.9642, 1.0, 0.8249))
"""The white that all profiles are relative to."""
BRADFORD = np.array(
    ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
)
"""XYZ to the eye's three receptors, for changing the white."""
LARGEST = 32_767
"""Of the format's numbers, s15Fixed16."""
HEADER_BYTES, ENTRY_BYTES = 128, 12


def matrix_profile(
    primaries: tuple[Chromaticity, Chromaticity, Chromaticity],
    white: Chromaticity,
    curve: NDArray[np.float64],
    *,
    name: str,
) -> bytes:
    """The profile of RGB numbers.

    primaries, white: CIE x and y of red, green, blue and of their sum. curve: linear light 0..1
    for evenly spaced numbers 0..1, at least two of them. Raises ValueError for primaries that
    span no triangle, or one beyond what the format holds.
    """
    red, green, blue = _colorants(primaries, white).T
    light = np.clip(np.rint(curve * 65_535), 0, 65_535).astype(">u2")
    toned = b"curv\0\0\0\0" + struct.pack(">I", len(light)) + light.tobytes()
    tags = {
        b"desc": _description(name),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": _xyz(D50),
        b"rXYZ": _xyz(red),
        b"gXYZ": _xyz(green),
        b"bXYZ": _xyz(blue),
    }
    return _file(tags, toned)


def _colorants(
    primaries: tuple[Chromaticity, Chromaticity, Chromaticity], white: Chromaticity
) -> NDArray[np.float64]:
    """(3, 3): XYZ of red, green and blue in columns, seen under D50."""
    if any(y <= 0 for _, y in (*primaries, white)):
        raise ValueError("a chromaticity without light")
    directions = np.array([_light(one) for one in primaries]).T
    if abs(np.linalg.det(directions)) < 1e-6:
        raise ValueError("primaries on one line")
    source = _light(white)
    shares = np.linalg.solve(directions, source)
    eye = BRADFORD @ np.column_stack((source, D50))
    adapted: NDArray[np.float64] = (
        np.linalg.inv(BRADFORD) @ np.diag(eye[:, 1] / eye[:, 0]) @ BRADFORD @ (directions * shares)
    )
    return adapted


def _light(one: Chromaticity) -> NDArray[np.float64]:
    x, y = one
    return np.array((x / y, 1.0, (1 - x - y) / y))


def _xyz(values: NDArray[np.float64]) -> bytes:
    if not np.abs(values).max() < LARGEST:
        raise ValueError("a colour beyond what the format holds")
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65_536) for value in values))


def _description(name: str) -> bytes:
    text = name.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)


def _file(tags: dict[bytes, bytes], toned: bytes) -> bytes:
    """Header, table and bodies; the three curves share one body."""
    bodies = [*tags.values(), toned]
    names = [*((name, place) for place, name in enumerate(tags))]
    names += [(name, len(tags)) for name in (b"rTRC", b"gTRC", b"bTRC")]
    offset = HEADER_BYTES + 4 + ENTRY_BYTES * len(names)
    places, packed = [], b""
    for body in bodies:
        places.append((offset + len(packed), len(body)))
        packed += body + bytes(-len(body) % 4)
    table = struct.pack(">I", len(names))
    table += b"".join(struct.pack(">4sII", name, *places[number]) for name, number in names)
    header = struct.pack(
        ">I4sI4s4s4s", offset + len(packed), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ "
    )
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += struct.pack(">3i", *(round(value * 65_536) for value in D50))
    return header.ljust(HEADER_BYTES, b"\0") + table + packed
