"""How much of this machine is ours: cores by affinity and cgroup quota, memory by the kernel."""

import os
from math import ceil
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
SMALL_NETWORK = 512
"""px of its side: it takes some 100 MB in each slot."""
MEMORY_PAGES = Path("/proc/self/statm")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Cores that this process may really use, at least 1.

    The smaller of the CPU affinity and the quota of the control group (v2, else v1), rounded
    up: half a core is still one thread.
    """
    affinity = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    quota = _quota(cgroup)
    return affinity if quota is None else max(1, min(affinity, ceil(quota)))


def _quota(cgroup: Path) -> float | None:
    try:
        if (cgroup / "cpu.max").exists():
            allowed, period = (cgroup / "cpu.max").read_text().split()
        else:
            allowed = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text()
    except OSError:
        return None
    if allowed == "max" or int(allowed) <= 0:
        return None
    return int(allowed) / int(period)


def slots_for(callers: int, size: int, cores: int) -> int:
    """Slots that so many callers at a time gain from, on a CPU; 0 where there is nothing to gain.

    size: px of the network's side. Threads of one slot wait for each other after every layer; a
    slot for each caller needs none. But a large network fills a gigabyte in each of them.
    """
    return min(callers, cores) if size <= SMALL_NETWORK else 0


def slots_and_threads(slots: int, threads: int, cores: int) -> tuple[int, int]:
    """Fill in the zeros of (slots, threads of each slot) for that many cores.

    One slot for every four cores: more threads than that gain little on these networks, and
    a further slot costs a further copy of the weights.
    """
    slots = slots or max(1, cores // 4)
    return slots, threads or max(1, cores // slots)


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where the kernel does not say."""
    try:
        pages = int(MEMORY_PAGES.read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def memory_limit_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that this process may use: the control group's limit, or what the machine has."""
    machine = machine_bytes()
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limit = (cgroup / name).read_text().strip()
        except OSError:
            continue
        if limit.isdecimal():
            return min(machine, int(limit))
    return machine


def machine_bytes() -> int:
    """All the memory that the machine has; 4 GiB where the system does not say (Windows)."""
    if not hasattr(os, "sysconf"):
        return 4 << 30
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
