"""A Postman collection (v2.1, which Insomnia and Bruno import too) of the recorded requests.

One request for each operation that `make examples` recorded, in the folder of its API, as the
server was asked then: no form of a hundred empty fields. Four variables fill it: `base_url`,
`key`, `image` (a file of yours) and `image_url`. What a request answers with as `id` or
`request_id` is what the next ones ask for.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tools.record_examples import CALLS, KEY, URL

from cutoutd.server import app
from cutoutd.web.openapi.examples import recorded

TARGET: Final = "docs/api/cutoutd.postman_collection.json"
SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES: Final = {
    "base_url": "http://127.0.0.1:8000",
    "key": "",
    "image": "photo.jpg",
    "image_url": "https://example.com/photo.jpg",
    "id": "",
    "request_id": "",
}
ANSWERED: Final = {"job_id": "id", "request_id": "request_id", "prediction_id": "id"}
"""Parts of an address that an earlier answer had, and the variable that keeps them."""
REMEMBER: Final = (
    "let answer; try { answer = pm.response.json(); } catch (error) { answer = {}; }",
    "if (answer && answer.id) pm.collectionVariables.set('id', answer.id);",
    "const asked = answer && (answer.request_id || answer.id);",
    "if (asked) pm.collectionVariables.set('request_id', asked);",
)
Item = dict[str, Any]


def collection() -> str:
    """The collection as JSON."""
    document = app.openapi()
    folders: dict[str, list[Item]] = {}
    for asked in _operations(document):
        for kind, body in (asked.found["requests"] or {"": None}).items():
            folders.setdefault(asked.facts["tags"][0], []).append(_request(asked, kind, body))
    made = {
        "info": {
            "name": "cutoutd",
            "description": document["info"]["description"],
            "schema": SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [_variable("token", "{{key}}")]},
        "event": [
            {"listen": "test", "script": {"type": "text/javascript", "exec": list(REMEMBER)}}
        ],
        "variable": [{"key": name, "value": value} for name, value in VARIABLES.items()],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


class Operation(NamedTuple):
    """An operation of the document, and what was asked of it."""

    method: str
    path: str
    facts: Mapping[str, Any]
    found: Mapping[str, Any]


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Those that were recorded, in the order of the recording."""
    known = {
        facts["operationId"]: Operation(method.upper(), path, facts, {})
        for path, methods in document["paths"].items()
        for method, facts in methods.items()
    }
    for name in dict.fromkeys(call.operation for call in CALLS):
        yield known[name]._replace(found=recorded()[name])


def _request(asked: Operation, kind: str, body: Any) -> Item:
    """One body that was sent, of that media type; "": none was."""
    form = {"multipart/form-data": ", a file", "application/json": ", JSON"}
    several = len(asked.found["requests"]) > 1
    request: Item = {
        "method": asked.method,
        "header": [],
        "url": _url(asked.path, asked.found["parameters"]),
        "description": asked.facts.get("description", ""),
    }
    if kind == "application/json":
        raw = json.dumps(body, indent=2).replace(json.dumps(URL), '"{{image_url}}"')
        request["body"] = {
            "mode": "raw",
            "raw": raw.replace(f'"{KEY}"', '"{{key}}"'),
            "options": {"raw": {"language": "json"}},
        }
    elif kind:
        request["body"] = {"mode": "formdata", "formdata": list(_fields(body))}
    name = asked.facts["summary"] + (form[kind] if several else "")
    return {"name": name, "request": request}


def _url(path: str, parameters: Mapping[str, Any]) -> Item:
    """The address; parts that an earlier answer had are variables."""
    within = {name for name in parameters if f"{{{name}}}" in path}
    parts = [
        f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")
    ]
    values = {
        name: f"{{{{{ANSWERED[name]}}}}}" if name in ANSWERED else str(parameters[name])
        for name in sorted(within)
    }
    query = [
        _variable(name, "{{image_url}}" if value == URL else str(value))
        for name, value in parameters.items()
        if name not in within
    ]
    raw = "{{base_url}}/" + "/".join(parts)
    if query:
        raw += "?" + "&".join(f"{one['key']}={one['value']}" for one in query)
    return {
        "raw": raw,
        "host": ["{{base_url}}"],
        "path": parts,
        "query": query,
        "variable": [{"key": name, "value": value} for name, value in values.items()],
    }


def _fields(body: Mapping[str, Any]) -> Iterator[Item]:
    """The fields of a form; what was a drawn image is the caller's."""
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if one == "shoe.png":
                yield {"key": name, "type": "file", "src": "{{image}}"}
            else:
                shown = str(one).lower() if isinstance(one, bool) else str(one)
                yield {"key": name, "type": "text", "value": shown}


def _variable(key: str, value: str) -> Item:
    return {"key": key, "value": value, "type": "string"}
