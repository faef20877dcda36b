from pathlib import Path

import pytest
from tests.segmentation.networks import write_network

from cutoutd.command import Quality
from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.models import Activation, Scale, Subject
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.own import own_models
from cutoutd.segmentation.sessions import open_registry


def describe(folder: Path, text: str, *, name: str = "shoes", weights: bool = True) -> None:
    (folder / name).mkdir()
    (folder / name / "model.toml").write_text(text)
    if weights:
        write_network(folder / name / "model.onnx")


def test_every_key_of_a_description_has_its_effect(tmp_path: Path) -> None:
    describe(
        tmp_path,
        """
        size = 32
        fast_size = 24
        licence = "proprietary"
        subject = "product"
        mean = [0.5, 0.5, 0.5]
        std = [1, 1, 1]
        scale = "brightest"
        output = "d1"
        activation = "sigmoid"
        stretch = true
        commercial = false
        source = "our own photos"
        """,
    )
    (spec,) = own_models(tmp_path)
    assert (spec.name, spec.size, spec.licence) == ("shoes", 32, "proprietary")
    assert (spec.at(Quality.FAST).size, spec.at(Quality.BALANCED).size) == (24, 32)
    assert (spec.subject, spec.scale, spec.activation) == (
        Subject.PRODUCT,
        Scale.BRIGHTEST,
        Activation.SIGMOID,
    )
    assert (spec.mean, spec.std, spec.output) == ((0.5,) * 3, (1.0,) * 3, "d1")
    assert (spec.stretch, spec.commercial, spec.source) == (True, False, "our own photos")
    assert spec.folder == tmp_path / "shoes"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("size = 32", "licence: Field required"),
        ('licence = "x"', "size: Field required"),
        ('licence = "x"\nsize = 0', "size: Input should be greater than 0"),
        ('licence = "x"\nsize = 32\nsiez = 1', "siez: Extra inputs"),
        ('licence = "x"\nsize = 32\nstd = [1, 0, 1]', "std: must not contain 0"),
        ('licence = "x"\nsize = 32\nchecksum = "crc:1"', "checksum: String should match"),
        ("size = ", "cannot be read"),
    ],
)
def test_a_wrong_description_names_the_file_and_the_key(
    text: str, reason: str, tmp_path: Path
) -> None:
    describe(tmp_path, text)
    with pytest.raises(ConfigurationError, match=reason) as caught:
        own_models(tmp_path)
    assert caught.value.message.startswith("shoes/model.toml")


def test_a_description_without_weights_is_refused(tmp_path: Path) -> None:
    describe(tmp_path, 'licence = "x"\nsize = 32', weights=False)
    with pytest.raises(ConfigurationError, match=r"shoes/model\.toml has no model\.onnx beside it"):
        own_models(tmp_path)


def test_a_file_that_describes_itself_is_a_model(tmp_path: Path) -> None:
    facts = {"cutoutd.size": "32", "cutoutd.licence": "ours", "cutoutd.mean": "0.5,0.5,0.5"}
    write_network(tmp_path / "hats.onnx", metadata=facts)
    write_network(tmp_path / "stranger.onnx", metadata={"size": "32"})
    registry = open_registry(SegmentationOptions(folder=tmp_path))
    assert registry["hats"].mean == (0.5, 0.5, 0.5)
    assert registry["hats"].file == "hats.onnx"
    assert "stranger" not in registry


def test_an_own_model_may_replace_a_published_one(tmp_path: Path) -> None:
    describe(tmp_path, 'licence = "ours"\nsize = 32', name="u2net")
    assert open_registry(SegmentationOptions(folder=tmp_path))["u2net"].licence == "ours"


def test_a_model_with_prompts_needs_its_decoder(tmp_path: Path) -> None:
    describe(tmp_path, 'licence = "x"\nsize = 1024\nprompts = true')
    with pytest.raises(ConfigurationError, match=r"shoes/model.toml has no decoder.onnx beside it"):
        own_models(tmp_path)
