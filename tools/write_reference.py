"""Write the pages that the code knows best: `python tools/write_reference.py`.

docs/configuration.md from the settings, docs/routes.md from the application; in
docs/architecture.md the tree of modules from their docstrings and the layers from pyproject.toml.
"""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from cutoutd.server.app import create_app
from cutoutd.server.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "cutoutd"

CONFIGURATION = """\
# Configuration

Environment variables, or lines of a file `.env` in the working folder; the environment wins.
Lists are written `a, b, c`. A wrong value stops the start with a sentence that names the variable.
`cutoutd config` prints every value and where it comes from.

This page is written by `tools/write_reference.py`; a test compares it with the settings.

| variable | default | meaning |
|---|---|---|
"""

ROUTES = """\
# Routes

Everything the server answers; `openapi.yaml` and `/openapi.json` have the fields. `/` and `/jobs`
are the pages for people.

This page is written by `tools/write_reference.py`; a test compares it with the application.

| API | method | path | what it does |
|---|---|---|---|
"""


def configuration() -> str:
    """docs/configuration.md."""
    rows = (_setting(name, field) for name, field in Settings.model_fields.items())
    return CONFIGURATION + "".join(rows)


def routes() -> str:
    """docs/routes.md."""
    paths: dict[str, dict[str, Any]] = create_app(Settings()).openapi()["paths"]
    rows = (
        f"| {operation['tags'][0]} | {method.upper()} | `{path}` | {_summary(operation)} |\n"
        for path, operations in paths.items()
        for method, operation in operations.items()
    )
    return ROUTES + "".join(sorted(rows))


def architecture() -> str:
    """docs/architecture.md, with what is between the marks of each written part made anew."""
    page = (DOCS / "architecture.md").read_text()
    for name, text in (("tree", _tree()), ("layers", _layers())):
        mark = f"<!-- {name}: written by make reference -->"
        before, _, after = page.split(mark)
        page = f"{before}{mark}\n```\n{text}```\n{mark}{after}"
    return page


def _tree() -> str:
    """Every package and module with the first sentence of its docstring."""
    return "src/cutoutd/\n" + "".join(_listed(SOURCE, "  "))


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


def _layers() -> str:
    """The layers that import-linter enforces, the highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return "".join(f"{layer}\n" for layer in contracts["contracts"][0]["layers"])


def _setting(name: str, field: FieldInfo) -> str:
    meaning = _in_a_cell(field.description or "")
    return f"| `CUTOUTD_{name.upper()}` | {_shown(field.default)} | {meaning} |\n"


def _shown(default: object) -> str:
    """A default as one would write it."""
    if isinstance(default, tuple):
        default = ", ".join("…" if isinstance(one, SecretStr) else str(one) for one in default)
    empty = default is None or default == ""
    text = str(default).lower() if isinstance(default, bool) else "" if empty else str(default)
    return f"`{text}`" if text else "empty"


def _summary(operation: dict[str, Any]) -> str:
    """The first sentence of the route's description."""
    text = operation.get("description") or operation.get("summary", "")
    return _in_a_cell(text.split("\n\n")[0].replace("\n", " "))


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write all three pages."""
    for page in (configuration, routes, architecture):
        (DOCS / f"{page.__name__}.md").write_text(page())


if __name__ == "__main__":
    main()
