"""Measure models side by side on held-out photos, through the product's own pipeline.

    python -m training.evaluate DATA cutoutd-small:fast other.onnx --out training/runs/evaluation

A model may be followed by the quality at which it is asked; without one, by the product's own
choice. Each photo goes through `remove_background` with each model in turn, so that times are taken
in the same minute; the mask that a caller would get is what is scored. Accuracy is computed
by py-sod-metrics, except the boundary F-measure, which it lacks.
"""

import argparse
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import py_sod_metrics as metrics
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from cutoutd.command import ImageKind, Output, Quality, RemoveBackground
from cutoutd.removal.pipeline import remove_background
from cutoutd.segmentation.models import EMBEDDED, ModelSpec, Scale
from cutoutd.segmentation.own import self_described
from cutoutd.segmentation.published import ISNET_GENERAL, PUBLISHED
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session
from training.alpha import ALPHA_ERRORS, alpha_errors
from training.data import Example
from training.validation import SOFT_ALPHA, fitting_sets, truth_of, validation_sets

ONLY_MASK = RemoveBackground(sources=(), outputs=(Output(kind=ImageKind.MASK),))
THREADS = 2
MIDDLE = 128
BOUNDARY_TOLERANCE = 0.008
"""Distance at which two boundaries still meet, as a part of the picture's diagonal."""


PUBLISHED_SPECS = {
    "u2netp": next(spec for spec in PUBLISHED if spec.name == "u2netp"),
    # As IMG.LY ships it: (level - 128) / 256, and nothing is stretched.
    "isnet": replace(
        ISNET_GENERAL,
        mean=(128 / 255,) * 3,
        std=(256 / 255,) * 3,
        scale=Scale.LEVELS,
        stretch=False,
        file="isnet.onnx",
    ),
}
"""Networks of others by the names of their files."""


def path_of(model: str) -> Path:
    """The embedded model by its name, or an exported file by its path."""
    if model != EMBEDDED.name:
        return Path(model)
    assert EMBEDDED.folder is not None
    return EMBEDDED.folder / EMBEDDED.file


def session_of(model: str, *, threads: int = THREADS) -> Session:
    """As the product opens it: `path_of(model)`, ready to answer."""
    spec = EMBEDDED if model == EMBEDDED.name else spec_of(Path(model))
    return open_session(spec, path_of(model), RunnerOptions(threads=threads))


def spec_of(path: Path) -> ModelSpec:
    """The registry row that an exported file describes, or a published file's name tells.

    Raises ValueError if there is none.
    """
    if path.stem in PUBLISHED_SPECS:
        return replace(PUBLISHED_SPECS[path.stem], folder=path.parent, file=path.name)
    metadata = {item.key: item.value for item in onnx.load(path).metadata_props}
    spec = self_described(path, metadata)
    if spec is None:
        raise ValueError(f"{path.name} does not describe itself; was it made by training.export?")
    return spec


class Contestant(NamedTuple):
    """A network, and the quality at which it is asked."""

    session: Session
    quality: Quality = ONLY_MASK.quality


def contestant_of(model: str, *, threads: int = THREADS) -> Contestant:
    """`NAME`, `NAME:QUALITY`, `FILE` or `FILE:QUALITY`. Raises ValueError for another quality."""
    name, _, quality = model.partition(":")
    session = session_of(name, threads=threads)
    return Contestant(session, Quality(quality)) if quality else Contestant(session)


def mask_of(photo: bytes, contestant: Contestant) -> tuple[NDArray[np.uint8], float]:
    """(H, W) levels 0..255, what a caller who asks for the mask is sent; the network's time, ms."""
    wanted = replace(ONLY_MASK, quality=contestant.quality)
    removal = remove_background(photo, wanted, contestant.session)
    mask = np.asarray(Image.open(io.BytesIO(removal.images[0].data)))
    return mask, removal.timings_ms["segment"]


