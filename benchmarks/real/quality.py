"""S, max-F and MAE of whole pipelines on held-out photos: the alpha channel that a caller gets.

Every photo goes through as PNG, so that all decode the same pixels. MNN's masks are those of ONNX
Runtime within a level, so they are not scored again. py-sod-metrics counts, as in training.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from benchmarks.pipelines import command, ours, theirs
from benchmarks.real.networks import (
    NAMES,
    PUBLISHED_NAMES,
    Network,
    our_session,
    rembg_session,
)
from benchmarks.real.programs import PEERS, Program
from benchmarks.record import Record
from numpy.typing import NDArray
from PIL import Image
from training.data import Example
from training.evaluate import Score
from training.validation import truth_of, validation_sets

EVERY = {"duts_tr": 20, "people_ccp": 5, "davis": 5}
"""One held-out photo in so many, by set: 30, 20 and 30 of them."""
FIGURES = ("S", "max-F", "MAE")
Cutter = Callable[[bytes], bytes]
"""A photo's bytes to a PNG's."""


def rows_of(programs: Iterable[str]) -> Iterator[str]:
    """Names of rows: `network/program/set`."""
    pairs = [(name, "cutoutd") for name in NAMES]
    for program in programs:
        uses = PUBLISHED_NAMES if program == "rembg" else (PEERS[program].network,)
        pairs += [(name, program) for name in uses]
    return (f"{name}/{program}/{one}" for name, program in pairs for one in EVERY)


def measure(rows: Iterable[str], networks: dict[str, Network], data: Path, record: Record) -> None:
    """Put these rows into the record. data: where the tar shards are."""
    by_pair: dict[tuple[str, str], list[str]] = {}
    for name in rows:
        network, program, _ = name.split("/")
        by_pair.setdefault((network, program), []).append(name)
    for (network, program), names in by_pair.items():
        with cutter(program, networks[network]) as cut:
            for name in names:
                record.put(name, scored(cut, sample(data, name.rsplit("/", 1)[1])))


@contextmanager
def cutter(program: str, one: Network) -> Iterator[Cutter]:
    """A program that has opened its network."""
    if program == "cutoutd":
        session = our_session(one, "cpu")
        yield lambda photo: ours([photo], command(), session)().images[0].data  # type: ignore[attr-defined]
    elif program == "rembg":
        yield lambda photo: theirs([photo], rembg_session(one))()  # type: ignore[return-value]
    else:
        with closing(Program(program, one)) as running:
            yield running.cut


def sample(data: Path, name: str) -> Iterator[Example]:
    """The held-out photos of a set that are scored."""
    return islice(validation_sets(data)[name], 0, None, EVERY[name])


def scored(cut: Cutter, examples: Iterator[Example]) -> dict[str, float]:
    """Means over the photos; max-F: of the best threshold for all of them."""
    score = Score()
    for example in examples:
        score.add(alpha_of(cut(as_png(example.picture))), truth_of(example), 0)
    table = score.table()
    return {"photos": len(score.boundaries), **{name: table[name] for name in FIGURES}}


def as_png(picture: bytes) -> bytes:
    """The same pixels."""
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(file, "PNG", compress_level=1)
    return file.getvalue()


def alpha_of(png: bytes) -> NDArray[np.uint8]:
    """(H, W) levels: the alpha channel of a cutout."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA").getchannel("A"))
