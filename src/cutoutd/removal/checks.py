"""What the maker of a finished image should know: where it touches the frame, and which rules of a
marketplace it does not meet.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import ReferenceBox, RemoveBackground, Rules
from cutoutd.command.notes import (
    ENDS_ABOVE_FRAME,
    ENLARGED,
    FILL_HIGH,
    FILL_LOW,
    NOT_WHITE,
    SMALL,
    TOUCHES_FRAME,
)
from cutoutd.imaging.geometry import bounding_box

VISIBLE = 8
"""Levels of alpha up to this one are no part of the subject: nobody sees them."""
SOFT = 1.5
"""Enlarged more often than this a subject looks soft."""
WHITE = (255, 255, 255, 255)
SIDES = ("left", "top", "right", "bottom")


def check_canvas(
    alpha: NDArray[np.uint8], factor: float, command: RemoveBackground
) -> tuple[str, ...]:
    """Notes on a subject on its canvas. alpha: (H, W); factor: that it was enlarged by."""
    box = bounding_box(alpha > VISIBLE)
    if box is None or command.canvas is None:
        return ()
    height, width = alpha.shape
    touched = (box[0] == 0, box[1] == 0, box[2] == width, box[3] == height)
    notes: list[str] = []
    if command.canvas.reference is ReferenceBox.HEAD:
        if not touched[3]:
            notes.append(ENDS_ABOVE_FRAME)
    elif any(touched):
        sides = [side for side, there in zip(SIDES, touched, strict=True) if there]
        notes.append(f"{TOUCHES_FRAME}:{'+'.join(sides)}")
    if factor >= SOFT:
        notes.append(f"{ENLARGED}:{factor:.1f}")
    if command.rules is not None:
        fill = max((box[2] - box[0]) / width, (box[3] - box[1]) / height)
        notes += _broken(command.rules, fill, max(width, height), command)
    return tuple(notes)


def _broken(rules: Rules, fill: float, side_px: int, command: RemoveBackground) -> Iterator[str]:
    """What is not as a marketplace wants it."""
    percent = round(fill * 100)
    if rules.min_fill is not None and percent < round(rules.min_fill * 100):
        yield f"{FILL_LOW}:{percent}:{round(rules.min_fill * 100)}:{rules.name}"
    if rules.max_fill is not None and percent > round(rules.max_fill * 100):
        yield f"{FILL_HIGH}:{percent}:{round(rules.max_fill * 100)}:{rules.name}"
    if rules.min_side_px is not None and side_px < rules.min_side_px:
        yield f"{SMALL}:{side_px}:{rules.min_side_px}:{rules.name}"
    if rules.white and (command.background is None or command.background.color != WHITE):
        yield f"{NOT_WHITE}:{rules.name}"
