"""Many images through one remover."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from tests.scenes import ball

from cutoutd import Cutout, CutoutError, InvalidRequest, Remover, SourceRejected

WIDTHS = (64, 96, 80, 72)
BALLS = [ball(width, 60) for width in WIDTHS]


def test_many_come_in_their_order_and_progress_is_told() -> None:
    told: list[int] = []
    with Remover() as remover:
        made = list(remover.map(BALLS, parallel=3, progress=lambda done, _: told.append(done)))
    assert [one.width for one in made] == list(WIDTHS)
    assert told == [1, 2, 3, 4]


def test_no_more_are_taken_than_are_worked_on() -> None:
    taken: list[int] = []

    def images() -> Iterator[np.ndarray]:
        for number in range(50):
            taken.append(number)
            yield BALLS[0]

    made = Remover().map(images(), parallel=2)
    next(made)
    assert len(taken) <= 3


def test_an_image_that_cannot_be_used_ends_the_run_or_stands_in_its_place() -> None:
    remover, images = Remover(), [BALLS[0], b"no image", BALLS[1]]
    with pytest.raises(SourceRejected):
        list(remover.map(images))
    kept: list[Cutout | CutoutError] = list(remover.map(images, errors="return"))
    assert [isinstance(one, CutoutError) for one in kept] == [False, True, False]


def test_options_of_a_call_go_before_those_of_the_remover() -> None:
    remover = Remover(size="40x40", background="red")
    assert remover(BALLS[0]).array[0, 0].tolist() == [255, 0, 0, 255]
    assert remover(BALLS[0], background="blue").array[0, 0].tolist() == [0, 0, 255, 255]


def test_wrong_options_are_refused_at_once() -> None:
    with pytest.raises(InvalidRequest, match="sise: there is no such option"):
        Remover(sise="9x9")  # type: ignore[call-arg]


def test_threads_may_share_a_remover() -> None:
    remover, made = Remover(), []
    threads = [threading.Thread(target=lambda: made.append(remover(BALLS[0]))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.tobytes() for one in made}) == 1
