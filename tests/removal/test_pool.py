import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.crashing import OpensOnce, open_dead, open_nothing, open_obedient

from cutoutd.command import RemoveBackground, Source
from cutoutd.errors import ConfigurationError, Overloaded, ProcessingFailed, SourceRejected
from cutoutd.removal.model import ExtraImages
from cutoutd.removal.pool import ProcessPool

COMMAND = RemoveBackground(sources=(Source(url="http://pictures/1.jpg"),))


@pytest.fixture(scope="module")
def isolated() -> Iterator[ProcessPool]:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=0.5, memory_bytes=1_000_000_000)
    isolated.start()
    yield isolated
    isolated.close()


def works(isolated: ProcessPool) -> bool:
    return isolated.remove(b"hello", COMMAND, extra=ExtraImages(background=b"wall")).notes == (
        "hello",
        "wall",
    )


def test_a_picture_is_worked_on_in_another_process(isolated: ProcessPool) -> None:
    assert isolated.remove(b"pid", COMMAND).width != os.getpid()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"segfault", "made its decoder crash"),
        (b"killed", "more memory than this server has"),
        (b"gigabytes", "more memory than this server has"),
        (b"hang", "took too long"),
        (b"surprise", "could not be processed"),
    ],
)
def test_a_picture_that_breaks_its_process_costs_one_job(
    isolated: ProcessPool, data: bytes, sentence: str
) -> None:
    with pytest.raises(ProcessingFailed, match=sentence):
        isolated.remove(data, COMMAND)
    assert works(isolated)


def test_a_refusal_arrives_with_its_reason_and_field(isolated: ProcessPool) -> None:
    with pytest.raises(SourceRejected, match="No") as refusal:
        isolated.remove(b"refuse", COMMAND)
    assert (refusal.value.reason, refusal.value.field) == ("corrupt", "image")
    assert works(isolated)


def test_a_crash_disturbs_no_picture_beside_it() -> None:
    isolated = ProcessPool(open_obedient, processes=2, time_limit_s=5)
    isolated.start()
    with ThreadPoolExecutor(2) as threads:
        crashes = [threads.submit(isolated.remove, b"segfault", COMMAND) for _ in range(2)]
        fine = [threads.submit(works, isolated) for _ in range(20)]
        assert all(isinstance(crash.exception(), ProcessingFailed) for crash in crashes)
        assert all(one.result() for one in fine)
    isolated.close()


@pytest.mark.parametrize(
    ("open_remover", "sentence"), [(open_nothing, "no model"), (open_dead, "could not start")]
)
def test_a_process_that_cannot_begin_says_why(open_remover: object, sentence: str) -> None:
    isolated = ProcessPool(open_remover, processes=1, time_limit_s=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=sentence):
        isolated.start()
    isolated.close()


def test_processes_that_have_begun_are_ready_once_they_are_waited_for() -> None:
    isolated = ProcessPool(open_obedient, processes=2, time_limit_s=5)
    isolated.begin()
    isolated.start()
    assert works(isolated)
    isolated.close()


def test_processes_that_have_only_begun_can_be_closed() -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=5)
    isolated.begin()
    isolated.close()
    with pytest.raises(Overloaded):
        works(isolated)


def test_no_process_is_left_after_close() -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=5)
    isolated.start()
    pid = isolated.remove(b"pid", COMMAND).width
    isolated.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_ends_by_itself_when_nobody_holds_its_pipe(isolated: ProcessPool) -> None:
    code = (
        "from tests.crashing import *; from tests.removal.test_pool import COMMAND;"
        "from cutoutd.removal.pool import ProcessPool; import os;"
        "isolated = ProcessPool(open_obedient, processes=1, time_limit_s=5); isolated.start();"
        "print(isolated.remove(b'pid', COMMAND).width, flush=True); os.kill(os.getpid(), 9)"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=30
    )
    pid = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the process is still there")


def pid_of(isolated: ProcessPool) -> int:
    return isolated.remove(b"pid", COMMAND).width


def test_a_process_that_was_killed_while_it_was_idle_costs_nobody_a_job() -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=20)
    isolated.start()
    for data in (b"hello", b"x" * 3_000_000):  # The second is more than a pipe holds.
        os.kill(pid_of(isolated), signal.SIGKILL)
        assert (
            isolated.remove(data, COMMAND, extra=ExtraImages(background=b"")).notes[0]
            == data.decode()
        )
    isolated.close()


def test_a_process_that_dies_idle_is_replaced_before_anybody_comes() -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=20)
    isolated.start()
    first = pid_of(isolated)
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while isolated._free and isolated._free[0]._process.pid == first:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert works(isolated)
    isolated.close()


@pytest.mark.parametrize("size", [5, 3_000_000])
def test_a_process_that_stops_reading_is_killed_at_the_time_limit_and_replaced(size: int) -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=1)
    isolated.start()
    stopped = pid_of(isolated)
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(ProcessingFailed, match="took too long"):
        isolated.remove(b"x" * size, COMMAND)
    assert pid_of(isolated) != stopped
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)
    isolated.close()


def test_a_picture_whose_process_was_killed_from_outside_is_tried_once_more(
    tmp_path: Path,
) -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=30)
    isolated.start()
    notes = isolated.remove(b"killed-once:" + bytes(tmp_path / "mark"), COMMAND).notes
    assert notes == ("second try",)
    isolated.close()


def test_who_waits_is_told_that_no_process_became_free_in_time() -> None:
    isolated = ProcessPool(open_obedient, processes=1, time_limit_s=0.5)
    isolated.start()
    with ThreadPoolExecutor(1) as threads:
        hangs = threads.submit(isolated.remove, b"hang", COMMAND)
        with pytest.raises(ProcessingFailed, match="too long"):
            isolated.remove(b"hang", COMMAND)
        assert isinstance(hangs.exception(), ProcessingFailed)
    isolated.close()


def test_a_process_that_cannot_begin_again_is_tried_again_and_told(tmp_path: Path) -> None:
    isolated = ProcessPool(OpensOnce(tmp_path), processes=1, time_limit_s=30)
    isolated.start()
    (tmp_path / "broken").touch()
    with pytest.raises(ProcessingFailed):
        isolated.remove(b"segfault", COMMAND)
    deadline = time.monotonic() + 20
    while isolated.models():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (tmp_path / "broken").unlink()
    assert works(isolated)
    assert isolated.models()
    isolated.close()
