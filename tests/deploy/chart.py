"""Renders our Helm chart where there is no `helm`: the few template words that the chart uses.

Values, `if`/`else`/`end`, `quote`, `toYaml` with `nindent`. Anything else is an error, so that the
chart stays this simple. CI runs the real `helm lint` too.
"""

import re
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "docker" / "helm" / "cutoutd"

_ACTION = re.compile(r"[ \t]*\{\{- *(.*?) *\}\}(?=\n)|\{\{-? *(.*?) *-?\}\}")


def render(**changes: Any) -> list[dict[str, Any]]:
    """Every object of the chart with these values changed, as `workers__enabled=True`."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = values
        for parent in parents:
            place = place[parent]
        place[last] = value
    scope = {
        "Values": values,
        "Release": {"Name": "cut", "Namespace": "default"},
    }
    objects: list[dict[str, Any]] = []
    for template in sorted((CHART / "templates").glob("*.yaml")):
        text = _expanded(template.read_text(), scope)
        objects += [one for one in yaml.safe_load_all(text) if one]
    return objects


def _expanded(text: str, scope: dict[str, Any]) -> str:
    """The template's text with its actions carried out."""
    out: list[str] = []
    shown = [True]
    at = 0
    for match in _ACTION.finditer(text):
        if all(shown):
            out.append(text[at : match.start()])
        at = match.end()
        action = match[1] or match[2]
        if action.startswith("if "):
            shown.append(bool(_value(action[3:], scope)))
        elif action == "else":
            shown[-1] = not shown[-1]
        elif action == "end":
            shown.pop()
        elif all(shown):
            out.append(_written(action, scope))
    out.append(text[at:] if all(shown) else "")
    return "".join(out)


def _written(action: str, scope: dict[str, Any]) -> str:
    expression, *pipes = [part.strip() for part in action.split("|")]
    if expression.startswith("toYaml "):
        indent = int(re.fullmatch(r"nindent (\d+)", pipes[0])[1])  # type: ignore[index]
        dumped = yaml.safe_dump(_value(expression.removeprefix("toYaml "), scope))
        return "".join(f"\n{' ' * indent}{line}" for line in dumped.splitlines())
    value = _value(expression, scope)
    if pipes == ["quote"]:
        return f'"{value}"'
    assert not pipes, action
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(path: str, scope: dict[str, Any]) -> Any:
    value: Any = scope
    for name in path.strip().removeprefix(".").split("."):
        value = value[name]
    return value
