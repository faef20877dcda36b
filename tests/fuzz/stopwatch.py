"""How long a server stood still, and what memory it took, while something was done to it."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_EVERY_S = 0.003


@dataclass(slots=True)
class Reading:
    """What was seen; times are seconds."""

    still_s: float = 0.0
    """The longest time that one `GET /livez` took."""
    usual_s: float = 0.0
    """The longest that it took in the moment before, when nothing was done."""
    memory_bytes: int = 0
    """What the serving process held at most, beyond what it held before."""


@contextmanager
def watched(base: str, pid: int) -> Iterator[Reading]:
    """Ask `/livez` all the time, on a connection of its own, and note the slowest answer."""
    reading, stop = Reading(), threading.Event()
    address = urlsplit(base)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    reading.usual_s = max(_asked(line) for _ in range(60))
    before = _memory(pid, "VmRSS")
    _forget_the_peak(pid)

    def ask() -> None:
        while not stop.is_set():
            reading.still_s = max(reading.still_s, _asked(line))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield reading
        time.sleep(0.05)
    finally:
        stop.set()
        asking.join()
        line.close()
        reading.memory_bytes = max(0, _memory(pid, "VmHWM") - before)


def _asked(line: http.client.HTTPConnection) -> float:
    began = time.perf_counter()
    line.request("GET", "/livez")
    line.getresponse().read()
    took = time.perf_counter() - began
    time.sleep(_EVERY_S)
    return took


def _memory(pid: int, what: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) * 1024


def _forget_the_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_s(pid: int) -> float:
    """What all threads of a process have computed so far."""
    total = 0
    for one in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(one.read_text().split()[0])
        except (OSError, IndexError):
            continue  # The thread has ended.
    return total / 1e9
