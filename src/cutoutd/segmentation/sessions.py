"""The loaded models of a process: opened once, warmed, lent, and dropped when memory is short."""

import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from cutoutd.errors import ConfigurationError, InvalidRequest
from cutoutd.segmentation.cores import resident_bytes
from cutoutd.segmentation.models import (
    EMBEDDED,
    PROMPTS_EXTRA,
    LoadedModel,
    ModelSpec,
    Registry,
)
from cutoutd.segmentation.options import DEFAULTS, ProviderName, SegmentationOptions
from cutoutd.segmentation.own import own_models, self_described
from cutoutd.segmentation.providers import choose
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.segmentation.weights import Weights, rembg_folders

if TYPE_CHECKING:  # Who only asks which models there are loads no runtime and no arrays.
    from cutoutd.segmentation.opening import OpenModel

MEGABYTE = 1 << 20

log = logging.getLogger(__name__)


def open_registry(options: SegmentationOptions) -> Registry:
    """The embedded model, what rembg publishes, and the operator's own, which may replace them.

    Raises ConfigurationError for a wrong description, or a default that nobody knows.
    """
    known = [EMBEDDED, *PUBLISHED]
    if options.folder is not None:
        known += own_models(options.folder)
        known += _self_described(options.folder, {spec.file for spec in known})
    return Registry(known, default=options.default)


def _self_described(folder: Path, known: Collection[str]) -> Iterator[ModelSpec]:
    """The models whose ONNX files say themselves what they need."""
    for path in sorted(folder.glob("*.onnx")):
        if path.name not in known:
            from cutoutd.segmentation.runtimes.onnx import metadata

            if spec := self_described(path, metadata(path)):
                yield spec


def open_weights(options: SegmentationOptions) -> Weights:
    """The files of all models, with rembg's folders as further places to look."""
    return Weights(options.folder, shared=rembg_folders(os.environ), mirrors=options.mirrors)


@dataclass(slots=True)
class _Place:
    """One model in memory, or on its way there. Guarded by `Sessions._lock`."""

    spec: ModelSpec
    opening: Lock = field(default_factory=Lock)
    session: "OpenModel | None" = None
    borrowers: int = 0
    last_used: float = 0.0
    memory: int = 0


