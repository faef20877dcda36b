"""An animation stays one: its frames, their timing, and a mask that does not flicker."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutoutd.command import Crop, Frames, ImageFormat, Output, Quality, RemoveBackground, Source
from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.removal.animation import smooth_over_time
from cutoutd.removal.model import ImagingLimits, Removal
from cutoutd.removal.pipeline import remove_background

STAYS_MS = [40, 120, 60, 500]
SOURCES = (Source(artifact="inputs/a"),)


class Bright:
    """Finds what is bright, a little differently each time."""

    name = "bright"
    provider = "test"
    sees = 1024

    def grid(self, _quality: object) -> None:
        """It wants the pixels."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(3)

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        side = pixels[..., :3].max(axis=2).astype(np.float32) / 255
        noise = self._random.normal(0, 0.05, side.shape).astype(np.float32)
        return np.clip(side + noise, 0, 1)


def frame(place: int) -> Image.Image:
    """A bright square that moves over a dark ground, and one that stays."""
    pixels = np.full((60, 90, 3), 20, np.uint8)
    pixels[5:20, 5 + 15 * place : 20 + 15 * place] = (250, 60, 60)
    pixels[35:55, 30:60] = (60, 240, 90)
    return Image.fromarray(pixels)


def animation(name: str, length: int = 4, **options: object) -> bytes:
    file = io.BytesIO()
    first, *others = (frame(place % 5) for place in range(length))
    durations = (STAYS_MS * length)[:length]
    more = {"duration": durations, "loop": 0, **options} if name != "TIFF" else options
    first.save(file, name, save_all=True, append_images=others, **more)
    return file.getvalue()


def removed(data: bytes, written: ImageFormat, **asked: object) -> Removal:
    command = RemoveBackground(
        sources=SOURCES,
        frames=Frames.ALL,
        foreground_estimation=False,
        outputs=(Output(format=written, quality=100),),
        **asked,  # type: ignore[arg-type]
    )
    return remove_background(data, command, Bright())


def shown(data: bytes) -> tuple[NDArray[np.uint8], list[int]]:
    """(n, H, W, 4) as a player shows it, and how long each stays."""
    frames, durations = [], []
    with Image.open(io.BytesIO(data)) as image:
        for place in range(getattr(image, "n_frames", 1)):
            image.seek(place)
            image.load()
            frames.append(np.asarray(image.convert("RGBA")))
            durations.append(round(image.info.get("duration", 0)))
    return np.array(frames), durations


@pytest.mark.parametrize("written", [ImageFormat.WEBP, ImageFormat.PNG, ImageFormat.GIF])
@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_every_frame_is_cut_out_and_stays_as_long(name: str, written: ImageFormat) -> None:
    removal = removed(animation(name), written)
    frames, durations = shown(removal.images[0].data)
    assert durations == ([100] * 4 if name == "TIFF" else STAYS_MS)
    for place, pixels in enumerate(frames):
        assert pixels[12, 12 + 15 * place, 3] > 200
        assert pixels[45, 45, 3] > 200
        before = 12 + 15 * (place - 1 if place else 3)
        assert pixels[12, before, 3] < 60, "what a frame showed is gone in the next"
    assert removal.notes == ()
    assert removal.images[0].media_type == f"image/{written}"


def test_the_first_frame_alone_says_how_many_were_left_out() -> None:
    command = RemoveBackground(sources=SOURCES)
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        removal = remove_background(animation(name), command, Bright())
        assert removal.notes == ("frames_left_out:3",), name


def test_a_still_picture_is_one_whatever_is_said_of_frames() -> None:
    file = io.BytesIO()
    frame(0).save(file, "PNG")
    removal = removed(file.getvalue(), ImageFormat.JPEG)
    assert removal.images[0].media_type == "image/jpeg"


def test_where_nothing_changes_the_mask_hardly_does() -> None:
    random = np.random.default_rng(1)
    still = [np.zeros((160, 160, 3), np.uint8)] * 8
    found = [np.full((32, 32), 0.5) + random.normal(0, 0.1, (32, 32)) for _ in still]
    smoothed = smooth_over_time(still, [one.astype(np.float32) for one in found])
    before, after = (np.abs(np.diff(frames, axis=0)).mean() for frames in (found, smoothed))
    assert after < before / 5


def test_where_something_changes_the_mask_follows_at_once() -> None:
    moving = [np.full((160, 160, 3), 60 * place, np.uint8) for place in range(4)]
    found = [np.full((32, 32), place / 4, np.float32) for place in range(4)]
    np.testing.assert_allclose(smooth_over_time(moving, found), found, atol=1e-6)


def test_more_frames_than_the_budget_are_refused_from_the_headers() -> None:
    class Never(Bright):
        def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
            raise AssertionError

    command = RemoveBackground(
        sources=SOURCES, frames=Frames.ALL, outputs=(Output(format=ImageFormat.GIF),)
    )
    limits = ImagingLimits(max_animation_pixels=1_000_000)
    for name in ("GIF", "WEBP", "PNG", "TIFF"):
        with pytest.raises(SourceRejected, match="at most 10 of 90 x 60 pixels") as refused:
            remove_background(animation(name, 11), command, Never(), limits=limits)
        assert refused.value.reason == "too_many_frames"


@pytest.mark.parametrize(
    ("written", "asked", "field"),
    [(ImageFormat.JPEG, {}, "format"), (ImageFormat.PNG, {"crop": Crop()}, "crop")],
)
def test_what_frames_cannot_have_is_refused(
    written: ImageFormat, asked: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        removed(animation("GIF"), written, **asked)
    assert refused.value.field == field


def test_frames_are_never_looked_at_nearer() -> None:
    asked = []

    class Recording(Bright):
        def predict(
            self, pixels: NDArray[np.uint8], _prompt: object, quality: Quality
        ) -> NDArray[np.float32]:
            asked.append(quality)
            return super().predict(pixels)

    command = RemoveBackground(
        sources=SOURCES,
        quality=Quality.HIGH,
        frames=Frames.ALL,
        outputs=(Output(format=ImageFormat.GIF),),
    )
    remove_background(animation("GIF"), command, Recording())
    assert set(asked) == {Quality.BALANCED}
