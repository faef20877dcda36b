"""Success examples: requests and the answers that the server gave them, by operation.

`make examples` records them; the document shows them where it describes the same thing.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from cutoutd.web.openapi.schemas import Schema


@cache
def recorded() -> dict[str, Any]:
    """What was asked and answered, by operation id."""
    text = (files(__package__ or "") / "examples.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def add_examples(operation: Schema) -> None:
    """Put what was recorded for an operation beside the schemas that it is an example of."""
    found = recorded().get(operation["operationId"])
    if found is None:
        return
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in found.get("parameters", {}):
            parameter["example"] = found["parameters"][parameter["name"]]
    bodies = operation.get("requestBody", {}).get("content", {})
    for kind, sent in found["requests"].items():
        bodies[kind]["example"] = sent
    answer = operation["responses"][found["status"]]
    if "response" in found:
        answer["content"][found["media_type"]]["example"] = found["response"]
    for name, header in answer.get("headers", {}).items():
        if name in found.get("headers", {}):
            header["example"] = found["headers"][name]