class Sessions:
    """Models by name, each opened once, however many ask for it at the same time."""

    def __init__(
        self,
        options: SegmentationOptions = DEFAULTS,
        *,
        registry: Registry | None = None,
        weights: Weights | None = None,
        opened: "Callable[[ModelSpec], OpenModel] | None" = None,
        memory: Callable[[], int] = resident_bytes,
    ) -> None:
        self.options = options
        self.registry = registry or open_registry(options)
        self.weights = weights or open_weights(options)
        self._opened = opened or self._open
        self._memory = memory
        self._places: dict[str, _Place] = {}
        self._lock = Lock()

    def check(self) -> list[ModelSpec]:
        """What has to be loaded before the first request, found to be possible; loads nothing.

        Raises ConfigurationError with the remedy: a provider that is missing, a model that is
        unknown, not here, or not allowed.
        """
        _check_provider(self.options.provider)
        specs = []
        for name in dict.fromkeys([self.options.default, *self.options.preload]):
            spec = self.registry.get(name)
            if spec is None:
                raise ConfigurationError(f"There is no model {name!r} to preload.")
            self._permit(spec, ConfigurationError)
            if not (self.options.auto_pull or spec.remote):
                self.weights.require(spec)
            specs.append(spec)
        return specs

    def warm(self) -> None:
        """Load what is needed from the first request on.

        Raises ConfigurationError if the default or a preloaded model cannot be opened.
        """
        for spec in self.check():
            self._give_back(self._lend(spec))

    @contextmanager
    def get(self, name: str | None) -> "Iterator[OpenModel]":
        """Lend the model of that name (None: the default), opening it if need be.

        Raises InvalidRequest(field="model") for a name nobody knows, a model that may not be
        used here, or one whose weights are not on this machine.
        """
        spec = self.registry.named(name)
        self._permit(spec, _refused)
        if spec.prompts and not find_spec(PROMPTS_EXTRA):
            raise _refused(
                f"The model {spec.name!r} needs an extra on this server; its operator can run "
                f"`pip install cutoutd[{PROMPTS_EXTRA}]`."
            )
        if not self._obtainable(spec):
            raise _refused(
                f"The model {spec.name!r} is not on this server; its operator can run "
                f"`cutoutd models pull {spec.name}`."
            )
        place = self._lend(spec)
        try:
            assert place.session is not None
            yield place.session
        finally:
            self._give_back(place)

    def usable(self, name: str) -> bool:
        """Whether a request may name this model: it is known, permitted, and here."""
        spec = self.registry.get(name)
        if spec is None or (spec.prompts and not find_spec(PROMPTS_EXTRA)):
            return False
        return self._permitted(spec) and self._obtainable(spec)

    def loaded(self) -> "list[OpenModel]":
        """The models in memory, for health, metrics and `doctor`."""
        with self._lock:
            return [place.session for place in self._places.values() if place.session]

    def _permitted(self, spec: ModelSpec) -> bool:
        return spec.commercial or self.options.allow_non_commercial

    def _obtainable(self, spec: ModelSpec) -> bool:
        return bool(self.options.auto_pull or spec.remote or self.weights.find(spec))

    def models(self) -> list[LoadedModel]:
        """What is loaded, as plain values that can be sent elsewhere."""
        return [LoadedModel(one.name, one.provider, one.spec.licence) for one in self.loaded()]

    def _permit(self, spec: ModelSpec, error: Callable[[str], Exception]) -> None:
        if not self._permitted(spec):
            raise error(
                f"The model {spec.name!r} is licensed {spec.licence}, not for commercial use; "
                "its operator can allow such models with CUTOUTD_MODELS_ALLOW_NON_COMMERCIAL."
            )

    def _lend(self, spec: ModelSpec) -> _Place:
        with self._lock:
            place = self._places.setdefault(spec.name, _Place(spec))
            place.borrowers += 1
        try:
            with place.opening:
                if place.session is None:
                    before = self._memory()
                    place.session = self._opened(spec)
                    place.memory = max(self._file_bytes(spec), self._memory() - before)
        except BaseException:
            self._give_back(place)
            raise
        self._make_room()
        return place

    def _give_back(self, place: _Place) -> None:
        with self._lock:
            place.borrowers -= 1
            place.last_used = monotonic()
            if place.session is None and not place.borrowers:
                self._places.pop(place.spec.name, None)

    def _make_room(self) -> None:
        """Drop the least recently used models that nobody uses until the rest fits."""
        budget = self.options.memory_budget_mb * MEGABYTE
        with self._lock:
            idle = sorted(
                (p for p in self._places.values() if not p.borrowers), key=lambda p: p.last_used
            )
            held = sum(p.memory for p in self._places.values())
            while budget and held > budget and idle:
                place = idle.pop(0)
                del self._places[place.spec.name]
                held -= place.memory
                log.info("dropped the model %s to stay within memory", place.spec.name)

    def _file_bytes(self, spec: ModelSpec) -> int:
        """The least that a model can take: the kernel may reuse memory that others gave back."""
        file = self.weights.find(spec)
        return file.stat().st_size if file else 0

    def _open(self, spec: ModelSpec) -> "OpenModel":
        from cutoutd.segmentation.opening import open_model

        return open_model(spec, self.options, self.weights)


def _check_provider(wanted: ProviderName) -> None:
    """Raises ConfigurationError if it is missing. The CPU is in every build: nothing is asked."""
    if wanted is not ProviderName.CPU:
        from cutoutd.segmentation.session import usable_providers

        choose(wanted, usable_providers())


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(message, field="model")
