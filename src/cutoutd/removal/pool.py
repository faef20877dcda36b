"""Pictures are opened in processes of their own, so that a bad one costs one job.

A decoder or the network's runtime may crash on a hostile file, ask for more memory than there
is, or never come back. Each process here works on one picture at a time, behind a pipe: if it
dies or takes too long it is killed, its job fails with a sentence, and another process takes
its place. The process that answers HTTP never decodes a picture.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Protocol, TypeAlias

from cutoutd.command import RemoveBackground
from cutoutd.errors import ConfigurationError, CutoutError, ProcessingFailed
from cutoutd.imaging.threads import set_num_threads
from cutoutd.removal.pipeline import ImagingLimits, Removal, Segmenter, remove_background
from cutoutd.segmentation.models import LoadedModel
from cutoutd.segmentation.options import SegmentationOptions

_START_S: Final = 120.0
_UNTOUCHED_BYTES: Final = 500_000_000
"""What a process reserves and never touches (stacks, arenas): the limit counts it, memory not."""
_NICENESS: Final = 5
"""A third of the weight of the process that answers HTTP, where both want the same core."""
# Not a fork of this process, which would copy locks that its threads hold.
_context: Final = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
if os.name == "posix":
    _context.set_forkserver_preload([__name__, "cutoutd.segmentation.sessions"])
_log = logging.getLogger(__name__)


class SegmenterSource(Protocol):
    """The loaded models of a process."""

    def get(self, name: str | None) -> AbstractContextManager[Segmenter]:
        """Lend the model of that name; None is the default."""
        ...

    def models(self) -> Sequence[LoadedModel]:
        """The models that are loaded and warm."""
        ...


class Remover(Protocol):
    """What turns the bytes of one picture into the files that a command asks for."""

    def remove(
        self, data: bytes, command: RemoveBackground, *, backdrop: bytes | None = None
    ) -> Removal:
        """As `pipeline.remove_background`, with the model that the command names."""
        ...

    def models(self) -> Sequence[LoadedModel]:
        """The models that are loaded and warm."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessRemover:
    """A Remover in this process: for the command line, and for those who choose it."""

    sessions: SegmenterSource
    limits: ImagingLimits

    def remove(
        self, data: bytes, command: RemoveBackground, *, backdrop: bytes | None = None
    ) -> Removal:
        """Work here and now."""
        with self.sessions.get(command.model) as segmenter:
            return remove_background(
                data, command, segmenter, backdrop=backdrop, limits=self.limits
            )

    def models(self) -> Sequence[LoadedModel]:
        """The models of this process."""
        return self.sessions.models()


RemoverFactory: TypeAlias = Callable[[], Remover]


@dataclass(frozen=True, slots=True, kw_only=True)
class InProcessFactory:
    """Opens an `InProcessRemover` where it is called: a value that can be sent to a process."""

    options: SegmentationOptions
    limits: ImagingLimits
    threads: int
    """That imaging may use in that process."""

    def __call__(self) -> InProcessRemover:
        """Load the default model and run it once."""
        from cutoutd.segmentation.sessions import Sessions  # The serving process loads none.

        set_num_threads(self.threads)
        sessions = Sessions(self.options)
        sessions.warm()
        return InProcessRemover(sessions=sessions, limits=self.limits)


