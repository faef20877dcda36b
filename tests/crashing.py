"""A Remover that does to its process what the image's bytes say."""

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cutoutd.command import RemoveBackground
from cutoutd.errors import ConfigurationError, SourceRejected
from cutoutd.removal.model import ExtraImages, Removal
from cutoutd.segmentation.models import LoadedModel

DONE = Removal(images=(), notes=(), timings_ms={}, width=1, height=1, model="none", provider="none")


@dataclass(frozen=True)
class Obedient:
    def models(self) -> list[LoadedModel]:
        return [LoadedModel("obedient", "none", "Apache-2.0")]

    def remove(
        self, data: bytes, command: RemoveBackground, *, extra: ExtraImages = ExtraImages()
    ) -> Removal:
        if data.startswith(b"killed-once:"):
            mark = Path(os.fsdecode(data.removeprefix(b"killed-once:")))
            if mark.exists():
                return replace(DONE, notes=("second try",))
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        match data:
            case b"segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case b"killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case b"hang":
                time.sleep(60)
            case b"gigabytes":
                np.ones(4_000_000_000, dtype=np.uint8)
            case b"refuse":
                raise SourceRejected("No.", reason="corrupt", field="image")
            case b"surprise":
                raise ZeroDivisionError
            case b"pid":
                return replace(DONE, width=os.getpid())
        return replace(DONE, notes=(data.decode(), (extra.background or b"").decode()))


def open_obedient() -> Obedient:
    return Obedient()


def open_nothing() -> Obedient:
    raise ConfigurationError("There is no model.")


def open_dead() -> Obedient:
    os._exit(3)


@dataclass(frozen=True)
class OpensOnce:
    """Opens as long as there is no file `broken` in the folder."""

    folder: Path

    def __call__(self) -> Obedient:
        if (self.folder / "broken").exists():
            raise ConfigurationError("There is no model.")
        return Obedient()
