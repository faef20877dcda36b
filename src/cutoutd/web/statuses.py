"""What HTTP says about an error beside its body: a status, and headers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from cutoutd.errors import (
    AuthenticationFailed,
    CutoutError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Overloaded,
    PermissionDenied,
    RateLimited,
    SourceRejected,
    SourceUnreachable,
    UnsupportedEncoding,
)

T = TypeVar("T")

StatusTable: TypeAlias = Mapping[type[CutoutError], int]
"""A status for each kind of error; a kind that has none takes that of the kind it belongs to."""

USUAL: Final[StatusTable] = MappingProxyType(
    {
        InvalidRequest: 400,
        UnsupportedEncoding: 415,
        MethodNotAllowed: 405,
        AuthenticationFailed: 401,
        PermissionDenied: 403,
        NotFound: 404,
        SourceUnreachable: 400,
        Overloaded: 503,
        RateLimited: 429,
    }
)
"""What a dialect answers where its vendor says nothing else."""
NOTHING_ELSE: Final[StatusTable] = MappingProxyType({})


def status_of(error: CutoutError, own: StatusTable = NOTHING_ELSE, *, too_large: int = 413) -> int:
    """The status of an error: the dialect's own one, the usual one, or 500.

    too_large: for a body or an image of too many bytes, which vendors' proxies refuse.
    """
    if isinstance(error, SourceRejected) and error.reason == "too_many_bytes":
        return too_large
    return nearest(error, {**USUAL, **own}, 500)


def nearest(error: CutoutError, table: Mapping[type[CutoutError], T], otherwise: T) -> T:
    """What a table says of the error's kind, or of the closest kind above it that it has."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), otherwise)


def headers_of(error: CutoutError) -> dict[str, str]:
    """When to come again, how to say who one is, which methods there are: as the error has it."""
    if isinstance(error, Overloaded):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, AuthenticationFailed) and not isinstance(error, PermissionDenied):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allowed} if error.allowed else {}
    return {}
