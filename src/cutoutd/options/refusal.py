"""Pydantic's complaints about options as one sentence, the same wherever they were given."""

import re
from typing import Any, Final

from cutoutd.errors import InvalidRequest

_CLASS: Final = re.compile(r"a valid dictionary or instance of \w+|an instance of \w+")
_PLACES: Final = ("body", "query", "path", "header")
_FIELD: Final = re.compile(r"([a-z_0-9]+): ")


def invalid_from(errors: Any) -> InvalidRequest:
    """The first of pydantic's complaints as one sentence that names the field."""
    first = errors[0]
    path = [str(part) for part in first["loc"] if part not in _PLACES]
    name = path[0] if path else None
    if first["type"] == "missing" and path:
        return InvalidRequest(f"{'.'.join(path)} is required.", field=name)
    reason = unclassed(str(first["msg"])).removeprefix("Value error, ")
    reason = re.sub("^Input should be ", "must be ", reason)
    if first["type"] == "extra_forbidden":
        reason = "there is no such option."
    if not path and (named := _FIELD.match(reason)):
        return InvalidRequest(reason, field=named[1])
    return InvalidRequest(f"{'.'.join(path)}: {reason}" if path else reason, field=name)


def unclassed(message: str) -> str:
    """Pydantic's message without the names of our classes, which mean nothing to a caller."""
    return _CLASS.sub("an object", message)
