"""What is not a plain run of both: PNG alone, the embedded model, what is not the network."""

import io

import numpy as np
import onnxruntime
from benchmarks.photos import SIZE, photo
from benchmarks.pipelines import LIMITS, THREADS
from benchmarks.shaped import CASES, Rows, compare, network, our_work, their_work
from benchmarks.turns import Work
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.decode import decode
from cutoutd.imaging.png import encode_png
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.opening import for_this_cpu
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import open_session


def special_cases(path: str | None, pairs: int) -> Rows:
    """All of them, in turns."""
    small = CASES["2mp"]
    spec = for_this_cpu(EMBEDDED)
    weights = WEIGHTS_IN_PACKAGE / spec.file
    embedded = open_session(spec, weights, RunnerOptions(threads=THREADS))
    pictures = {megapixels: finished(megapixels, path) for megapixels in (2, 12)}
    rows = compare(
        {
            "png-2mp": png_works(pictures[2]),
            "png-12mp": png_works(pictures[12]),
            "embedded-2mp": (our_work(small, path, embedded), their_work(small, path)),
            "overhead-2mp": (bare_work(pictures[2], path), our_work(small, path)),
        },
        pairs,
    )
    for megapixels, must in ((2, 15.0), (12, 25.0)):
        ours, theirs = (work() for work in png_works(pictures[megapixels]))
        size = {"size_ratio": len(ours) / len(theirs)}  # type: ignore[arg-type]
        yield f"png-{megapixels}mp", {**rows[f"png-{megapixels}mp"], **size, "must": must}
    yield "embedded-2mp", {**rows["embedded-2mp"], "must": 8.0}
    row = rows["overhead-2mp"]
    over = {"ours_s": row["theirs_s"], "bare_s": row["ours_s"], "ratio": row["ratio"]}
    yield "overhead-2mp", {"pairs": pairs, **over, "must": 1.25}


def finished(megapixels: float, path: str | None) -> NDArray[np.uint8]:
    """The cutout of that size."""
    data = our_work(CASES[f"{megapixels:g}mp"], path)().images[0].data  # type: ignore[attr-defined]
    return np.asarray(Image.open(io.BytesIO(data)))


def png_works(pixels: NDArray[np.uint8]) -> tuple[Work, Work]:
    """PNG alone, as ours and as Pillow writes it."""

    def pillows() -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()

    return (lambda: encode_png(pixels, level=1)), pillows


def bare_work(pixels: NDArray[np.uint8], path: str | None) -> Work:
    """No more than decoding 2 megapixels, session.run, and encoding that cutout of them."""
    data = photo(2, path)[0]
    tensor = np.zeros((1, 3, SIZE, SIZE), dtype=np.float32)
    session = onnxruntime.InferenceSession(network(path))

    def run() -> object:
        decode(data, max_pixels=LIMITS.max_pixels)
        session.run(None, {"image": tensor})
        return encode_png(pixels, level=1)

    return run
