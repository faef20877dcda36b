"""How long the stages of one image took."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Timings:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.spent_ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens within to this stage."""
        started = perf_counter()
        yield
        self.spent_ms[name] = self.spent_ms.get(name, 0) + (perf_counter() - started) * 1e3
