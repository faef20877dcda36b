"""A remover turns one image into what was asked for; this one does it here and now."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cutoutd.command import RemoveBackground
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.model import ExtraImages, ImagingLimits, Removal, Segmenter
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import LoadedModel
from cutoutd.segmentation.options import SegmentationOptions


class LendsSegmenters(Protocol):
    """The loaded models of a process."""

    def get(self, name: str | None) -> AbstractContextManager[Segmenter]:
        """Lend the model of that name; None is the default."""
        ...

    def models(self) -> Sequence[LoadedModel]:
        """The models that are loaded and warm."""
        ...


class Remover(Protocol):
    """Turns the bytes of one image into the files that a command asks for."""

    def remove(
        self, data: bytes, command: RemoveBackground, *, extra: ExtraImages = ExtraImages()
    ) -> Removal:
        """As `pipeline.remove_background`, with the model that the command names."""
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


OpenRemover: TypeAlias = Callable[[], Remover]


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessFactory:
    """Opens an `InProcessRemover`, in whichever process it is called: it can be sent there."""

    options: SegmentationOptions
    limits: ImagingLimits
    threads: int
    """That imaging may use in that process."""

    def __call__(self) -> InProcessRemover:
        """Load the default model and run it once."""
        from cutoutd.segmentation.sessions import Sessions  # The serving process loads none.

        set_num_threads(self.threads)
        sessions = Sessions(self.options)
        sessions.warm()
        return InProcessRemover(sessions=sessions, limits=self.limits)
