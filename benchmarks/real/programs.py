"""Other programs that remove backgrounds on a CPU: where they are installed, and how one is asked.

Each has an environment below .venv/bench-peers (`make bench-peers`) and one warm process.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks.real.networks import Network
from benchmarks.turns import Side, Spent
from PIL import Image

HERE = Path(__file__).parent / "peers"
ENVIRONMENTS = Path(__file__).parents[2] / ".venv" / "bench-peers"


def _backgroundremover(folder: Path, weights: Path) -> list[str]:
    python = folder / "bin" / "python"
    return [str(python), str(HERE / "run_backgroundremover.py"), str(weights), str(folder)]


def _imgly(folder: Path, _: Path) -> list[str]:
    return ["node", str(HERE / "run_imgly.mjs"), str(folder), "medium"]


@dataclass(frozen=True)
class Peer:
    """A program and the network that it is asked to use."""

    title: str
    network: str
    words: Callable[[Path, Path], list[str]]
    """Its environment and the network's file to the command that starts it."""


PEERS = {
    "backgroundremover": Peer("backgroundremover 0.4.5", "u2netp", _backgroundremover),
    "imgly": Peer("@imgly/background-removal-node 1.4.5", "isnet", _imgly),
}
"""imgly's network is its own IS-Net, in half precision, inside its package: its default."""


def installed() -> list[str]:
    """Their names."""
    return [name for name in PEERS if (ENVIRONMENTS / name / ".installed").exists()]


class Program:
    """One warm process: a line in for each picture, a line out with what it took."""

    def __init__(self, name: str, one: Network) -> None:
        folder = ENVIRONMENTS / name
        words = PEERS[name].words(folder, one.file.resolve())
        self._process = subprocess.Popen(  # imgly looks for its network below where it is started.
            words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._folder = tempfile.TemporaryDirectory()

    def ask(self, file: Path, out: Path | None = None) -> Spent:
        """From the file's bytes to a PNG's, which are kept where out says."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with Image.open(file) as opened:
            kind = opened.get_format_mimetype()
        asked = {"file": str(file), "type": kind, "out": str(out) if out else None}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._process.args} has ended")
        return Spent(**json.loads(answer))

    def side(self, photos: Sequence[bytes]) -> Side:
        """The next run takes the next photo."""
        files = []
        for photo in photos:
            handle, name = tempfile.mkstemp(dir=self._folder.name)
            os.write(handle, photo)
            os.close(handle)
            files.append(Path(name))
        turn = cycle(files)
        return lambda: self.ask(next(turn))

    def cut(self, photo: bytes) -> bytes:
        """PNG bytes of one photo."""
        file, out = (Path(self._folder.name, name) for name in ("photo", "cutout.png"))
        file.write_bytes(photo)
        self.ask(file, out)
        return out.read_bytes()

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()
        self._folder.cleanup()
