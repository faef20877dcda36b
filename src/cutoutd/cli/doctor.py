"""`cutoutd doctor`."""

import json
import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cutoutd.server.settings import Settings

PACKAGES = ("onnxruntime", "numpy", "pillow")
EXTRAS = {
    "server": "fastapi",
    "models": "onnx",
    "kserve": "tritonclient",
    "mcp": "mcp",
    "mnn": "mnn",
    "openvino": "openvino",
    "otel": "opentelemetry-sdk",
    "postgres": "procrastinate",
    "rembg": "rembg",
    "s3": "obstore",
}

Line = tuple[bool, str, str]


def doctor(*, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Check what is installed and configured, and say what to change. Exit code 1 if broken."""
    from cutoutd.server.settings import load_settings

    lines = []
    for ok, name, detail in _checks(load_settings()):
        lines.append({"ok": ok, "check": name, "detail": detail})
        if not as_json:
            typer.echo(f"{'ok  ' if ok else 'FAIL'}  {name:<12} {detail}")
    if as_json:
        typer.echo(json.dumps(lines, indent=2))
    if not all(line["ok"] for line in lines):
        raise typer.Exit(1)


def _checks(settings: "Settings") -> Iterator[Line]:
    from importlib.metadata import version  # Slow, and every command imports this file.

    from cutoutd.server.misspelt import misspelt

    yield True, "cutoutd", f"{version('cutoutd')} on Python {platform.python_version()}"
    yield True, "machine", f"{platform.machine()}, {platform.system()} {platform.release()}"
    for package in PACKAGES:
        yield True, package, version(package)
    for extra, package in EXTRAS.items():
        yield True, f"[{extra}]", _installed(package)
    yield from ((False, "settings", sentence) for sentence in misspelt())
    yield _kernels()
    yield from _providers()
    yield from _check_model(settings)
    yield _check_folder(settings)


def _kernels() -> Line:
    """Whether the compiled part of imaging is there and fits."""
    from cutoutd.errors import ConfigurationError

    try:
        from cutoutd.imaging.kernels import LIBRARY
    except ConfigurationError as error:
        return False, "kernels", error.message
    return True, "kernels", LIBRARY.name


def _installed(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed (optional)"


def _providers() -> Iterator[Line]:
    """What could compute here, and what the others would need."""
    from cutoutd.segmentation.providers import PROVIDERS
    from cutoutd.segmentation.session import usable_providers

    here = usable_providers()
    for name, row in PROVIDERS.items():
        yield True, name, "can be used" if name in here else f"not here (optional): {row.remedy}"


def _check_model(settings: "Settings") -> Iterator[Line]:
    """Load the configured model as the server would, and run it once."""
    from cutoutd.errors import CutoutError
    from cutoutd.removal.capacity import MB
    from cutoutd.segmentation.sessions import Sessions
    from cutoutd.server.config import config_of

    config = config_of(settings)
    capacity = config.capacity
    try:
        with Sessions(config.models).get(None) as session:
            spec = session.spec
            yield True, "model", f"{spec.name}, {spec.size} px, {spec.licence}, {spec.checksum}"
            yield True, "provider", f"{session.provider}, {spec.precision}"
            yield True, "images", f"{capacity.processes} at once, {capacity.threads} threads each"
            room = (
                f"{capacity.process_bytes // MB} MB, so {capacity.max_pixels / MB:.3g} megapixels"
            )
            yield True, "memory", f"each image may take {room}"
    except CutoutError as error:
        yield False, "model", error.message


def _check_folder(settings: "Settings") -> Line:
    from tempfile import TemporaryFile

    folder = settings.data_dir
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        remedy = "make it writable or set CUTOUTD_DATA_DIR"
        return False, "data", f"{folder} is not writable ({error.strerror}): {remedy}"
    return True, "data", f"{folder} is writable"
