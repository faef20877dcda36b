from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.segmentation.networks import a_spec, write_network

from cutoutd.command import Quality
from cutoutd.errors import ConfigurationError, ProcessingFailed
from cutoutd.segmentation.models import EMBEDDED, ModelSpec
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session


def a_disc_on_a_plain_ground() -> np.ndarray:
    y, x = np.mgrid[:300, :400]
    disc = (x - 200) ** 2 + (y - 150) ** 2 < 90**2
    return np.where(disc[..., None], [200, 40, 30], [90, 140, 200]).astype(np.uint8)


class Fixed:
    """A runner that gives one answer, or fails."""

    takes_batches = takes_any_side = False

    def __init__(self, answer: np.ndarray | None, provider: str = "cpu") -> None:
        self.answer = answer
        self.provider = provider
        self.shapes: list[tuple[int, ...]] = []

    @property
    def runs(self) -> int:
        return len(self.shapes)

    def run(self, tensor: np.ndarray) -> np.ndarray:
        self.shapes.append(tensor.shape)
        if self.answer is None:
            raise ProcessingFailed("The device was lost.")
        return self.answer


def a_session(answer: np.ndarray, **facts: object) -> Session:
    spec = a_spec(Path("fixed.onnx"), **facts)
    return Session(spec, [Fixed(answer)])


GREY = np.full((40, 60, 3), 128, np.uint8)


def test_the_embedded_model_finds_the_subject_of_a_plain_picture() -> None:
    assert EMBEDDED.folder is not None
    session = open_session(EMBEDDED, EMBEDDED.folder / EMBEDDED.file, RunnerOptions(threads=1))
    mask = session.predict(a_disc_on_a_plain_ground())

    assert (session.name, session.provider) == ("cutoutd-small", "cpu")
    assert mask.shape == (EMBEDDED.size, EMBEDDED.size)
    assert mask.dtype == np.float32
    assert mask[144, 144] > 0.9
    assert mask[:20].max() < 0.1


def test_a_fast_look_is_a_smaller_one_where_the_network_takes_any_side() -> None:
    assert EMBEDDED.folder is not None
    spec = replace(EMBEDDED, fast_size=256)
    session = open_session(spec, EMBEDDED.folder / EMBEDDED.file, RunnerOptions(threads=1))

    fast, balanced = (
        session.predict(a_disc_on_a_plain_ground(), quality=quality)
        for quality in (Quality.FAST, Quality.BALANCED)
    )

    assert (fast.shape, balanced.shape) == ((256, 256), (EMBEDDED.size, EMBEDDED.size))
    assert fast[104, 104] > 0.9


def test_only_one_look_at_means_may_be_given_the_means_of_its_own_cells() -> None:
    assert EMBEDDED.folder is not None
    session = open_session(EMBEDDED, EMBEDDED.folder / EMBEDDED.file, RunnerOptions(threads=1))

    grids = [session.grid(quality) for quality in (Quality.FAST, Quality.BALANCED, Quality.HIGH)]

    assert grids == [EMBEDDED.fast_size, EMBEDDED.size, None]
    assert a_session(np.zeros((1, 1, 4, 4), np.float32)).grid(Quality.BALANCED) is None


def test_where_sides_are_fixed_a_fast_look_is_as_large_as_any() -> None:
    runner = Fixed(np.zeros((1, 1, 4, 4), np.float32))
    spec = a_spec(Path("fixed.onnx"), fast_size=2)

    Session(spec, [runner]).predict(GREY, quality=Quality.FAST)

    assert runner.shapes == [(1, 3, spec.size, spec.size)]


def test_a_prediction_that_is_no_number_stays_none_and_disturbs_no_other() -> None:
    mask = np.full((1, 1, 4, 4), np.nan, np.float32)
    mask[0, 0, 1, 1] = 0.75
    np.testing.assert_array_equal(a_session(mask).predict(GREY), mask[0, 0])
    mask[0, 0, 2, 2] = 0.25
    stretched = a_session(mask, stretch=True).predict(GREY)
    assert (stretched[1, 1], stretched[2, 2], np.isnan(stretched).sum()) == (1.0, 0.0, 14)
    for facts in ({"stretch": True}, {"activation": "sigmoid"}):
        everything_lost = np.full((1, 1, 4, 4), np.nan, np.float32)
        assert np.isnan(a_session(everything_lost, **facts).predict(GREY)).all()


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_flat_prediction_keeps_its_level(level: float) -> None:
    noise = np.random.default_rng(0).uniform(-1e-4, 1e-4, (1, 1, 8, 8)).astype(np.float32)
    mask = a_session(level + noise, stretch=True).predict(GREY)
    assert np.abs(mask - level).max() < 1e-3


