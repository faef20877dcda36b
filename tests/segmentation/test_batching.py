"""Many callers in one run of a network."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.segmentation.networks import a_spec, write_network
from tests.segmentation.pictures import drawn_pictures

from cutoutd.errors import ProcessingFailed
from cutoutd.segmentation.batching import Batcher, Batching
from cutoutd.segmentation.session import open_session

FOREVER_S = 30.0


class Doubling:
    """Doubles what it is given, and remembers how many came at once."""

    provider = "test"
    takes_batches = True
    takes_any_side = True

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.fails = False

    def run(self, tensor: np.ndarray) -> np.ndarray:
        self.sizes.append(len(tensor))
        if self.fails:
            raise ProcessingFailed("The device was lost.")
        return tensor[:, :1] * 2


def tensors(count: int) -> list[np.ndarray]:
    return [np.full((1, 3, 2, 2), number, dtype=np.float32) for number in range(count)]


def test_callers_who_come_together_share_one_run_and_get_their_own_answers() -> None:
    runner = Doubling()
    batcher = Batcher(runner, Batching(largest=4, wait_s=FOREVER_S))
    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(batcher.run, tensors(4)))
    assert [float(answer.max()) for answer in answers] == [0, 2, 4, 6]
    assert {answer.shape for answer in answers} == {(1, 1, 2, 2)}
    assert runner.sizes == [4]


def test_no_batch_is_larger_than_it_may_be() -> None:
    runner = Doubling()
    batcher = Batcher(runner, Batching(largest=3, wait_s=0.01))
    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(batcher.run, tensors(60)))
    assert [float(answer.max()) for answer in answers] == [2.0 * number for number in range(60)]
    assert max(runner.sizes) <= 3
    assert sum(runner.sizes) == 60


def test_a_caller_alone_does_not_wait_for_others_for_ever() -> None:
    runner = Doubling()
    batcher = Batcher(runner, Batching(largest=8, wait_s=0.001))
    assert batcher.run(tensors(2)[1]).max() == 2
    assert runner.sizes == [1]


def test_a_run_that_fails_fails_for_all_who_shared_it_and_for_nobody_after() -> None:
    runner = Doubling()
    runner.fails = True
    batcher = Batcher(runner, Batching(largest=2, wait_s=FOREVER_S))
    refused: list[ProcessingFailed] = []

    def call() -> None:
        with pytest.raises(ProcessingFailed) as caught:
            batcher.run(tensors(1)[0])
        refused.append(caught.value)

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    runner.fails = False
    with ThreadPoolExecutor(2) as pool:
        assert [a.max() for a in pool.map(batcher.run, tensors(2))] == [0, 2]
    assert len(refused) == 2


@pytest.mark.parametrize("count", ["N", 1], ids=["open", "fixed"])
def test_a_session_gives_the_same_masks_with_batches(tmp_path: Path, count: int | str) -> None:
    path = write_network(tmp_path / "net.onnx", outputs=1, count=count)
    alone = open_session(a_spec(path), path)
    together = open_session(a_spec(path), path, batching=Batching(largest=4, wait_s=0.05))
    together.warm()
    pictures = drawn_pictures(8)
    with ThreadPoolExecutor(8) as callers:
        masks = list(callers.map(together.predict, pictures))
    for picture, mask in zip(pictures, masks, strict=True):
        np.testing.assert_allclose(mask, alone.predict(picture), atol=1e-6)
    assert together.slots == (4 if count == "N" else 1)
