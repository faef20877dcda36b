"""What pages say of settings, routes, models, metrics and modules, from the code."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from cutoutd.options.presets import PRESETS
from cutoutd.segmentation.models import EMBEDDED, ModelSpec, Subject
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.server import app
from cutoutd.server.settings import Settings

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "cutoutd"

CONFIGURATION = """\
# Configuration

Environment variables, or lines of a file `.env` in the working folder; the environment wins.
Lists are written `a, b, c`. A wrong value stops the start with a sentence that names the variable.
`cutoutd config` prints every value and where it comes from.

This page is written by `make generate`; a test compares it with the settings.

"""

ROUTES = """\
# Routes

Everything the server answers; `openapi.yaml` and `/openapi.json` have the fields. `/` and `/jobs`
are the pages for people.

This page is written by `make generate`; a test compares it with the application.

"""

FINDS = {
    Subject.GENERAL: "anything",
    Subject.PERSON: "people",
    Subject.ANIME: "drawn characters",
    Subject.CLOTHES: "clothes",
    Subject.PRODUCT: "products",
}


def configuration() -> str:
    """docs/configuration.md."""
    rows = (
        (f"`CUTOUTD_{name.upper()}`", _shown(field), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return CONFIGURATION + _table(("variable", "default", "meaning"), rows)


def routes() -> str:
    """docs/routes.md."""
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    rows = sorted(
        (operation["tags"][0], method.upper(), f"`{path}`", _summary(operation))
        for path, operations in paths.items()
        for method, operation in operations.items()
    )
    return ROUTES + _table(("API", "method", "path", "what it does"), rows)


def models() -> str:
    """Every model, those in one row that differ in nothing but their name."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for spec in (EMBEDDED, *PUBLISHED):
        alike.setdefault(_facts(spec), []).append(f"`{spec.name}`")
    rows = ((", ".join(names), *facts) for facts, names in alike.items())
    return _table(("model", "finds", "input", "file", "licence"), rows)


def presets() -> str:
    """Every preset, the options it stands for and where they were read."""
    rows = (
        (
            f"`{one.name}`",
            " ".join(filter(None, (f"{one.about}.", one.remark))),
            ", ".join(f"`{name}={value}`" for name, value in one.options.items()),
            f"{one.source}, {one.read}",
        )
        for one in PRESETS.values()
    )
    return _table(("preset", "what it makes", "options", "source, read"), rows)


def metrics() -> str:
    """Every metric, from the calls in web/metrics.py that make them."""
    tree = ast.parse((SOURCE / "web" / "metrics.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    rows = sorted(row for call in calls for row in _metric(call))
    return _table(("metric", "labels", "what it counts"), rows)


def tree() -> str:
    """Every package and module with the first sentence of its docstring."""
    lines = "".join(_listed(SOURCE, "  "))
    return f"```\nsrc/cutoutd/\n{lines}```\n"


def layers() -> str:
    """The layers that import-linter enforces, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    lines = "".join(f"{layer}\n" for layer in contracts["contracts"][0]["layers"])
    return f"```\n{lines}```\n"


def _facts(spec: ModelSpec) -> tuple[str, ...]:
    finds = "what it is told" if spec.prompts else FINDS[spec.subject]
    file = "embedded" if spec is EMBEDDED else f"{spec.megabytes} MB" if spec.megabytes else ""
    licence = spec.licence if spec.commercial else f"{spec.licence}: **not for commercial use**"
    return finds, f"{spec.size} px", file, licence


def _metric(call: ast.Call) -> Iterator[tuple[str, ...]]:
    """(name, labels, meaning), if this call makes a metric of ours."""
    match call:
        case ast.Call(
            func=ast.Name(id=kind),
            args=[ast.Constant(value=str(name)), ast.Constant(value=str(meaning)), *more],
        ) if name.startswith("cutoutd_"):
            named = [keyword.value for keyword in call.keywords if keyword.arg == "labels"]
            lists = [one for one in more + named if isinstance(one, ast.List)]
            labels = [label for one in lists for label in ast.literal_eval(one)]
            name += "_total" if kind in ("Counter", "CounterMetricFamily") else ""
            if kind == "_histogram":
                meaning = f"Histogram of seconds: {meaning[0].lower()}{meaning[1:]}"
            yield f"`{name}`", ", ".join(labels), meaning


def _listed(folder: Path, indent: str) -> list[str]:
    packages = sorted(one.parent for one in folder.glob("*/__init__.py"))
    lines = []
    for package in packages:
        if package.name != "migrations":
            lines.append(_line(f"{indent}{package.name}/", package / "__init__.py"))
            lines += _listed(package, indent + "  ")
    modules = sorted(one for one in folder.glob("*.py") if one.name != "__init__.py")
    return lines + [_line(f"{indent}{one.name}", one) for one in modules]


def _line(name: str, module: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text())) or ""
    summary = re.split(r"\n\n", docstring)[0].replace("\n", " ").removesuffix(".")
    return f"{name:<28} {summary}".rstrip() + "\n"


def _shown(field: FieldInfo) -> str:
    """A default as one would write it."""
    default = field.default
    if isinstance(default, tuple):
        default = ", ".join("…" if isinstance(one, SecretStr) else str(one) for one in default)
    empty = default is None or default == ""
    text = str(default).lower() if isinstance(default, bool) else "" if empty else str(default)
    return f"`{text}`" if text else "empty"


def _summary(operation: dict[str, Any]) -> str:
    """The first paragraph of the route's description."""
    text = operation.get("description") or operation.get("summary", "")
    return str(text).split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join(map(_in_a_cell, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")