def test_extreme_and_infinite_outputs_become_probabilities() -> None:
    raw = np.array([[[[-1e30, -np.inf], [np.inf, 1e30]]]], np.float32)
    for facts in ({}, {"activation": "sigmoid"}, {"activation": "sigmoid", "stretch": True}):
        mask = a_session(raw, **facts).predict(GREY)
        assert mask.tolist() == [[pytest.approx(0, abs=1e-30)] * 2, [1.0, 1.0]]


def test_an_output_without_a_channel_axis_is_a_mask_too() -> None:
    mask = np.random.default_rng(0).random((1, 8, 8), np.float32)
    assert np.array_equal(a_session(mask).predict(GREY), mask[0])


def test_outputs_beside_the_mask_are_cut_away_without_changing_it(tmp_path: Path) -> None:
    path = write_network(tmp_path / "tiny.onnx", outputs=5)
    picture = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)
    whole = open_session(a_spec(path, output="d1"), path).predict(picture)
    alone = write_network(tmp_path / "other.onnx", outputs=1)
    assert np.abs(open_session(a_spec(alone), alone).predict(picture) - whole).max() > 0.01
    first = open_session(a_spec(path), path).predict(picture)
    assert np.allclose(open_session(a_spec(alone), alone).predict(picture), first, atol=1e-6)


@pytest.mark.parametrize(
    ("network", "facts", "message"),
    [
        ({"side": 64}, {}, r"must have one input of .*\(N, 3, 32, 32\).*; tiny.onnx has: image"),
        ({"channels": 1}, {}, "must have one input"),
        ({}, {"output": "d9"}, "tiny.onnx has no output 'd9'; it has: d0"),
    ],
)
def test_a_model_of_another_kind_is_refused_with_what_it_has(
    network: dict[str, int], facts: dict[str, str], message: str, tmp_path: Path
) -> None:
    path = write_network(tmp_path / "tiny.onnx", **network)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=message):
        open_session(a_spec(path, **facts), path)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08"])
def test_a_file_that_is_no_model_is_refused_by_name_without_its_folder(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"broken\.onnx") as caught:
        open_session(a_spec(path), path)
    assert str(tmp_path) not in caught.value.message


def test_every_slot_runs_its_own_picture() -> None:
    runners = [Fixed(np.zeros((1, 1, 4, 4), np.float32)) for _ in range(3)]
    session = Session(a_spec(Path("x.onnx")), runners)
    session.warm()
    assert [runner.runs for runner in runners] == [1, 1, 1]
    session.predict(GREY)
    assert sum(runner.runs for runner in runners) == 4


def test_the_cpu_takes_over_from_a_provider_that_fails_if_it_may() -> None:
    answer = np.full((1, 1, 4, 4), 0.5, np.float32)
    spec: ModelSpec = a_spec(Path("x.onnx"))
    session = Session(spec, [Fixed(None, "cuda")], rescue=lambda: Fixed(answer))
    assert session.provider == "cuda"
    assert session.predict(GREY).tolist() == answer[0, 0].tolist()
    assert session.provider == "cpu"


def test_a_provider_that_fails_fails_the_picture_if_nothing_may_take_over() -> None:
    session = Session(a_spec(Path("x.onnx")), [Fixed(None, "cuda")])
    for _ in range(2):  # And its slot is free again.
        with pytest.raises(ProcessingFailed):
            session.predict(GREY)


def test_the_classes_that_are_the_subject_share_one_probability() -> None:
    logits = np.zeros((1, 4, 2, 2), np.float32)
    logits[0, :, 0, 0] = (0, 20, 0, 0)
    logits[0, :, 0, 1] = (0, 0, 20, 0)
    logits[0, 0, 1, 0] = 20
    mask = a_session(logits, classes=(1, 2)).predict(GREY)
    assert mask == pytest.approx(np.array([[1, 1], [0, 0.5]]), abs=1e-6)
    assert np.isnan(a_session(logits * np.nan, classes=(1,)).predict(GREY)).all()
