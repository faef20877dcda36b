"""`cutoutd bench`."""

import json
import time
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cutoutd.command import RemoveBackground
    from cutoutd.removal.model import Removal, Segmenter

SAMPLE = "sample.jpg"
"""1200 x 900, from the playground."""


def bench(
    *,
    photo: Path | None = typer.Argument(None, help="An image. [the playground's sample]"),
    rounds: int = typer.Option(5, min=1, max=1000, help="Timed runs, after one that is not."),
    model: str = typer.Option(None, help="A name in the model table."),
    alpha_matting: bool = typer.Option(False, "--alpha-matting", help="With matting."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Time one image after another through the whole pipeline: the median of each stage."""
    from cutoutd.api import MEMORY, loaded_models
    from cutoutd.command import Matting, RemoveBackground

    sample = files("cutoutd.web.playground").joinpath(SAMPLE)
    data = sample.read_bytes() if photo is None else photo.read_bytes()
    matting = Matting() if alpha_matting else None
    command = RemoveBackground(sources=(MEMORY,), model=model, matting=matting)
    with loaded_models().get(model) as segmenter:
        runs = [_run(data, command, segmenter) for _ in range(rounds + 1)][1:]
        name, provider = segmenter.name, segmenter.provider
    stages = {
        stage: median(r.timings_ms[stage] for _, r in runs) for stage in runs[0][1].timings_ms
    }
    removal = runs[0][1]
    report = {
        "picture": f"{removal.width} x {removal.height}",
        "model": name,
        "provider": provider,
        "rounds": rounds,
        "stages_ms": {stage: round(spent, 1) for stage, spent in stages.items()},
        "total_ms": round(median(spent for spent, _ in runs), 1),
    }
    typer.echo(json.dumps(report, indent=2) if as_json else _for_people(report, stages))


def _run(
    data: bytes, command: "RemoveBackground", segmenter: "Segmenter"
) -> tuple[float, "Removal"]:
    from cutoutd.removal.pipeline import remove_background

    started = time.perf_counter()
    removal = remove_background(data, command, segmenter)
    return (time.perf_counter() - started) * 1000, removal


def _for_people(report: dict[str, object], stages: dict[str, float]) -> str:
    head = f"{report['model']} on {report['provider']}, {report['image']}"
    lines = [f"  {stage:<12} {spent:>8.1f} ms" for stage, spent in stages.items()]
    total = f"  {'in all':<12} {report['total_ms']:>8} ms, median of {report['rounds']}"
    return "\n".join([head, *lines, total])
