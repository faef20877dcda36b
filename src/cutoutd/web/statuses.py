"""What HTTP says about an error beside its body: the status, by a dialect's table, and headers."""

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from cutoutd.errors import CutoutError, Overloaded, SourceRejected, UnsupportedEncoding

T = TypeVar("T")

StatusTable: TypeAlias = Mapping[type[CutoutError], int]
"""A status for each kind of error; a kind that has none takes that of the kind it belongs to."""


def status_of(error: CutoutError, table: StatusTable, *, too_large: int = 413) -> int:
    """The status that a dialect gives an error: 500 for what its table does not have.

    too_large: for a body or a picture of too many bytes, which vendors' proxies refuse. No vendor
    says what it answers to a body compressed otherwise than it reads: 415, as HTTP has it.
    """
    if isinstance(error, SourceRejected) and error.reason == "too_many_bytes":
        return too_large
    if isinstance(error, UnsupportedEncoding):
        return 415
    return nearest(error, table, 500)


def nearest(error: CutoutError, table: Mapping[type[CutoutError], T], otherwise: T) -> T:
    """What a table says of the error's kind, or of the closest kind above it that it has."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), otherwise)


def headers_of(error: CutoutError) -> dict[str, str]:
    """When to come again, for a server that is full."""
    return {"Retry-After": str(error.retry_after_s)} if isinstance(error, Overloaded) else {}
