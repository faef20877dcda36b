"""How heavy a running server is, with all its processes. Only on Linux."""

from pathlib import Path
from typing import Any


def processes(root: int) -> list[Path]:
    """The /proc folders of a process and all below it."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        parents[int(status.parent.name)] = int(fields[1])
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return [Path(f"/proc/{pid}") for pid in family]


def weigh(root: int) -> dict[str, Any]:
    """Proportional memory in bytes, threads and file descriptors of a process and its children."""
    threads = files = 0
    parts: dict[str, int] = {}
    for folder in processes(root):
        try:
            rollup = (folder / "smaps_rollup").read_text()
            memory = int(rollup.split("Pss:")[1].split()[0]) * 1024
            threads += len(list((folder / "task").iterdir()))
            files += len(list((folder / "fd").iterdir()))
        except (OSError, IndexError):
            continue  # It ended meanwhile.
        parts["serving" if folder.name == str(root) else folder.name] = memory
    return {"memory": sum(parts.values()), "parts": parts, "threads": threads, "files": files}
