"""Everything that can go wrong on purpose.

CutoutError
├── InvalidRequest          the caller can fix it by asking differently; names the field
│   ├── SourceRejected      too large, not an image, truncated, or at a forbidden address
│   │   └── ForbiddenAddress   a URL, of an image or a webhook, that leads where we do not call
│   ├── UnsupportedEncoding the body is compressed in a way that is not read here
│   ├── MethodNotAllowed    the address answers other HTTP methods
│   └── RequestConflict     the same idempotency key came with another body
├── AuthenticationFailed    no key, or a wrong one
│   └── PermissionDenied    a good key that may not do this
├── NotFound                no such job, artifact or model for this client
│   └── Gone                it was here, and was deleted or has expired
├── SourceUnreachable       the image's own server failed; asking again may help
├── Overloaded              we are full; ask again after `retry_after_s`
│   └── RateLimited         this client has had its share for now
├── JobCancelled            the job was cancelled before it ended
├── AttemptLost             internal: another attempt, or a cancellation, took the job over
├── ProcessingFailed        our fault; the cause is in the log, under the job's id
└── ConfigurationError      the operator must change something; carries the remedy

A message is for the caller: no path, no secret, no traceback. The cause is for the
operator, so chain it: `raise SourceUnreachable(host, "timed out") from exc`. A `code` is
public and never changes; the sentence may. An error does not know its HTTP status,
because one dialect answers 200 where another answers 502.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar


class CutoutError(Exception):
    """The root: has a public `code`, a sentence for the caller, and knows if retrying helps."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes, also those whose constructors ask for more."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[CutoutError], args: tuple[Any, ...], fields: dict[str, Any]
) -> CutoutError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class InvalidRequest(CutoutError):
    """The request cannot be understood or breaks a limit; `field` is the vendor's name for it."""

    code = "invalid_request"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class SourceRejected(InvalidRequest):
    """The image itself is the problem. `reason` is one of the stable words below.

    not_an_image, unsupported_format, truncated, corrupt, too_many_bytes, too_many_pixels,
    too_many_frames, forbidden_address, empty.
    """

    code = "source_rejected"

    def __init__(self, message: str, *, reason: str, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.reason = reason


class ForbiddenAddress(SourceRejected):
    """A URL leads somewhere this server does not call.

    `why` says which rule, for the log; the sentence does not, because it would tell a stranger
    what an internal name stands for.
    """

    def __init__(self, why: str, *, field: str | None = None) -> None:
        super().__init__(
            "The URL must be http or https and lead to a public internet address.",
            reason="forbidden_address",
            field=field,
        )
        self.why = why


class UnsupportedEncoding(InvalidRequest):
    """A body with a Content-Encoding that is not read here."""

    code = "unsupported_encoding"

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"A body with Content-Encoding {encoding!r} is not read here; send it as it is, "
            "or as one layer of gzip.",
            field="Content-Encoding",
        )


class MethodNotAllowed(InvalidRequest):
    """The address answers other HTTP methods: `allowed`, with commas between them."""

    code = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This address answers {allowed or 'other HTTP methods'} only.")
        self.allowed = allowed


class RequestConflict(InvalidRequest):
    """An idempotency key was used again for a different request."""

    code = "request_conflict"


class AuthenticationFailed(CutoutError):
    """The caller did not prove who it is, or may not do this."""

    code = "authentication_failed"


class PermissionDenied(AuthenticationFailed):
    """The caller's key is good, but lacks the scope for this."""

    code = "permission_denied"


class NotFound(CutoutError):
    """There is no such thing for this client; another client's thing looks the same."""

    code = "not_found"


class Gone(NotFound):
    """It was here, and was deleted by its client or has expired."""

    code = "gone"

    def __init__(self, what: str, *, at_ms: int) -> None:
        when = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        super().__init__(f"{what} was deleted at {when}, or expired then.")
        self.at_ms = at_ms


class SourceUnreachable(CutoutError):
    """The source URL did not deliver a whole image in time."""

    code = "source_unreachable"
    retryable = True

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"Could not download the image from {host}: {reason}.")
        self.host = host
        self.reason = reason

    @classmethod
    def restored(cls, message: str) -> "SourceUnreachable":
        """The error again, from the sentence that a stored job kept of it."""
        error = cls("the image's server", "it failed")
        error.message = message
        error.args = (message,)
        return error


class Overloaded(CutoutError):
    """No room for more work now."""

    code = "overloaded"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(Overloaded):
    """The client has had its share for now; others are served."""

    code = "rate_limited"

    def __init__(self, limit: str, *, retry_after_s: int) -> None:
        """`limit`: what is allowed, as the end of a sentence; clients look for its beginning."""
        super().__init__(f"Rate limit exceeded. Only {limit} allowed.", retry_after_s=retry_after_s)


class JobCancelled(CutoutError):
    """The job was cancelled before it ended."""

    code = "cancelled"


class AttemptLost(CutoutError):
    """The job belongs to another attempt or has ended; what this attempt did is dropped."""

    code = "attempt_lost"

    def __init__(self, job_id: int, attempt: int) -> None:
        super().__init__(f"Attempt {attempt} no longer owns job {job_id}.")


class ProcessingFailed(CutoutError):
    """We failed at something we accepted; the operator finds the cause in the log."""

    code = "processing_failed"
    retryable = True


class ConfigurationError(CutoutError):
    """The process cannot start or the command cannot run as configured; says the remedy."""

    code = "configuration"
