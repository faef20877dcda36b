"""Images are opened in processes of their own, so that a bad one costs one job.

A decoder or the network's runtime may crash on a hostile file, ask for more memory than there
is, or never come back. Each process works on one image at a time; if it dies or takes too long
it is killed, its job fails with a sentence, and another process takes its place. A process that
died before it had the image costs nobody a job, and an image whose process was killed from
outside has a second try. The process that answers HTTP never decodes an image.
"""

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from cutoutd.command import RemoveBackground
from cutoutd.errors import ConfigurationError, CutoutError, Overloaded, ProcessingFailed
from cutoutd.loops import Loop, LoopThread
from cutoutd.removal.model import ExtraImages, Removal
from cutoutd.removal.process import NotDelivered, Question, WorkerProcess
from cutoutd.removal.remover import OpenRemover
from cutoutd.segmentation.models import LoadedModel

_WATCH_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 60.0
"""Between two tries to start a process, when it could not begin again and again."""
_KILLED: Final = -int(getattr(signal, "SIGKILL", 9))
_TOO_LONG: Final = "The image took too long to process."
_log = logging.getLogger(__name__)


class ProcessPool:
    """A Remover that spreads images over processes. Safe to share between threads."""

    def __init__(
        self,
        open_remover: OpenRemover,
        *,
        processes: int,
        time_limit_s: float,
        memory_bytes: int | None = None,
    ) -> None:
        """memory_bytes: what one process may allocate; None sets no limit."""
        self._open_remover = open_remover
        self._time_limit_s = time_limit_s
        self._memory_bytes = memory_bytes
        self._count = processes
        self._all: list[WorkerProcess] = []
        self._starting: list[WorkerProcess] = []
        self._free: deque[WorkerProcess] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._beginning: Future[None] | None = None
        self._models: Sequence[LoadedModel] = ()
        self._failed_starts = 0
        self._start_again_at = 0.0
        self._supervision = LoopThread(Loop("processes", every_s=_WATCH_S), self._supervise)

    @property
    def loop(self) -> Loop:
        """The loop that looks after the processes."""
        return self._supervision.loop

    def begin(self) -> None:
        """Let the processes start and load their models, while the caller does something else."""
        aside = ThreadPoolExecutor(1, thread_name_prefix="processes-begin")
        self._beginning = aside.submit(self._fill_up)
        aside.shutdown(wait=False)

    def start(self) -> None:
        """Return when every process has its model warm; begin, if that was not done before.

        Raises ConfigurationError if one cannot begin.
        """
        if self._beginning is None:
            self.begin()
        assert self._beginning is not None
        self._beginning.result()
        while self._starting:
            self._models = self._starting[0].ready() or ()
            self._free.append(self._starting.pop(0))
        self._supervision.start()

    def models(self) -> Sequence[LoadedModel]:
        """The models that every process has loaded; none while no process can begin."""
        return () if self._failed_starts and len(self._starting) == len(self._all) else self._models

    def remove(
        self, data: bytes, command: RemoveBackground, *, extra: ExtraImages = ExtraImages()
    ) -> Removal:
        """Work in the next free process.

        Raises ProcessingFailed if the process dies over the image or takes too long.
        """
        question, deadline = (data, command, extra), time.monotonic() + self._time_limit_s
        answer = self._ask(question, deadline, may_try_again=True)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """End all processes, whatever they are at."""
        self._supervision.stop()
        with self._changed:
            self._closed = True
            processes = list(self._all)
            self._changed.notify_all()
        for process in processes:
            process.kill()

    def _ask(
        self, question: Question, deadline: float, *, may_try_again: bool
    ) -> Removal | CutoutError:
        while True:
            process = self._take(deadline)
            try:
                answer = process.ask(question, deadline)
            except NotDelivered as exc:
                self._replace(process)
                if time.monotonic() > deadline:
                    raise ProcessingFailed(_TOO_LONG) from exc
            except (EOFError, OSError) as exc:
                self._replace(process)
                if time.monotonic() > deadline:  # Killed by us, that is.
                    raise ProcessingFailed(_TOO_LONG) from exc
                if may_try_again and process.exitcode == _KILLED:
                    _log.warning("an image whose process was killed is tried once more")
                    return self._ask(question, deadline, may_try_again=False)
                raise ProcessingFailed(_what_happened(process)) from exc
            else:
                self._give_back(process)
                return answer

    def _take(self, deadline: float) -> WorkerProcess:
        with self._changed:
            left_s = max(0.0, deadline - time.monotonic())
            free = self._changed.wait_for(lambda: self._free or self._closed, timeout=left_s)
            if self._closed:
                raise Overloaded("The server is stopping.", retry_after_s=1)
            if not free:
                raise ProcessingFailed(_TOO_LONG)
            return self._free.popleft()

    def _give_back(self, process: WorkerProcess) -> None:
        with self._changed:
            self._free.append(process)
            self._changed.notify()

    def _new(self) -> WorkerProcess:
        return WorkerProcess(self._open_remover, self._memory_bytes)

    def _supervise(self) -> None:
        """Kill who is overdue, replace who died while idle, admit who has loaded its model."""
        with self._changed:
            overdue = [one for one in self._all if one.overdue]
            dead = [one for one in self._free if not one.alive]
            for process in dead:
                self._free.remove(process)
            starting = list(self._starting)
        for process in overdue:
            process.kill()  # The thread that asked it replaces it.
        for process in dead:
            self._replace(process)
        for process in starting:
            self._admit(process)
        self._fill_up()

    def _replace(self, broken: WorkerProcess) -> None:
        """Put a new process in the place of one that died; who waits for it goes on waiting."""
        broken.close()
        _log.error("an image process ended with %s; another takes its place", broken.exitcode)
        with self._changed:
            self._all.remove(broken)
        self._fill_up()

    def _fill_up(self) -> None:
        with self._changed:
            if self._closed or time.monotonic() < self._start_again_at:
                return
            while len(self._all) < self._count:
                fresh = self._new()
                self._all.append(fresh)
                self._starting.append(fresh)

    def _admit(self, process: WorkerProcess) -> None:
        try:
            models = process.ready(wait_s=0)
        except ConfigurationError as exc:
            self._failed_starts += 1
            pause_s = min(_LONGEST_PAUSE_S, _WATCH_S * 2**self._failed_starts)
            self._start_again_at = time.monotonic() + pause_s
            _log.error("an image process cannot begin: %s", exc.message)
            process.close()
            with self._changed:
                self._starting.remove(process)
                self._all.remove(process)
            return
        if models is not None:
            with self._changed:
                self._starting.remove(process)
            self._models, self._failed_starts = models, 0
            self._give_back(process)


def _what_happened(process: WorkerProcess) -> str:
    if process.exitcode == _KILLED:  # By the kernel, twice: we had no reason to.
        return "The image needs more memory than this server has."
    return "The image made its decoder crash."
