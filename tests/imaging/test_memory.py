"""What the memory of one image does for the next."""

import gc
import os
import platform
import subprocess
import sys

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


SMALL_IMAGES = """
import resource
import numpy as np
from cutoutd.imaging.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        one, other = np.ones(3_000_000, np.uint8), np.ones(2_000_000, np.uint8)
        del one, other
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
keep_freed_memory()
faults()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="thresholds of glibc's allocator")
@pytest.mark.parametrize("said", [{}, {"MALLOC_TRIM_THRESHOLD_": "100000"}])
def test_what_small_images_free_is_kept_unless_the_operator_says_else(said: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SMALL_IMAGES],
        env={**os.environ, **said},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = map(int, run.stdout.split())
    assert before > 1000
    assert (after < 100) == (not said)


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
