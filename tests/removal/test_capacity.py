import pytest

from cutoutd.removal.capacity import (
    MB,
    PIXEL_BYTES,
    PROCESS_BYTES,
    SERVING_BYTES,
    Capacity,
    plan,
    usable_memory,
)

BODY = 34 * MB


def planned(memory_mb: int, cores: int = 8, max_pixels: int = 50 * MB) -> Capacity:
    return plan(
        memory_bytes=memory_mb * MB, cores=cores, max_pixels=max_pixels, max_body_bytes=BODY
    )


@pytest.mark.parametrize("memory_mb", [1000, 2000, 4000, 8000, 16_000, 64_000])
@pytest.mark.parametrize("cores", [1, 2, 4, 8, 64])
def test_the_sum_of_what_is_admitted_fits(memory_mb: int, cores: int) -> None:
    capacity = planned(memory_mb, cores)
    largest = PROCESS_BYTES + capacity.max_pixels * PIXEL_BYTES
    assert largest <= capacity.process_bytes
    assert (
        SERVING_BYTES + capacity.upload_bytes + capacity.processes * capacity.process_bytes
        <= memory_mb * MB
    )


def test_matting_takes_no_more_than_half_of_what_the_largest_picture_has() -> None:
    small, large = planned(1000, cores=1), planned(8000, cores=1)
    assert small.matting_bytes < large.matting_bytes
    assert 2 * small.matting_bytes <= small.process_bytes - PROCESS_BYTES


def test_two_cores_with_room_run_two_pictures() -> None:
    capacity = planned(8000, cores=2)
    assert (capacity.processes, capacity.threads) == (2, 2)
    assert capacity.max_pixels == 50 * MB


def test_one_core_runs_one_picture() -> None:
    assert (planned(8000, cores=1).processes, planned(8000, cores=1).threads) == (1, 1)


def test_many_cores_run_half_as_many_pictures() -> None:
    capacity = planned(64_000, cores=16)
    assert (capacity.processes, capacity.threads) == (8, 4)


def test_short_memory_costs_processes_first_and_then_the_size_of_pictures() -> None:
    assert planned(6000, cores=16).processes == 1
    assert planned(6000, cores=16).max_pixels == 50 * MB
    assert 1 * MB < planned(1000, cores=16).max_pixels < 50 * MB


def test_two_of_the_largest_bodies_always_fit() -> None:
    assert planned(512).upload_bytes >= 2 * BODY


def test_this_machine_has_memory() -> None:
    assert usable_memory() > 100 * MB
