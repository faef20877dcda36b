"""The remover that does its work here and now."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cutoutd.command import RemoveBackground
from cutoutd.removal.model import ExtraImages, ImagingLimits, Removal, Segmenter
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import LoadedModel


class LendsSegmenters(Protocol):
    """The loaded models of a process."""

    def get(self, name: str | None) -> AbstractContextManager[Segmenter]:
        """Lend the model of that name; None is the default."""
        ...

    def models(self) -> Sequence[LoadedModel]:
        """The models that are loaded and warm."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessRemover:
    """A Remover in this process: for the command line, and for those who choose it."""

    sessions: LendsSegmenters
    limits: ImagingLimits

    def remove(
        self, data: bytes, command: RemoveBackground, *, extra: ExtraImages = ExtraImages()
    ) -> Removal:
        """Work here and now."""
        with self.sessions.get(command.model) as segmenter:
            return remove_background(data, command, segmenter, extra=extra, limits=self.limits)

    def models(self) -> Sequence[LoadedModel]:
        """The models of this process."""
        return self.sessions.models()
