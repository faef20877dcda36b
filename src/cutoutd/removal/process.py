"""One process that opens images: our end of the pipe to it, and what it does at the other end."""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, TypeAlias

from cutoutd.command import RemoveBackground
from cutoutd.errors import ConfigurationError, CutoutError, ProcessingFailed
from cutoutd.removal.model import ExtraImages, Removal
from cutoutd.removal.remover import OpenRemover, Remover
from cutoutd.segmentation.models import LoadedModel

_START_S: Final = 120.0
_UNTOUCHED_BYTES: Final = 500_000_000
"""What a process reserves and never touches (stacks, arenas): the limit counts it, memory not."""
_NICENESS: Final = 5
"""A third of the weight of the process that answers HTTP, where both want the same core."""
# Not a fork of this process, which would copy locks that its threads hold.
_context: Final = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
if os.name == "posix":
    _context.set_forkserver_preload(
        [__name__, "cutoutd.removal.inprocess", "cutoutd.segmentation.opening"]
    )
_log = logging.getLogger(__name__)

Question: TypeAlias = tuple[bytes, RemoveBackground, ExtraImages]


class NotDelivered(Exception):
    """The process was dead, or died, before it had the whole image."""


class WorkerProcess:
    """One process and our end of the pipe to it. One thread asks it, another may kill it."""

    def __init__(self, open_remover: OpenRemover, memory_bytes: int | None) -> None:
        self._pipe, theirs = _context.Pipe()
        self._process = _context.Process(  # type: ignore[attr-defined]
            target=_work, args=(theirs, open_remover, memory_bytes), name="pictures", daemon=True
        )
        self._process.start()
        theirs.close()  # So that its death is an end of file here.
        self._ending = threading.Lock()
        self._ended = False
        self._starts_until = time.monotonic() + _START_S
        self._deadline: float | None = None
        self.exitcode: int | None = None
        """Once it is killed; negative: the signal that ended it."""

    @property
    def alive(self) -> bool:
        """Whether it runs, by its sentinel: no other thread's wait for its end is disturbed."""
        return not (self._ended or connection.wait([self._process.sentinel], 0))

    @property
    def overdue(self) -> bool:
        """Whether the image that it has been given should be done by now."""
        return self._deadline is not None and time.monotonic() > self._deadline

    def ready(self, *, wait_s: float = _START_S) -> Sequence[LoadedModel] | None:
        """The models it has loaded, None while it still loads them.

        Raises ConfigurationError if it dies, takes too long, or says why it cannot begin.
        """
        try:
            if not self._pipe.poll(wait_s):
                if self.alive and time.monotonic() < self._starts_until:
                    return None
                raise TimeoutError
            answer = self._pipe.recv()
        except (EOFError, OSError) as exc:
            raise ConfigurationError("An image process could not start; see the log.") from exc
        if isinstance(answer, CutoutError):
            raise ConfigurationError(answer.message) from answer
        models: Sequence[LoadedModel] = answer
        return models

    def ask(self, question: Question, deadline: float) -> Removal | CutoutError:
        """What it makes of an image, by this time of the monotonic clock.

        Raises NotDelivered if it died before it had the image, EOFError or OSError if it died
        afterwards. The thread that kills it at the deadline makes this end.
        """
        self._deadline = deadline
        try:
            self._send(question)
            answer: Removal | CutoutError = self._pipe.recv()
        finally:
            self._deadline = None
        return answer

    def _send(self, question: Question) -> None:
        if not self.alive:
            raise NotDelivered
        try:
            self._pipe.send(question)
        except OSError as exc:
            raise NotDelivered from exc

    def kill(self) -> None:
        """End the process now, also one that is stopped. Any thread, more than once."""
        with self._ending:
            if self._ended:
                return
            self._process.kill()
            self._process.join()
            self.exitcode = self._process.exitcode
            self._ended = True

    def close(self) -> None:
        """End it and the pipe; nobody may be asking any more."""
        self.kill()
        self._pipe.close()


def _work(pipe: Connection, open_remover: OpenRemover, memory_bytes: int | None) -> None:
    """The life of a process: open the model, say so, then answer until the pipe closes."""
    for number in (signal.SIGINT, signal.SIGTERM):  # The parent decides when we end.
        signal.signal(number, signal.SIG_IGN)
    _lower_priority(memory_bytes)
    try:
        remover = open_remover()
        pipe.send(remover.models())
    except CutoutError as exc:
        pipe.send(exc)
        return
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            pipe.send(_answer_to(pipe.recv(), remover))


def _answer_to(question: Question, remover: Remover) -> Removal | CutoutError:
    data, command, extra = question
    try:
        return remover.remove(data, command, extra=extra)
    except CutoutError as exc:
        return exc
    except MemoryError:
        return ProcessingFailed("The image needs more memory than this server has.")
    except Exception:  # noqa: BLE001 - The process must outlive whatever a file does to it.
        _log.exception("an image could not be processed")
        return ProcessingFailed("The image could not be processed.")


def _lower_priority(memory_bytes: int | None) -> None:
    """When memory or time runs out this process gives way, rather than the one that serves."""
    try:
        import resource
    except ImportError:  # Not on Windows.
        return
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes is not None:
        limit = memory_bytes + _UNTOUCHED_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    badness = Path(f"/proc/{os.getpid()}/oom_score_adj")
    with contextlib.suppress(OSError):  # Only Linux has it.
        badness.write_text("500")
