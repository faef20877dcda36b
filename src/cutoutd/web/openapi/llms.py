"""The document as text for language models (llmstxt.org): what there is, and how it is called."""

from typing import Final

from cutoutd.web.openapi.schemas import Schema

_HEAD: Final = """\
# cutoutd

> A server that removes the background of images. Send an image to `POST /v1/remove-background`
> (form field `image`, or the bytes themselves); the answer is a PNG, or what `Accept` asks for.
> `GET /openapi.json` has every field of every call, `/docs` shows them. The handbook is
> Markdown at `/handbook/index.md`; `/handbook/options.md` has every option.

Keys, where this server asks for them, come as `Authorization: Bearer KEY` or `X-Api-Key: KEY`.
Errors of `/v1` are `application/problem+json` with a stable `code`, a `detail` for people and the
`field` at fault. The other groups answer as the vendors do whose APIs they are.
"""


def llms_text(document: Schema) -> str:
    """Each group of calls with what it is, and each call with its first sentence."""
    groups: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            about = operation.get("description", operation.get("summary", "")).split("\n")[0]
            line = f"- `{method.upper()} {path}`: {about}"
            groups.setdefault(operation["tags"][0], []).append(line)
    parts = [_HEAD]
    for tag in document["tags"]:
        lines = "\n".join(groups[tag["name"]])
        parts.append(f"## {tag['name']}\n\n{tag['description']}\n\n{lines}\n")
    return "\n".join(parts)
