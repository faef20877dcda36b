"""How much this process may do at once, so that the sum of what it admits fits its memory.

Memory is the smallest of the operator's word, the container's limit and the machine's size. It
is dealt out before anything runs: a part for serving (the program, and the bodies of uploads),
and an equal part for each image process. What does not fit is refused, never swapped.
"""

from dataclasses import dataclass
from typing import Final

from cutoutd.segmentation.cores import machine_bytes, memory_limit_bytes

MB: Final = 1_000_000
SERVING_BYTES: Final = 200 * MB
"""The program without any request; 90 to 120 MB were seen."""
PROCESS_BYTES: Final = 200 * MB
"""An image process with the embedded model warm; 145 to 170 MB were seen."""
PIXEL_BYTES: Final = 64
"""What a pixel costs at most, from decoding to encoding: 9 to 48 bytes were measured over
formats, depths, outputs and matting (benchmarks/memory.py)."""
_SHARE_OF_A_MACHINE: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What runs side by side."""

    memory_bytes: int
    """All that there is for it."""
    processes: int
    """Image processes."""
    threads: int
    """Threads of each."""
    max_pixels: int
    """The largest image that fits a process's part of the memory."""
    process_bytes: int
    """A process's part of the memory."""
    upload_bytes: int
    """Request bodies in memory at one time."""

    @property
    def matting_bytes(self) -> int:
        """What matting may keep on top of an image: half of what a process has for one."""
        return (self.process_bytes - PROCESS_BYTES) // 2


def plan(*, memory_bytes: int, cores: int, max_pixels: int, max_body_bytes: int) -> Capacity:
    """Deal out memory and cores.

    Half as many processes as cores, but two if there are two: one decodes or encodes while the
    other computes, and each may use two cores' worth of threads. Fewer if memory is short; the
    last one takes smaller images instead.
    """
    upload_bytes = max(2 * max_body_bytes, memory_bytes // 8)
    for_pictures = memory_bytes - SERVING_BYTES - upload_bytes
    whole = PROCESS_BYTES + max_pixels * PIXEL_BYTES
    wanted = min(cores, max(2, cores // 2))
    processes = max(1, min(wanted, for_pictures // whole))
    part = max(for_pictures // processes, PROCESS_BYTES + MB * PIXEL_BYTES)
    return Capacity(
        memory_bytes=memory_bytes,
        processes=processes,
        threads=max(1, min(cores, 2 * cores // processes)),
        max_pixels=min(max_pixels, (part - PROCESS_BYTES) // PIXEL_BYTES),
        process_bytes=part,
        upload_bytes=upload_bytes,
    )


def usable_memory() -> int:
    """Bytes: the container's limit, or three quarters of a machine that is shared with others."""
    limit, machine = memory_limit_bytes(), machine_bytes()
    return limit if limit < machine else int(machine * _SHARE_OF_A_MACHINE)