def boundary_f(mask: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """F-measure of two subjects' boundaries, 0..1; 1 if neither has one.

    A boundary pixel counts as found if the other boundary passes within the tolerance.
    Source: Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object
    Segmentation, CVPR 2016, with distances in place of a matching of contours.
    """
    edges = [_boundary(levels >= MIDDLE) for levels in (mask, truth)]
    if not edges[0].any() and not edges[1].any():
        return 1.0
    if not edges[0].any() or not edges[1].any():
        return 0.0
    reach = BOUNDARY_TOLERANCE * float(np.hypot(*mask.shape))
    precision, recall = (
        float((ndimage.distance_transform_edt(~there)[here] <= reach).mean())
        for here, there in (edges, reversed(edges))
    )
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _boundary(subject: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = ndimage.binary_erosion(subject, border_value=1)
    return subject & ~inside


class Score:
    """The sums of one model over all photos."""

    def __init__(self) -> None:
        self.structure = metrics.Smeasure()
        self.weighted = metrics.WeightedFmeasure()
        self.error = metrics.MAE()
        self.curves = metrics.FmeasureV2(
            {
                "f": metrics.FmeasureHandler(with_dynamic=True, with_adaptive=False, beta=0.3),
                "iou": metrics.IOUHandler(with_dynamic=True, with_adaptive=False),
            }
        )
        self.boundaries: list[float] = []
        self.milliseconds: list[float] = []

    def add(self, mask: NDArray[np.uint8], truth: NDArray[np.uint8], milliseconds: float) -> None:
        """One photo; both (H, W), levels 0..255."""
        for metric in (self.structure, self.weighted, self.error, self.curves):
            metric.step(mask, truth)
        self.boundaries.append(boundary_f(mask, truth))
        self.milliseconds.append(milliseconds)

    def table(self) -> dict[str, float]:
        """The row of the evaluation table; ms is the median of the model's part."""
        curves = self.curves.get_results()
        return {
            "S": float(self.structure.get_results()["sm"]),
            "max-F": float(curves["f"]["dynamic"].max()),
            "weighted-F": float(self.weighted.get_results()["wfm"]),
            "MAE": float(self.error.get_results()["mae"]),
            "IoU": float(curves["iou"]["dynamic"][MIDDLE]),
            "boundary-F": float(np.mean(self.boundaries)),
            "ms": float(np.median(self.milliseconds)),
        }


class AlphaScore:
    """The same of soft edges: the mean over all pictures of each error in the band."""

    def __init__(self) -> None:
        self.errors: list[dict[str, float]] = []
        self.milliseconds: list[float] = []

    def add(self, mask: NDArray[np.uint8], truth: NDArray[np.uint8], milliseconds: float) -> None:
        """One picture; both (H, W), levels 0..255."""
        self.errors.append(alpha_errors(mask, truth))
        self.milliseconds.append(milliseconds)

    def table(self) -> dict[str, float]:
        """The row of the evaluation table."""
        means = {name: float(np.mean([one[name] for one in self.errors])) for name in ALPHA_ERRORS}
        return means | {"ms": float(np.median(self.milliseconds))}


def evaluate(
    photos: Iterable[Example],
    contestants: dict[str, Contestant],
    *,
    score: type[Score | AlphaScore] = Score,
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """The table by model, and each photo's mean absolute error by model."""
    scores = {name: score() for name in contestants}
    errors: dict[str, dict[str, float]] = {}
    for example in photos:
        truth = truth_of(example)
        for name, contestant in contestants.items():
            mask, milliseconds = mask_of(example.picture, contestant)
            scores[name].add(mask, truth, milliseconds)
            error = float(np.abs(mask.astype(np.float32) - truth).mean() / 255)
            errors.setdefault(example.name, {})[name] = error
    return {name: score.table() for name, score in scores.items()}, errors


def as_text(table: dict[str, dict[str, float]]) -> str:
    """The table in Markdown."""
    columns = list(next(iter(table.values())))
    lines = ["| model | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        cells = (f"{row[c]:.1f}" if c == "ms" else f"{row[c]:.4f}" for c in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print one table per set and keep the errors by photo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="where the tar shards are")
    parser.add_argument(
        "models",
        nargs="+",
        help=f"{EMBEDDED.name}, ONNX files of ours, {', '.join(PUBLISHED_SPECS)}.onnx; :QUALITY",
    )
    parser.add_argument("--sets", nargs="+")
    parser.add_argument(
        "--fit", action="store_true", help="on training photos: to choose a side or a factor"
    )
    parser.add_argument("--every", type=int, default=1, help="take one photo in so many")
    parser.add_argument("--threads", type=int, default=THREADS, help="of each network")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    contestants = {
        Path(model).name.replace(".onnx", ""): contestant_of(model, threads=arguments.threads)
        for model in arguments.models
    }
    sets = fitting_sets if arguments.fit else validation_sets
    for name, photos in sets(arguments.data).items():
        if arguments.sets and name not in arguments.sets:
            continue
        score = AlphaScore if name == SOFT_ALPHA else Score
        some = islice(photos, 0, None, arguments.every)
        table, errors = evaluate(some, contestants, score=score)
        print(f"\n{name}, {len(errors)} photos\n\n{as_text(table)}", flush=True)
        written = json.dumps({"table": table, "errors": errors}, indent=1)
        (arguments.out / f"{name}.json").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
