"""Bytes of request bodies in memory, so that all together fit what was planned for them.

What counts is what has arrived: an announcement costs its sender nothing. Callers that are not
known yet share a small part of the room, so that no stranger can keep a client from uploading.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cutoutd.errors import Overloaded

STRANGERS_PART: Final = 8
"""One in so many bytes of the room may be held by callers who are not known yet."""


class UploadBudget:
    """Bytes of request bodies that may be in memory at one time. For one event loop."""

    def __init__(self, total: int, *, for_strangers: int | None = None) -> None:
        self._left = total
        self._left_for_strangers = (
            total // STRANGERS_PART if for_strangers is None else for_strangers
        )

    @contextmanager
    def reservation(self) -> Iterator["Reservation"]:
        """Room for a body until the request is answered, of a caller who is not known yet."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            reservation.release()

    def take(self, size: int, *, known: bool) -> None:
        """Raises Overloaded if less is left."""
        if not known and size > self._left_for_strangers:
            raise Overloaded(
                "Too many uploads of unknown callers; those that send their API key in a header "
                "have room of their own.",
                retry_after_s=2,
            )
        if size > self._left:
            raise Overloaded("Too many uploads at this moment.", retry_after_s=2)
        self._left -= size
        if not known:
            self._left_for_strangers -= size

    def give(self, size: int, *, known: bool) -> None:
        """Put back what was taken."""
        self._left += size
        if not known:
            self._left_for_strangers += size


class Reservation:
    """One request's part of the budget."""

    def __init__(self, budget: UploadBudget) -> None:
        self._budget = budget
        self._held = 0
        self._known = False

    def grow_to(self, size: int) -> None:
        """Hold at least so many bytes. Raises Overloaded if the budget has no more."""
        if size > self._held:
            self._budget.take(size - self._held, known=self._known)
            self._held = size

    def trust(self) -> None:
        """The caller is known now: what it holds is a client's, and no stranger's any more."""
        held = self._held
        self.release()
        self._known = True
        self.grow_to(held)  # It fits: it has just been given back.

    def release(self) -> None:
        """Give all of it back."""
        self._budget.give(self._held, known=self._known)
        self._held = 0
