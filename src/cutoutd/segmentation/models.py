"""The registry: every model we know by name, as a table.

A model is a `ModelSpec`: how an image becomes its input tensor, which output is the mask and
what has to be done to it, where the weights come from and under which licence. A new model is
a new row; there is no class per model.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from cutoutd.command import Quality
from cutoutd.errors import ConfigurationError, InvalidRequest

WEIGHTS_IN_PACKAGE = Path(__file__).parent / "weights"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
LARGEST = 1024
"""Pixels of a shorter side that any model is shown, if there are as many."""
PROMPTS_EXTRA = "rembg"
"""The extra, and the package, that models with prompts need."""


class Subject(StrEnum):
    """What a model was trained to find."""

    GENERAL = "general"
    PERSON = "person"
    ANIME = "anime"
    CLOTHES = "clothes"
    PRODUCT = "product"


class Scale(StrEnum):
    """What the levels 0..255 are divided by before mean and std."""

    LEVELS = "levels"
    """255, always."""
    BRIGHTEST = "brightest"
    """The brightest level of the resized image, as rembg's sessions do."""


class Resampling(StrEnum):
    """The filter that resizes an image to the network's side."""

    LANCZOS = "lanczos"
    BOX = "box"
    """A longer side as means, a shorter one by repeating pixels: blur hides a subject that is
    small to a network trained on sharp photos."""


class Activation(StrEnum):
    """What turns the network's output into a probability."""

    NONE = "none"
    SIGMOID = "sigmoid"
    AUTO = "auto"
    """The logistic function, where some number is no probability."""


class Precision(StrEnum):
    """The arithmetic the weights are stored for."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


class Augmentation(NamedTuple):
    """What is shown of an image beside itself."""

    flip: bool = False
    """Its mirror image as well: twice the time."""
    zoom: bool = False
    """The box of a small subject as well."""


ONCE, FLIP = Augmentation(), Augmentation(flip=True)
FLIP_AND_ZOOM = Augmentation(flip=True, zoom=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A further file of a model that consists of several."""

    file: str
    url: str | None = None
    checksum: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One model: facts only."""

    name: str
    subject: Subject = Subject.GENERAL
    size: int
    """Side in px of the square that the whole image is resized to."""
    fast_size: int | None = None
    """The same at `fast`, where the network takes images of any side; None: no other."""
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    scale: Scale = Scale.LEVELS
    output: str | None = None
    """Name of the output that is the mask; None: the first that can be one by its shape."""
    outputs: int | None = None
    """How many outputs the file has, where that is known: one means there is nothing to cut."""
    classes: tuple[int, ...] = ()
    """Of a network with a channel for each class (logits): those that are the subject together.
    Empty: the mask is the only channel, the second of two, or the first of more."""
    activation: Activation = Activation.NONE
    stretch: bool = False
    """Stretch each prediction to 0..1 (its minimum to 0, its maximum to 1)."""
    balanced: Augmentation = ONCE
    high: Augmentation = FLIP_AND_ZOOM
    """What the qualities of these names show it; `fast` is once, whatever the model."""
    reducing_gap: float | None = None
    """Pillow's shortcut when shrinking: box-reduce to this many times the size first."""
    resampling: Resampling = Resampling.LANCZOS
    file: str
    """Name of the ONNX file."""
    folder: Path | None = None
    """Where the file is, if that is fixed; None: wherever weights are looked for."""
    url: str | None = None
    checksum: str | None = None
    """`md5:` or `sha256:` and the hexadecimal digest of the file."""
    int8: Part | None = None
    """The same network in eight bits, for a CPU with VNNI; None: there is no such file."""
    parts: tuple[Part, ...] = ()
    """The files that it needs beside the first."""
    prompts: bool = False
    """Whether it has to be told what is meant; rembg's session runs it (the extra `rembg`)."""
    megabytes: int | None = None
    """About how large the file is, where that was published; for people to plan with."""
    remote: str | None = None
    """`host:port/model` of an inference server that runs it instead of us (KServe v2, gRPC)."""
    licence: str
    commercial: bool
    """Whether the licence allows commercial use."""
    source: str
    """Where the weights were published, for people to read."""
    precision: Precision = Precision.FP32
    variant_of: str | None = None
    """The model that this one is a cheaper version of."""

    def augmentation(self, quality: Quality) -> Augmentation:
        """What is shown of an image beside itself."""
        shown = {Quality.BALANCED: self.balanced, Quality.HIGH: self.high}
        return shown.get(quality, ONCE)

    def at(self, quality: Quality) -> "ModelSpec":
        """The same model with the side that this quality shows it."""
        if self.fast_size is None or quality is not Quality.FAST:
            return self
        return replace(self, size=self.fast_size)

    def in_int8(self) -> "ModelSpec":
        """The same model from its file in eight bits, which there has to be."""
        assert self.int8 is not None
        file, checksum = self.int8.file, self.int8.checksum
        return replace(self, file=file, checksum=checksum, precision=Precision.INT8, int8=None)

    @property
    def sees(self) -> int:
        """Pixels of an image's shorter side, beyond which more change nothing to speak of."""
        return LARGEST if self.reducing_gap is None else round(self.size * self.reducing_gap)


EMBEDDED = ModelSpec(
    name="cutoutd-small",
    size=384,
    fast_size=320,
    outputs=1,
    reducing_gap=2.0,
    resampling=Resampling.BOX,
    file="cutoutd-small.onnx",
    checksum="sha256:0722ff49efd28c2e181f5464fde74a664eeac5f6c0b8381001db6a0ba6aaf8e5",
    int8=Part(
        file="cutoutd-small-int8.onnx",
        checksum="sha256:b64f1f871f87602e025b2782fd5b9190c70d3abfbc80370f1dbeaaef0dc14c5d",
    ),
    high=FLIP,  # It was shown small subjects in training; a nearer look loses parts of them.
    megabytes=9,
    licence="Apache-2.0",
    commercial=True,
    source="cutoutd",
    folder=WEIGHTS_IN_PACKAGE,
)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory, as health, metrics and `doctor` name it."""

    name: str
    provider: str
    licence: str


class Registry(Mapping[str, ModelSpec]):
    """The known models by name; `default` is the one used when a request names none."""

    def __init__(self, specs: Iterable[ModelSpec], *, default: str = EMBEDDED.name) -> None:
        self._specs = {spec.name: spec for spec in specs}
        if default not in self._specs:
            raise ConfigurationError(
                f"The default model {default!r} is not known. Known models: {self._names()}."
            )
        self.default = self._specs[default]

    def __getitem__(self, name: str) -> ModelSpec:
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def named(self, name: str | None) -> ModelSpec:
        """The model of that name, or the default. Raises InvalidRequest(field="model")."""
        if name is None:
            return self.default
        try:
            return self._specs[name]
        except KeyError as exc:
            raise InvalidRequest(
                f"There is no model {name!r}. Known models: {self._names()}.", field="model"
            ) from exc

    def _names(self) -> str:
        return ", ".join(sorted(self._specs))
