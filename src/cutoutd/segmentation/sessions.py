"""The loaded models of a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from cutoutd.segmentation.models import EMBEDDED, Registry
from cutoutd.segmentation.session import Session, open_session


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationOptions:
    """What an operator may choose about models."""

    default: str = EMBEDDED.name
    slots: int = 1
    """Pictures in the network at once."""
    threads: int = 0
    """Threads of each slot; 0: every core."""


class Sessions:
    """Models by name, each loaded once and warmed before it is lent."""

    def __init__(self, options: SegmentationOptions = SegmentationOptions()) -> None:
        self._options = options
        self.registry = Registry([EMBEDDED], default=options.default)
        self._loaded: dict[str, Session] = {}
        self._lock = Lock()

    def warm(self) -> None:
        """Load the default model, so that the first request finds it ready."""
        with self.get(None):
            pass

    @contextmanager
    def get(self, name: str | None) -> Iterator[Session]:
        """Lend the model of that name (None: the default), loading it if need be.

        Raises InvalidRequest(field="model") for a name nobody knows.
        """
        spec = self.registry.named(name)
        with self._lock:
            session = self._loaded.get(spec.name)
            if session is None:
                assert spec.folder is not None
                session = open_session(
                    spec,
                    spec.folder / spec.file,
                    slots=self._options.slots,
                    threads=self._options.threads,
                )
                session.warm()
                self._loaded[spec.name] = session
        yield session
