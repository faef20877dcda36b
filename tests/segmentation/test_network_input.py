"""Whatever form a network was exported in, it opens and its mask is the same."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto
from tests.segmentation.networks import Form, a_spec, write_form

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import Activation
from cutoutd.segmentation.network_input import NetworkInput, first_mask
from cutoutd.segmentation.own import own_models
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import open_session

HALF, BYTES, DOUBLE = TensorProto.FLOAT16, TensorProto.UINT8, TensorProto.DOUBLE
RAMP = np.zeros((32, 32, 3), np.uint8)
RAMP[..., 0] = np.arange(0, 256, 8)
EXPECTED = 1 / (1 + np.exp(4 - 8 * RAMP[..., 0].astype(np.float32) / 255))

FORMS = {
    **{f"opset {version}": Form(opset=version) for version in range(11, 22)},
    "bytes": Form(takes=BYTES),
    "half in": Form(takes=HALF),
    "half out": Form(gives=HALF),
    "half": Form(takes=HALF, gives=HALF, logits=True),
    "double": Form(takes=DOUBLE, gives=DOUBLE),
    "bytes out": Form(gives=BYTES),
    "channels last": Form(nhwc=True, gives_nhwc=True),
    "bytes, channels last": Form(takes=BYTES, nhwc=True, gives_nhwc=True, gives=BYTES),
    "logits": Form(logits=True),
    "two channels": Form(channels=2),
    "two channels of logits": Form(channels=2, logits=True),
    "two channels, last": Form(channels=2, gives_nhwc=True),
    "open": Form(open_sides=True),
    "open, channels last": Form(open_sides=True, nhwc=True),
    "beside": Form(beside=("features", "score")),
    "shuffled": Form(shuffled=True),
    "shuffled, beside": Form(shuffled=True, beside=("score",)),
    "external": Form(external=True),
    "external, beside": Form(external=True, beside=("features",), shuffled=True),
}
PLAIN = {"mean": (0, 0, 0), "std": (1, 1, 1), "activation": Activation.AUTO}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_network_gives_the_same_mask(form: Form, tmp_path: Path) -> None:
    weights = write_form(tmp_path / "bright.onnx", form)
    graphs = PreparedGraphs(tmp_path / "prepared", smallest=0)
    spec = a_spec(weights, **PLAIN)
    for kept in (None, graphs, graphs):
        mask = open_session(spec, weights, RunnerOptions(graphs=kept, threads=1)).predict(RAMP)
        np.testing.assert_allclose(mask, EXPECTED, atol=0.005)


def test_bytes_are_what_a_picture_has_whatever_mean_and_std_say(tmp_path: Path) -> None:
    weights = write_form(tmp_path / "bright.onnx", Form(takes=BYTES))
    mask = open_session(a_spec(weights), weights, RunnerOptions(threads=1)).predict(RAMP)
    np.testing.assert_allclose(mask, EXPECTED, atol=0.001)


def test_an_own_model_needs_no_word_about_logits(tmp_path: Path) -> None:
    (tmp_path / "bright").mkdir()
    write_form(tmp_path / "bright" / "model.onnx", Form(logits=True))
    toml = 'size = 32\nlicence = "ours"\nmean = [0, 0, 0]\nstd = [1, 1, 1]\n'
    (tmp_path / "bright" / "model.toml").write_text(toml)
    (spec,) = own_models(tmp_path)
    weights = tmp_path / "bright" / "model.onnx"
    mask = open_session(spec, weights, RunnerOptions(threads=1)).predict(RAMP)
    np.testing.assert_allclose(mask, EXPECTED, atol=0.001)


@pytest.mark.parametrize("beside", [(), ("features",)])
def test_a_file_of_weights_that_is_missing_is_named(
    beside: tuple[str, ...], tmp_path: Path
) -> None:
    form = Form(external=True, beside=beside)
    weights = write_form(tmp_path / "bright.onnx", form)
    (tmp_path / "bright.onnx.data").unlink()
    with pytest.raises(ConfigurationError, match=r"bright\.onnx\.data") as refused:
        open_session(a_spec(weights), weights, RunnerOptions(threads=1))
    assert str(tmp_path) not in refused.value.message


def test_an_input_that_is_no_picture_is_refused_with_what_it_is(tmp_path: Path) -> None:
    weights = write_form(tmp_path / "bright.onnx", Form(), side=48)
    with pytest.raises(ConfigurationError, match=r"\(N, 3, 32, 32\).*\[1, 3, 48, 48\]"):
        open_session(a_spec(weights), weights, RunnerOptions(threads=1))


def test_of_several_outputs_the_first_that_can_be_a_mask_is_taken() -> None:
    scores, features, mask = ("s", [1, 1]), ("f", [1, 64, 32, 32]), ("m", [1, 1, 32, 32])
    assert first_mask([scores, features, mask]) == "m"
    assert first_mask([("pooled", [1, 1, 1, 1]), ("flat", ["n", 32, 32])]) == "flat"
    assert first_mask([("untold", None), mask]) == "untold"
    assert first_mask([scores, features]) == "s"


def test_a_shape_that_leaves_the_channels_open_has_them_first() -> None:
    opened = NetworkInput.of([None, None, None, None], np.float32, 32)
    assert opened is not None
    assert not opened.channels_last
