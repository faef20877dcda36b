"""How much time and memory one matting may take."""

from time import perf_counter


class OverBudget(Exception):
    """The work is not worth its cost any more. Caught in `matting`; never leaves this package."""


class Budget:
    """Counts down from the moment it is made. Safe to share between threads."""

    def __init__(self, *, seconds: float, memory_bytes: int) -> None:
        self._ends_at = perf_counter() + seconds
        self._left_bytes = memory_bytes

    def spend(self, kept_bytes: int) -> None:
        """Account for memory that stays until the end. Raises OverBudget."""
        self._left_bytes -= kept_bytes
        if self._left_bytes < 0 or perf_counter() > self._ends_at:
            raise OverBudget
