"""The public models that background removal is asked of, by name and by version."""

import re
from dataclasses import dataclass
from typing import Any, Final

from cutoutd.errors import InvalidRequest, NotFound
from cutoutd.web.dialects.replicate.schemas import PredictionInput

HIDDEN: Final = "hidden"
"""The version of a model that is called by its name alone, as the vendor words it."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NAMED: Final = re.compile(r"(?P<name>[^/:\s]{1,100}/[^/:\s]{1,100})(?::(?P<version>\S{1,100}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the vendor's public models: whose it is, its version, the inputs it has."""

    name: str
    """`owner/name`."""
    version: str = HIDDEN
    inputs: tuple[str, ...] = ("image",)


ANY: Final = Model(name="cutoutd/background-removal", inputs=tuple(PredictionInput.model_fields))
"""What a version is a version of that nobody here knows."""

MODELS: Final = {
    model.name: model
    for model in (
        Model(
            name="851-labs/background-remover",
            version="a029dff38972b5fda4ec5d75d7d1cd25aeff621d2cf4946a41055d7db66b80bc",
            inputs=("image", "format", "reverse", "threshold", "background_type"),
        ),
        Model(
            name="bria/remove-background",
            inputs=("image", "image_url", "preserve_partial_alpha", "content_moderation"),
        ),
        Model(
            name="cjwbw/rembg",
            version="fb8af171cfa1616ddcf1242c093f9c46bcada5ad4cf6f2fbe8b81b330ec5c003",
        ),
        Model(
            name="lucataco/remove-bg",
            version="95fcc2a26d3899cd6c2691c900465aaeff466285a65c14638cc5f36f34befaf1",
        ),
        Model(
            name="men1scus/birefnet",
            version="f74986db0355b58403ed20963af156525e2891ea3c2d499bfbfb2a28cd87c5d7",
            inputs=("image", "resolution"),
        ),
        Model(name="recraft-ai/recraft-remove-background"),
        Model(
            name="smoretalk/rembg-enhance",
            version="4067ee2a58f6c161d434a9c077cfa012820b8e076efa2772aa171e26557da919",
        ),
        ANY,
    )
}


def model_of(name: str) -> Model:
    """The model of this `owner/name`. Raises NotFound for one that does something else."""
    if name not in MODELS:
        raise NotFound(f"There is no model {name[:100]} here; these are: {', '.join(MODELS)}.")
    return MODELS[name]


def versioned(text: str | None) -> tuple[Model, str]:
    """The model and the version that `version` names: a hash, `owner/name:hash`, `owner/name`.

    Any hash will do: what it was a version of, the inputs' names tell. Raises InvalidRequest.
    """
    text = (text or "").strip()
    if not text:
        raise InvalidRequest("version is required.", field="version")
    named = _NAMED.fullmatch(text)
    name, version = (named["name"], named["version"]) if named else (None, text)
    if version is None:
        if name not in MODELS:
            raise InvalidRequest(f"version: {name} is no model here.", field="version")
        return MODELS[name], MODELS[name].version
    if not is_version(version):
        raise InvalidRequest("version: must be a version's 64 digits.", field="version")
    return _owner(version, name), version


def is_version(text: str) -> bool:
    """Whether the text could be a version's id."""
    return text == HIDDEN or _HASH.fullmatch(text) is not None


def schema_of(model: Model) -> dict[str, Any]:
    """The OpenAPI document of a version, of which clients read `Input` and `Output`."""
    fields = PredictionInput.model_json_schema()["properties"]
    properties = {
        name: {**fields[name], "x-order": place} for place, name in enumerate(model.inputs)
    }
    return {
        "openapi": "3.0.2",
        "info": {"title": model.name, "version": "0.1.0"},
        "paths": {},
        "components": {
            "schemas": {
                "Input": {
                    "type": "object",
                    "title": "Input",
                    "required": [] if "image_url" in model.inputs else ["image"],
                    "properties": properties,
                },
                "Output": {"type": "string", "title": "Output", "format": "uri"},
            }
        },
    }


def _owner(version: str, name: str | None) -> Model:
    """Whose version this is: the named model's, the one that is known to have it, or any."""
    if name in MODELS:
        return MODELS[name]
    return next((one for one in MODELS.values() if version == one.version != HIDDEN), ANY)