class ProcessPool:
    """A Remover that spreads pictures over processes. Safe to share between threads."""

    def __init__(
        self,
        open_remover: RemoverFactory,
        *,
        processes: int,
        time_limit_s: float,
        memory_bytes: int | None = None,
    ) -> None:
        """memory_bytes: what one process may allocate; None sets no limit."""
        self._open_remover = open_remover
        self._time_limit_s = time_limit_s
        self._memory_bytes = memory_bytes
        self._free: SimpleQueue[_WorkerProcess] = SimpleQueue()
        self._all: list[_WorkerProcess] = []
        self._count = processes
        self._lock = threading.Lock()
        self._closed = False
        self._models: Sequence[LoadedModel] = ()

    def start(self) -> None:
        """Begin, and return when every process has its model warm.

        Raises ConfigurationError if one cannot begin.
        """
        processes = [
            _WorkerProcess(self._open_remover, self._memory_bytes) for _ in range(self._count)
        ]
        self._all = processes
        for process in processes:
            self._models = process.wait_until_ready()
            self._free.put(process)

    def models(self) -> Sequence[LoadedModel]:
        """The models that every process has loaded before its first picture."""
        return self._models

    def remove(
        self, data: bytes, command: RemoveBackground, *, backdrop: bytes | None = None
    ) -> Removal:
        """Work in the next free process.

        Raises ProcessingFailed if the process dies over the picture or takes too long.
        """
        process = self._free.get()
        try:
            answer = process.ask((data, command, backdrop), self._time_limit_s)
        except (EOFError, OSError, TimeoutError) as exc:
            self._replace(process)
            raise ProcessingFailed(_describe_failure(process, exc)) from exc
        self._free.put(process)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """End all processes, whatever they are at."""
        with self._lock:
            self._closed = True
            for process in self._all:
                process.kill()

    def _replace(self, broken: "_WorkerProcess") -> None:
        """Put a new process in the place of one that died; who waits for it goes on waiting."""
        broken.kill()
        _log.error("a picture process ended with %s; another takes its place", broken.exitcode)
        with self._lock:
            if self._closed:
                return
            fresh = _WorkerProcess(self._open_remover, self._memory_bytes)
            self._all = [process for process in self._all if process is not broken] + [fresh]
        threading.Thread(target=self._admit, args=(fresh,), daemon=True).start()

    def _admit(self, process: "_WorkerProcess") -> None:
        try:
            process.wait_until_ready()
        except ConfigurationError:
            self._replace(process)
        else:
            self._free.put(process)


Question: TypeAlias = tuple[bytes, RemoveBackground, bytes | None]


class _WorkerProcess:
    """One process and our end of the pipe to it."""

    def __init__(self, open_remover: RemoverFactory, memory_bytes: int | None) -> None:
        self._pipe, theirs = _context.Pipe()
        self._process = _context.Process(  # type: ignore[attr-defined]
            target=_work, args=(theirs, open_remover, memory_bytes), name="pictures", daemon=True
        )
        self._process.start()
        theirs.close()  # So that its death is an end of file here.

    @property
    def exitcode(self) -> int | None:
        """Negative: the signal that ended it."""
        code: int | None = self._process.exitcode
        return code

    def wait_until_ready(self) -> Sequence[LoadedModel]:
        """The models it has loaded.

        Raises ConfigurationError if the process dies or takes too long to load them.
        """
        try:
            answer = self._receive(_START_S)
        except (EOFError, OSError, TimeoutError) as exc:
            raise ConfigurationError("A picture process could not start; see the log.") from exc
        if isinstance(answer, BaseException):
            raise answer
        models: Sequence[LoadedModel] = answer
        return models

    def ask(self, question: Question, timeout_s: float) -> Removal | BaseException:
        """Raises EOFError or OSError if the process dies, TimeoutError if it takes too long."""
        self._pipe.send(question)
        answer: Removal | BaseException = self._receive(timeout_s)
        return answer

    def _receive(self, timeout_s: float) -> Any:
        if not self._pipe.poll(timeout_s):
            raise TimeoutError
        return self._pipe.recv()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _describe_failure(process: _WorkerProcess, exc: Exception) -> str:
    if isinstance(exc, TimeoutError):
        return "The image took too long to process."
    if process.exitcode == -9:  # SIGKILL, by the kernel: we had no reason to.
        return "The image needs more memory than this server has."
    return "The image made its decoder crash."


def _work(pipe: Connection, open_remover: RemoverFactory, memory_bytes: int | None) -> None:
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
            pipe.send(_answer(pipe.recv(), remover))


def _answer(question: Question, remover: Remover) -> Removal | CutoutError:
    data, command, backdrop = question
    try:
        return remover.remove(data, command, backdrop=backdrop)
    except CutoutError as exc:
        return exc
    except MemoryError:
        return ProcessingFailed("The image needs more memory than this server has.")
    except Exception:  # noqa: BLE001 - The process must outlive whatever a file does to it.
        _log.exception("a picture could not be processed")
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
