from pathlib import Path

import pytest

from cutoutd.segmentation.cores import resident_bytes, slots_and_threads, slots_for, usable_cores


def everything() -> int:
    return usable_cores(Path("/nonexistent"))


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", None), ("100000 100000", 1), ("50000 100000", 1), ("99900000 100000", None)],
)
def test_the_quota_of_the_control_group_is_the_limit(
    quota: str, cores: int | None, tmp_path: Path
) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert usable_cores(tmp_path) == (cores or everything())


def test_the_older_kind_of_control_group_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    for quota, cores in (("-1", everything()), ("80000", 1)):
        (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(
    ("slots", "threads", "cores", "filled"),
    [
        (0, 0, 1, (1, 1)),
        (0, 0, 2, (1, 2)),
        (0, 0, 8, (2, 4)),
        (0, 0, 22, (5, 4)),
        (3, 0, 2, (3, 1)),
        (0, 1, 8, (2, 1)),
        (2, 7, 2, (2, 7)),
    ],
)
def test_slots_never_ask_for_more_threads_than_cores_unless_told(
    slots: int, threads: int, cores: int, filled: tuple[int, int]
) -> None:
    assert slots_and_threads(slots, threads, cores) == filled


@pytest.mark.parametrize(
    ("callers", "size", "cores", "slots"),
    [(0, 320, 8, 0), (2, 320, 2, 2), (4, 320, 2, 2), (4, 320, 16, 4), (4, 1024, 16, 0)],
)
def test_callers_who_come_together_have_a_slot_each_of_a_small_network(
    callers: int, size: int, cores: int, slots: int
) -> None:
    assert slots_for(callers, size, cores) == slots


def test_this_process_holds_some_memory() -> None:
    assert resident_bytes() > 10_000_000
