"""Models of the operator's own: a folder with `model.onnx` and `model.toml`, or one ONNX file
that describes itself.

    models/shoes/model.onnx          models/shoes.onnx, its metadata with the keys below,
    models/shoes/model.toml          each prefixed by `cutoutd.`

    size = 512                       # the only key that is required beside the licence
    licence = "proprietary"
    mean = [0.5, 0.5, 0.5]           # see ModelSpec for the rest

A model with `prompts = true` has Segment Anything's encoder in `model.onnx` and its decoder in
`decoder.onnx`. A remote model is a folder with a `model.toml` alone that has
`remote = "host:8001/name"`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.models import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Activation,
    ModelSpec,
    Part,
    Precision,
    Resampling,
    Scale,
    Subject,
)

PREFIX = "cutoutd."
LARGEST_SIDE = 4096
DECODER = "decoder.onnx"
Triple = tuple[float, float, float]


class ModelFile(BaseModel):
    """What `model.toml` or the file's metadata may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(gt=0, le=LARGEST_SIDE)
    fast_size: int | None = Field(None, gt=0, le=LARGEST_SIDE)
    licence: str = Field(min_length=1)
    subject: Subject = Subject.GENERAL
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD
    scale: Scale = Scale.LEVELS
    output: str | None = None
    classes: tuple[int, ...] = ()
    activation: Activation = Activation.AUTO
    stretch: bool = False
    reducing_gap: float | None = Field(None, ge=1)
    resampling: Resampling = Resampling.LANCZOS
    checksum: str | None = Field(None, pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")
    prompts: bool = False
    remote: str | None = Field(None, pattern=r"^[^/\s]+:\d+/[^/\s]+$")
    commercial: bool = True
    source: str = ""
    precision: Precision = Precision.FP32
    variant_of: str | None = None


def own_models(folder: Path) -> list[ModelSpec]:
    """The models described in a folder, by name. Raises ConfigurationError naming the file."""
    return [
        _spec(path.parent.name, path, _toml(path), folder=path.parent, file="model.onnx")
        for path in sorted(folder.glob("*/model.toml"))
    ]


def self_described(path: Path, metadata: Mapping[str, str]) -> ModelSpec | None:
    """The model in an ONNX file with our metadata, or None if it has none of it.

    metadata: the file's own key-value pairs; lists are comma-separated.
    """
    ours = {k.removeprefix(PREFIX): v for k, v in metadata.items() if k.startswith(PREFIX)}
    if not ours:
        return None
    values: dict[str, Any] = {
        key: tuple(value.split(",")) if key in ("mean", "std", "classes") else value
        for key, value in ours.items()
    }
    return _spec(path.stem, path, values, folder=path.parent, file=path.name)


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{_shown(path)} cannot be read: {exc}") from exc


def _spec(
    name: str, path: Path, values: Mapping[str, Any], *, folder: Path, file: str
) -> ModelSpec:
    try:
        facts = ModelFile.model_validate(values)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{_shown(path)}: {key}: {first['msg']}") from exc
    if facts.remote is None and not (folder / file).is_file():
        raise ConfigurationError(f"{_shown(path)} has no {file} beside it.")
    parts = (Part(file=DECODER),) if facts.prompts else ()
    if parts and not (folder / DECODER).is_file():
        raise ConfigurationError(f"{_shown(path)} has no {DECODER} beside it.")
    if 0.0 in facts.std:
        raise ConfigurationError(f"{_shown(path)}: std: must not contain 0")
    return ModelSpec(name=name, folder=folder, file=file, parts=parts, **facts.model_dump())


def _shown(path: Path) -> str:
    return str(Path(path.parent.name) / path.name)
