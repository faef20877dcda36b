"""What must hold before work is sent here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cutoutd.errors import Overloaded
from cutoutd.jobs.census import Census
from cutoutd.jobs.model import JobStatus
from cutoutd.segmentation.models import LoadedModel


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before work is sent here, and how it stands in a few words."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Looks at the store, the queue, the disk and the model."""

    census: Callable[[], Census]
    models: Callable[[], Sequence[LoadedModel]] | None
    """None where other processes do the work."""
    free_bytes: Callable[[], int | None]
    waiting_limit: int
    min_free_bytes: int

    def checks(self) -> list[Check]:
        """Every check, as it is now."""
        return [*self._store_and_queue(), self._disk(), self._model()]

    def ready(self) -> bool:
        """Whether all of them hold."""
        return all(check.ok for check in self.checks())

    def _store_and_queue(self) -> list[Check]:
        try:
            waiting = self.census().jobs[JobStatus.QUEUED]
        except Overloaded:
            return [Check("store", ok=False, detail="the database does not answer")]
        room = waiting < self.waiting_limit
        detail = f"{waiting} of at most {self.waiting_limit} jobs wait"
        return [Check("store", ok=True, detail="reachable"), Check("queue", ok=room, detail=detail)]

    def _disk(self) -> Check:
        free = self.free_bytes()
        if free is None:
            return Check("storage", ok=True, detail="remote")
        return Check("storage", ok=free >= self.min_free_bytes, detail=f"{free / 1e9:.1f} GB free")

    def _model(self) -> Check:
        if self.models is None:
            return Check("model", ok=True, detail="on the workers")
        loaded = [f"{one.name} on {one.provider}" for one in self.models()]
        return Check("model", ok=bool(loaded), detail=", ".join(loaded) or "none is loaded")
