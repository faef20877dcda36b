"""Write the pages that the code knows best: `python tools/write_reference.py`.

docs/configuration.md from the settings, docs/routes.md from the application.
"""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from cutoutd.app import create_app
from cutoutd.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"

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
    """Write both pages."""
    (DOCS / "configuration.md").write_text(configuration())
    (DOCS / "routes.md").write_text(routes())


if __name__ == "__main__":
    main()
