import numpy as np
import pytest

from cutoutd.errors import InvalidRequest
from cutoutd.segmentation.sessions import SegmentationOptions, Sessions


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return Sessions(SegmentationOptions(threads=1))


def a_disc_on_a_plain_ground() -> np.ndarray:
    y, x = np.mgrid[:300, :400]
    disc = (x - 200) ** 2 + (y - 150) ** 2 < 90**2
    return np.where(disc[..., None], [200, 40, 30], [90, 140, 200]).astype(np.uint8)


def test_the_embedded_model_finds_the_subject_of_a_plain_picture(sessions: Sessions) -> None:
    with sessions.get(None) as session:
        mask = session.predict(a_disc_on_a_plain_ground())

    assert (session.name, session.provider) == ("cutoutd-small", "cpu")
    assert mask.shape == (288, 288)
    assert mask.dtype == np.float32
    assert mask[144, 144] > 0.9
    assert mask[:20].max() < 0.1


def test_a_model_is_loaded_once(sessions: Sessions) -> None:
    with sessions.get("cutoutd-small") as one, sessions.get(None) as two:
        assert one is two


def test_an_unknown_name_is_refused_with_the_known_ones(sessions: Sessions) -> None:
    with pytest.raises(InvalidRequest, match="cutoutd-small") as caught, sessions.get("u3net"):
        pass
    assert caught.value.field == "model"
