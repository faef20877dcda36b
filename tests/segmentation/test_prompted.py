"""Segment Anything in rembg's session, with small networks of ours."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.scenes import decoded, encoded
from tests.segmentation.sam import write_sam

from cutoutd.command import Length, Point, Prompt, Region, RemoveBackground, Unit
from cutoutd.errors import ConfigurationError, InvalidRequest, ProcessingFailed
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.digest import digest_of
from cutoutd.segmentation.models import EMBEDDED, Registry
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.prompted import PromptedSession, marks
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.segmentation.sessions import Sessions
from cutoutd.segmentation.weights import Weights

SAM = next(spec for spec in PUBLISHED if spec.name == "sam")


def percent(value: float) -> Length:
    return Length(value=value, unit=Unit.PERCENT)


def at(x: float, y: float, *, subject: bool = True) -> Prompt:
    return Prompt(points=(Point(x=percent(x), y=percent(y), subject=subject),))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_sam(tmp_path_factory.mktemp("sam"))


@pytest.fixture(scope="module")
def session(files: tuple[Path, Path]) -> PromptedSession:
    return PromptedSession(SAM, files)


@pytest.fixture(scope="module")
def two_things() -> NDArray[np.uint8]:
    """A white square on the left, a grey one on the right, black behind them."""
    picture = np.zeros((120, 240, 3), dtype=np.uint8)
    picture[30:90, 30:90] = 250
    picture[30:90, 150:210] = 128
    return picture


def test_the_prompt_decides_which_thing_is_the_subject(
    session: PromptedSession, two_things: NDArray[np.uint8]
) -> None:
    left, right = session.predict(two_things, at(25, 50)), session.predict(two_things, at(75, 50))
    assert (left[60, 60], left[60, 180]) == (1, 0)
    assert (right[60, 60], right[60, 180]) == (0, 1)


def test_a_place_can_be_surely_background(
    session: PromptedSession, two_things: NDArray[np.uint8]
) -> None:
    mask = session.predict(two_things, at(25, 50, subject=False))
    assert (mask[60, 60], mask[60, 180]) == (0, 1)


def test_without_a_prompt_the_middle_is_meant(
    session: PromptedSession, two_things: NDArray[np.uint8]
) -> None:
    mask = session.predict(two_things)
    assert (mask[60, 120], mask[60, 60]) == (1, 0)


def test_the_mask_is_that_of_rembgs_own_session(
    session: PromptedSession,
    files: tuple[Path, Path],
    two_things: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("U2NET_HOME", str(files[0].parent))
    from rembg import new_session

    asked = marks(at(25, 50), 240, 120)
    (expected,) = new_session("sam").predict(Image.fromarray(two_things), sam_prompt=asked)
    found = session.predict(two_things, at(25, 50))
    np.testing.assert_array_equal(found * 255, np.asarray(expected))


def test_a_fourth_channel_means_nothing(
    session: PromptedSession, two_things: NDArray[np.uint8]
) -> None:
    with_a_fourth = np.dstack([two_things, two_things[..., 0] // 2])
    found, expected = (session.predict(one, at(25, 50)) for one in (with_a_fourth, two_things))
    np.testing.assert_array_equal(found, expected)


def test_a_large_picture_is_shrunk_to_what_the_session_uses(session: PromptedSession) -> None:
    picture = np.zeros((900, 3000, 3), dtype=np.uint8)
    picture[:, 2000:] = 255
    mask = session.predict(picture, at(90, 50))
    assert mask.shape == (307, 1024)
    assert (mask[150, 1000], mask[150, 100]) == (1, 0)


def test_boxes_and_points_are_said_in_rembgs_words() -> None:
    box = Region(left=percent(10), top=percent(20), right=percent(50), bottom=percent(80))
    asked = replace(at(25, 50, subject=False), boxes=(box,))
    assert marks(asked, 200, 100) == [
        {"type": "point", "label": 0, "data": [50, 50]},
        {"type": "rectangle", "data": [20, 20, 100, 80]},
    ]


def test_weights_that_are_no_network_are_refused_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"no network")
    with pytest.raises(ConfigurationError, match=r"^wrong.onnx and wrong.onnx cannot be opened"):
        PromptedSession(SAM, [wrong, wrong])


def test_a_network_that_fails_fails_the_job(
    session: PromptedSession, two_things: NDArray[np.uint8]
) -> None:
    with pytest.raises(ProcessingFailed):
        session.predict(two_things, at(5000, 5000))


@pytest.fixture
def sessions(files: tuple[Path, Path]) -> Sessions:
    """With our two files under the name of the published ones."""
    encoder, decoder = (digest_of(file, "md5") for file in files)
    spec = replace(SAM, checksum=encoder, parts=(replace(SAM.parts[0], checksum=decoder),))
    return Sessions(
        SegmentationOptions(),
        registry=Registry([EMBEDDED, spec, *(one for one in PUBLISHED if one.name != "sam")]),
        weights=Weights(None, shared=[files[0].parent]),
    )


def test_a_request_may_name_it_once_both_files_are_here(
    sessions: Sessions, two_things: NDArray[np.uint8]
) -> None:
    with sessions.get("sam") as lent:
        assert lent.predict(two_things, at(25, 50)).any()
    assert sessions.usable("sam")
    assert not sessions.usable("sam-vit-l")


def test_the_pipeline_aims_in_pixels_of_the_upright_picture(sessions: Sessions) -> None:
    picture = np.zeros((1300, 2600, 3), dtype=np.uint8)
    picture[300:900, 300:900] = 250
    picture[300:900, 1600:2200] = 128
    prompt = Prompt(points=(Point(x=Length(value=1900), y=Length(value=600)),))
    with sessions.get("sam") as lent:
        removal = remove_background(
            encoded(picture, "PNG"), RemoveBackground(sources=(), model="sam", prompt=prompt), lent
        )
    alpha = decoded(removal.images[0].data).getchannel("A")
    assert (alpha.getpixel((1900, 600)), alpha.getpixel((600, 600))) == (255, 0)


def test_models_that_take_no_prompts_say_so() -> None:
    lends = Sessions(SegmentationOptions())
    with lends.get(None) as lent, pytest.raises(InvalidRequest, match="takes no prompts"):
        lent.predict(np.zeros((8, 8, 3), np.uint8), at(50, 50))
