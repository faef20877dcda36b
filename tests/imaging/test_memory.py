"""What the memory of one image does for the next."""

import gc

import numpy as np
import pytest

from cutoutd.imaging import memory
from cutoutd.imaging.memory import allocate


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    gc.collect()
    memory._kept.clear()


def test_the_next_picture_gets_the_memory_of_the_last() -> None:
    first = allocate(100, 200)
    place = first.ctypes.data
    del first
    assert allocate(80, 200).ctypes.data == place


def test_a_view_keeps_the_memory_from_others() -> None:
    first = allocate(100, 200)
    place, view = first.ctypes.data, first[10:20, :, 3]
    view[:] = 7
    del first
    second = allocate(100, 200)
    second[:] = 9
    assert second.ctypes.data != place
    assert (view == 7).all()


def test_only_one_block_is_kept_and_none_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [allocate(10, side) for side in (10, 20, 30)]
    pictures.clear()
    assert len(memory._kept) == 1
    memory._kept.clear()
    monkeypatch.setattr(memory, "KEPT_BYTES", 399)
    large = allocate(10, 10)
    del large
    assert not memory._kept


def test_a_picture_that_needs_more_gets_its_own() -> None:
    small = allocate(10, 10)
    del small
    large = allocate(100, 100)
    assert large.shape == (100, 100, 4)
    assert large.dtype == np.uint8
    large[:] = 1
