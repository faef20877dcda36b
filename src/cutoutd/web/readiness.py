"""What must hold before work is sent here."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cutoutd.jobs.census import Census
from cutoutd.jobs.model import JobStatus
from cutoutd.loops import Loop
from cutoutd.segmentation.models import LoadedModel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before work is sent here, and how it stands in a few words."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Looks at the store, the queue, the disk, the model and the loops.

    A full queue or disk is told and does not count: admission refuses what there is no room for,
    and a caller of finished work must still be let in.
    """

    census: Callable[[], Census]
    """Of what has not ended."""
    models: Callable[[], Sequence[LoadedModel]] | None
    """None where other processes do the work."""
    free_bytes: Callable[[], int | None]
    waiting_limit: int
    min_free_bytes: int
    loops: Sequence[Loop] = ()
    """What runs in the background of this process."""

    def checks(self) -> list[Check]:
        """Every check, as it is now."""
        return [*self._store_and_queue(), self._disk(), self._model(), self._loops()]

    def ready(self) -> bool:
        """Whether all of them hold."""
        return all(check.ok for check in self.checks())

    def _store_and_queue(self) -> list[Check]:
        try:
            waiting = self.census().jobs[JobStatus.QUEUED]
        except Exception as exc:  # noqa: BLE001 - Whatever it is, this answer must come.
            _log.warning("the job store does not answer: %s", type(exc).__name__)
            return [Check("store", ok=False, detail="the database does not answer")]
        detail = f"{waiting} of at most {self.waiting_limit} jobs wait"
        return [Check("store", ok=True, detail="reachable"), Check("queue", ok=True, detail=detail)]

    def _disk(self) -> Check:
        free = self.free_bytes()
        if free is None:
            return Check("storage", ok=True, detail="remote")
        full = "" if free >= self.min_free_bytes else ": full, new work is refused"
        return Check("storage", ok=True, detail=f"{free / 1e9:.1f} GB free{full}")

    def _model(self) -> Check:
        if self.models is None:
            return Check("model", ok=True, detail="on the workers")
        loaded = [f"{one.name} on {one.provider}" for one in self.models()]
        return Check("model", ok=bool(loaded), detail=", ".join(loaded) or "none is loaded")

    def _loops(self) -> Check:
        behind = [f"{loop.name} for {loop.behind_s:.0f} s" for loop in self.loops if loop.behind]
        detail = f"behind: {', '.join(behind)}" if behind else f"{len(self.loops)} in time"
        return Check("loops", ok=not behind, detail=detail)
