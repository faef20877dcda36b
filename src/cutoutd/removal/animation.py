"""An animation stays one: every frame cut out, with one mask over time.

The network judges each frame afresh, and differently where nothing changed: edges would flicker.
So its probabilities are smoothed along time, in both directions, wherever the frames show the same.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import ImageFormat, Output, RemoveBackground
from cutoutd.errors import InvalidRequest, SourceRejected
from cutoutd.imaging.animate import ANIMATED, encode_animation
from cutoutd.imaging.frames import Frame, read_animation, read_frames
from cutoutd.imaging.kernels import Plane
from cutoutd.imaging.picture import Picture
from cutoutd.imaging.resize import as_image
from cutoutd.removal.model import Encoded
from cutoutd.removal.outputs import Finished, encoded_as, lay_out

WATCHED = 160
"""Side in px of what is kept of each frame, to see where it changes."""
CHANGE = 6.0
"""Levels of change at which a frame begins to be judged by itself."""
MEMORY = 0.9
"""Weight of the frame before, where nothing changes."""


Predict = Callable[[Picture], Plane]
"""What the network says of one frame: (h, w), 0..1, or NaN."""
Cut = Callable[[Picture, Plane], Finished]
"""All stages between the network and the encoder."""


def check_frames_can_be_kept(command: RemoveBackground) -> None:
    """Raises InvalidRequest for what would make frames differ in size, or cannot hold them."""
    moved = (("crop", command.crop), ("scale", command.placement), ("size", command.canvas))
    for field, wanted in moved:
        if wanted is not None:
            raise InvalidRequest(
                f"{field}: an animation is neither cropped nor placed.", field=field
            )
    for output in command.outputs:
        if _format(output) not in ANIMATED:
            raise InvalidRequest("Only webp, png and gif hold frames.", field="format")


def remove_from_frames(
    data: bytes,
    command: RemoveBackground,
    *,
    predict: Predict,
    cut: Cut,
    max_pixels: int,
    budget: int,
) -> tuple[tuple[Encoded, ...], tuple[str, ...]]:
    """Every output as an animation, and the notes of all frames.

    budget: frames times pixels. Raises SourceRejected beyond it, and for damaged frames;
    InvalidRequest as `check_frames_can_be_kept`.
    """
    check_frames_can_be_kept(command)
    animation = read_animation(data, max_pixels=max_pixels, budget=budget)

    def frames() -> Iterator[Frame]:
        return read_frames(data, animation.length, max_pixels=max_pixels)

    seen, found = _judge(frames(), predict)
    if not found:
        raise SourceRejected("The animation has no whole frame.", reason="corrupt")
    smoothed = smooth_over_time(seen, found)
    finished, durations = [], []
    for frame, probability in zip(frames(), smoothed, strict=True):
        finished.append(cut(frame.picture, probability))
        durations.append(frame.duration_ms)
    images = tuple(
        _encode(output, finished, durations, animation.loops) for output in command.outputs
    )
    return images, tuple(dict.fromkeys(note for one in finished for note in one.notes))


def smooth_over_time(seen: list[NDArray[np.uint8]], found: list[Plane]) -> list[Plane]:
    """Probabilities that stay the same where frames do.

    seen: (h, w, 3) of each frame, small; found: (H, W), 0..1, or NaN, of each.
    """
    weights = [_weights(one, other, found[0].shape) for one, other in pairwise(seen)]
    ahead = _followed(found, weights)
    back = _followed(found[::-1], weights[::-1])[::-1]
    half = np.float32(0.5)
    return [(one + other) * half for one, other in zip(ahead, back, strict=True)]


def _followed(found: list[Plane], weights: list[Plane]) -> list[Plane]:
    smoothed = found[:1]
    for probability, weight in zip(found[1:], weights, strict=True):
        smoothed.append(probability + weight * (smoothed[-1] - probability))
    return smoothed


def _weights(one: NDArray[np.uint8], other: NDArray[np.uint8], shape: tuple[int, ...]) -> Plane:
    """How much a frame keeps of the one before, (H, W): MEMORY where both are the same."""
    change = np.abs(one.astype(np.float32) - other).max(axis=2)
    weight: Plane = (MEMORY * np.exp(-((change / CHANGE) ** 2))).astype(np.float32)
    rows = np.arange(shape[0]) * len(one) // shape[0]
    columns = np.arange(shape[1]) * one.shape[1] // shape[1]
    spread: Plane = weight[np.ix_(rows, columns)]
    return spread


def _judge(
    frames: Iterable[Frame], predict: Predict
) -> tuple[list[NDArray[np.uint8]], list[Plane]]:
    """A small view of each frame, and what the network says of it alone."""
    seen, found = [], []
    for frame in frames:
        small = as_image(frame.picture.pixels).convert("RGB").resize((WATCHED, WATCHED))
        seen.append(np.asarray(small))
        found.append(np.asarray(predict(frame.picture), np.float32))
    return seen, found


def _encode(
    output: Output, finished: list[Finished], durations: list[int], loops: int | None
) -> Encoded:
    frames = [lay_out(output, one.pixels, one.alpha)[0] for one in finished]
    chosen = _format(output)
    data = encode_animation(frames, durations, chosen, loops=loops, quality=output.quality)
    alpha = np.max([one.alpha for one in finished], axis=0)
    return encoded_as(output, data, chosen, alpha)


def _format(output: Output) -> ImageFormat:
    """AUTO is PNG: whatever moves may become transparent."""
    return ImageFormat.PNG if output.format is ImageFormat.AUTO else output.format
