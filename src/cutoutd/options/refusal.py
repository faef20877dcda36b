"""Pydantic's complaints about options as one sentence, the same wherever they were given."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from cutoutd.errors import InvalidRequest

_CLASS: Final = re.compile(r"a valid dictionary or instance of \w+|an instance of \w+")
_PLACES: Final = ("body", "query", "path", "header")
"""What FastAPI puts before the name of a field."""
_FIELD: Final = re.compile(r"([a-z_0-9]+): ")


def invalid_from(errors: Any) -> InvalidRequest:
    """The first of pydantic's complaints as one sentence that names the field."""
    first = errors[0]
    path = [str(part) for part in first["loc"]]
    if path[1:] or path == ["body"]:
        path = path[path[0] in _PLACES :]
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


def no_such(name: str, known: Iterable[str], *, what: str = "option") -> InvalidRequest:
    """What to say of a name that is none of those that are known, with the nearest of them."""
    near = get_close_matches(name, list(known), n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return InvalidRequest(f"{name[:60]}: there is no such {what}{hint}", field=name[:60])


def unclassed(message: str) -> str:
    """Pydantic's message without the names of our classes, which mean nothing to a caller."""
    return _CLASS.sub("an object", message)
