"""What a remover is, and how one is opened in whichever process is to have it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cutoutd.command import RemoveBackground
from cutoutd.removal.model import ExtraImages, ImagingLimits, Removal
from cutoutd.segmentation.models import LoadedModel
from cutoutd.segmentation.options import SegmentationOptions


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


OpenRemover: TypeAlias = Callable[[], Remover]


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessFactory:
    """Opens an `InProcessRemover`, in whichever process it is called: it can be sent there."""

    options: SegmentationOptions
    limits: ImagingLimits
    threads: int
    """That imaging may use in that process."""

    def __call__(self) -> Remover:
        """Load the default model and run it once."""
        # The process that only sends this elsewhere needs none of them.
        from cutoutd.imaging.memory import keep_freed_memory
        from cutoutd.imaging.threads import set_num_threads
        from cutoutd.removal.inprocess import InProcessRemover
        from cutoutd.segmentation.sessions import Sessions

        keep_freed_memory()
        set_num_threads(self.threads)
        sessions = Sessions(self.options)
        sessions.warm()
        return InProcessRemover(sessions=sessions, limits=self.limits)
