"""What each stage of the pipeline takes, the network's own time left out.

The network gets its input and its answer is given, so that nothing but imaging is measured.
Needs no rembg.

    python benchmarks/stages.py [--rounds 9]
"""

import argparse
import json
import statistics
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutoutd.command import MattingMode, RemoveBackground
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.tensors import tensor_from_image
from machine import facts
from speed import LIMITS, command, photo

RESULT = Path(__file__).parent / "results" / "stages.json"
CASES = {
    "0.5 MP": (0.5, command()),
    "2 MP": (2, command()),
    "12 MP": (12, command()),
    "24 MP": (24, command()),
    "2 MP, fast": (2, command(MattingMode.FAST)),
    "12 MP, fast": (12, command(MattingMode.FAST)),
}


class Given:
    """A network that always answers the same."""

    name = provider = "given"
    sees = EMBEDDED.sees

    def __init__(self, answer: NDArray[np.float32]) -> None:
        self._answer = answer

    def predict(self, pixels: NDArray[np.uint8], *_: object) -> NDArray[np.float32]:
        tensor_from_image(pixels, EMBEDDED)
        return self._answer


def rounds(megapixels: float, wanted: RemoveBackground, count: int) -> dict[str, float]:
    """Median milliseconds of each stage; the first round is not counted."""
    data, answer = photo(megapixels, None)
    rows = [stages(data, answer, wanted) for _ in range(count + 1)][1:]
    return {stage: statistics.median(row[stage] for row in rows) for stage in rows[0]}


def stages(data: bytes, answer: NDArray[np.float32], wanted: RemoveBackground) -> dict[str, float]:
    spent = remove_background(data, wanted, Given(answer), limits=LIMITS).timings_ms
    return {**spent, "total": sum(spent.values())}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    record = {**facts(), "rounds": chosen.rounds, "cases": {}}
    for name, (megapixels, wanted) in CASES.items():
        record["cases"][name] = rounds(megapixels, wanted, chosen.rounds)
        print(name, record["cases"][name], flush=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
