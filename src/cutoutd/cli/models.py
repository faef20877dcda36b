"""`cutoutd models`: which there are, where their weights are, and how good and fast they are."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cutoutd.cli.tables import print_table

if TYPE_CHECKING:
    from cutoutd.segmentation.bench import Bench
    from cutoutd.segmentation.models import ModelSpec, Registry
    from cutoutd.segmentation.options import SegmentationOptions
    from cutoutd.segmentation.weights import Weights

app = typer.Typer(help="List, fetch, check and compare models.", no_args_is_help=True)

NAME = typer.Argument(help="A name in `cutoutd models list`.")
PHOTOS = typer.Option(help="A folder of photos.")


@app.command("list")
def list_models(*, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Show every model with its licence, and whether its weights are here."""
    _, registry, weights = _open()
    rows = [_row(spec, weights) for spec in registry.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    print_table(("model", "finds", "px", "MB", "licence", "weights"), map(_cells, rows))


@app.command()
def pull(*, names: list[str] = NAME) -> None:
    """Download weights: resumed, checked, and in place only when whole."""
    from cutoutd.segmentation.download import DownloadFailed

    _, registry, weights = _open()
    for name in names:
        spec = registry.named(name)
        if not spec.commercial:
            _say(f"{name} is licensed {spec.licence}: not for commercial use. See {spec.source}")
        try:
            with _progress(name) as progress:
                path = weights.pull(spec, progress)
        except DownloadFailed as error:  # Nothing is wrong with the configuration.
            _say(f"cutoutd: {error.message}")
            raise typer.Exit(1) from error
        typer.echo(path)


@app.command()
def verify(
    *,
    names: list[str] = typer.Argument(None, help="Default: all that are here."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Compare the weights with their checksums. Exit code 1 if one is wrong."""
    _, registry, weights = _open()
    specs = [registry.named(name) for name in names or registry]
    rows = [_verified(spec, weights) for spec in specs if names or weights.find(spec)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    for row in rows if not as_json else ():
        right = f"{row['model']}: {row['checksum'] or 'no checksum is known'}, right"
        typer.echo(row["error"] or right, err=not row["right"])
    if not all(row["right"] for row in rows):
        raise typer.Exit(1)


def _verified(spec: "ModelSpec", weights: "Weights") -> dict[str, object]:
    from cutoutd.errors import ConfigurationError

    row: dict[str, object] = {"model": spec.name, "checksum": spec.checksum}
    try:
        weights.verify(spec)
        if spec.int8:
            weights.verify(spec.in_int8())
    except ConfigurationError as error:
        return {**row, "right": False, "error": error.message}
    return {**row, "right": True, "error": None}


@app.command("import")
def import_file(*, name: str = NAME, file: Path = typer.Argument(help="An ONNX file.")) -> None:
    """Take weights that came another way, if they are the right ones."""
    _, registry, weights = _open()
    typer.echo(weights.import_file(registry.named(name), file))


@app.command()
def remove(*, name: str = NAME) -> None:
    """Delete weights from the models folder; other folders are not touched."""
    from cutoutd.segmentation.graphs import PreparedGraphs

    options, registry, weights = _open()
    removed = weights.remove(registry.named(name))
    if options.cache is not None:
        PreparedGraphs(options.cache).forget(name)
    if removed is None:
        _say(f"{name} has no weights in the models folder.")
        raise typer.Exit(1)
    typer.echo(f"removed {removed}")


@app.command()
def path(*, name: str = NAME) -> None:
    """Print where the weights are."""
    _, registry, weights = _open()
    typer.echo(weights.require(registry.named(name)))


@app.command()
def quantize(*, name: str = NAME, photos: Path = PHOTOS) -> None:
    """Make the int8 variant NAME-int8, calibrated on your photos."""
    from cutoutd.segmentation.bench import photos_in
    from cutoutd.segmentation.quantize import quantize as make_variant

    options, registry, weights = _open()
    spec = registry.named(name)
    assert options.folder is not None
    typer.echo(make_variant(spec, weights.require(spec), photos_in(photos), options.folder))


@app.command()
def bench(
    *,
    names: list[str] = typer.Argument(help="Models; the others are compared with the first."),
    photos: Path = PHOTOS,
    masks: Path = typer.Option(None, help="A folder of true masks, each named as its photo."),
    rounds: int = typer.Option(3, min=1, help="How often each photo is run."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Measure speed, agreement with the first model, and max-F against true masks."""
    from dataclasses import asdict

    figures = list(_bench(names, photos, masks, rounds))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in figures], indent=2))
        return
    print_table(tuple(asdict(figures[0])), (tuple(asdict(one).values()) for one in figures))


def _bench(names: list[str], photos: Path, masks: Path | None, rounds: int) -> "Iterator[Bench]":
    from cutoutd.segmentation.bench import bench as measure
    from cutoutd.segmentation.bench import masks_in, photos_in
    from cutoutd.segmentation.sessions import Sessions

    options, registry, weights = _open()
    sessions = Sessions(options, registry=registry, weights=weights)
    images = photos_in(photos)
    if not images:
        raise typer.BadParameter("there is no image in it", param_hint="--photos")
    truth = masks_in(masks, images) if masks else None
    reference = None
    for name in names:
        with sessions.get(name) as session:
            figures, found = measure(
                session, images, reference=reference, truth=truth, rounds=rounds
            )
        reference = reference or found
        yield figures


def _open() -> "tuple[SegmentationOptions, Registry, Weights]":
    from cutoutd.segmentation.sessions import open_registry, open_weights
    from cutoutd.server.config import model_options
    from cutoutd.server.settings import load_settings

    options = model_options(load_settings())
    return options, open_registry(options), open_weights(options)


def _cells(row: dict[str, object]) -> tuple[object, ...]:
    """A model for people."""
    licence = f"{row['licence']}{'' if row['commercial'] else ', not commercial'}"
    here = "here" if row["weights"] else "-"
    return row["name"], row["subject"], row["size"], row["megabytes"] or "", licence, here


def _row(spec: "ModelSpec", weights: "Weights") -> dict[str, object]:
    found = weights.find(spec)
    return {
        "name": spec.name,
        "subject": str(spec.subject),
        "size": spec.size,
        "megabytes": round(found.stat().st_size / 1e6) if found else spec.megabytes,
        "licence": spec.licence,
        "commercial": spec.commercial,
        "source": spec.source,
        "checksum": spec.checksum,
        "precision": str(spec.precision),
        "variant_of": spec.variant_of,
        "weights": str(found) if found else spec.remote,
    }


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal, for bytes that arrive."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
