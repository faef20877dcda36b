"""Bytes of request bodies in memory, so that all together fit what was planned for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from cutoutd.errors import Overloaded


class UploadBudget:
    """Bytes of request bodies that may be in memory at one time. For one event loop."""

    def __init__(self, total: int) -> None:
        self._left = total

    @contextmanager
    def reservation(self, size: int) -> Iterator["Reservation"]:
        """Room for a body until the request is answered. Raises Overloaded if there is none."""
        reservation = Reservation(self)
        try:
            reservation.grow_to(size)
            yield reservation
        finally:
            reservation.release()

    def take(self, size: int) -> None:
        """Raises Overloaded if less is left."""
        if size > self._left:
            raise Overloaded("Too many uploads at this moment.", retry_after_s=2)
        self._left -= size

    def give(self, size: int) -> None:
        """Put back what was taken."""
        self._left += size


class Reservation:
    """One request's part of the budget."""

    def __init__(self, budget: UploadBudget) -> None:
        self._budget = budget
        self._held = 0

    def grow_to(self, size: int) -> None:
        """Hold at least so many bytes. Raises Overloaded if the budget has no more."""
        if size > self._held:
            self._budget.take(size - self._held)
            self._held = size

    def release(self) -> None:
        """Give all of it back."""
        self._budget.give(self._held)
        self._held = 0
