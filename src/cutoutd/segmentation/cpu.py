"""What the kernel says that this machine's CPU can do."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
VNNI = frozenset({"avx512_vnni", "avx_vnni"})
"""Its names there: products of bytes summed up in 32 bits by one instruction."""


def cpu_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """The names of the CPU's instruction sets; none where the system does not say."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return frozenset(flags.partition(":")[2].split())


def has_vnni(cpuinfo: Path = CPUINFO) -> bool:
    """Whether eight bits are faster than floats, and products of theirs cannot overflow."""
    return bool(VNNI & cpu_flags(cpuinfo))
