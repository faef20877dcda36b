"""API keys: what one is, and where they are kept.

A key is 256 random bits. We keep its SHA-256 digest only: with that much randomness a slow
hash would protect nothing more. Keys come from the environment, from a file and from the
database; all of them count.
"""

import logging
import re
import secrets
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import insert, select, update

from cutoutd.clients.schema import api_keys
from cutoutd.errors import ConfigurationError, InvalidRequest, NotFound
from cutoutd.jobs.database import Database

_CLIENT: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_DAY_MS: Final = 86_400_000
_log = logging.getLogger(__name__)


class Scope(StrEnum):
    """What a key may do."""

    REMOVE = "remove"
    """Submit jobs, and see and cancel its own."""
    OPERATE = "operate"
    """See every client's jobs and deliveries, retry and cancel them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as we know it. Times are milliseconds since 1970."""

    digest: bytes
    client: str
    """Who owns the jobs that were made with it; several keys may be one client's."""
    scopes: frozenset[Scope] = frozenset({Scope.REMOVE})
    per_minute: int | None = None
    """Jobs the client may submit in a minute; None is the server's default."""
    unfinished: int | None = None
    """Jobs the client may have waiting or running at one time; None is the server's default."""
    created_at: int | None = None
    expires_at: int | None = None
    revoked_at: int | None = None

    @property
    def id(self) -> str:
        """Names the key in lists and commands; says nothing about the secret."""
        return self.digest.hex()[:12]

    def usable(self, now_ms: int) -> bool:
        """False once it has expired or was revoked."""
        ends = [moment for moment in (self.expires_at, self.revoked_at) if moment is not None]
        return all(now_ms < moment for moment in ends)


KeySource = Callable[[], Iterable[ApiKey]]
"""Reads all keys of one place, also those that are no longer usable."""


def new_secret() -> str:
    """A fresh key: a recognisable prefix and 256 random bits."""
    return f"cutoutd_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> bytes:
    """The SHA-256 digest under which a key is kept."""
    return sha256(secret.encode(errors="surrogatepass")).digest()


def keys_from_secrets(keys: Sequence[str]) -> list[ApiKey]:
    """The keys of the environment: each is a client of its own, allowed everything."""
    digests = [digest_of(key) for key in keys]
    return [
        ApiKey(digest=digest, client=f"key-{digest.hex()[:8]}", scopes=frozenset(Scope))
        for digest in digests
    ]


class _KeyEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client: str = Field(pattern=f"^{_CLIENT}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    scopes: frozenset[Scope] = frozenset({Scope.REMOVE})
    per_minute: int | None = Field(None, ge=1)
    unfinished: int | None = Field(None, ge=1)
    expires: AwareDatetime | None = None


_ENTRIES: Final = TypeAdapter(list[_KeyEntry])


def keys_from_file(path: Path) -> list[ApiKey]:
    """The keys of a TOML file: a `[[keys]]` table with `client`, `sha256` and what may differ.

    A file without the word `keys` is one that is being written just now, or a mistake; who means
    no key at all writes `keys = []`. Raises ConfigurationError that says which entry is wrong.
    """
    try:
        table = tomllib.loads(path.read_text())
        if "keys" not in table:
            raise ConfigurationError("CUTOUTD_API_KEYS_FILE holds no [[keys]].")
        entries = _ENTRIES.validate_python(table["keys"])
    except OSError as exc:
        raise ConfigurationError("CUTOUTD_API_KEYS_FILE cannot be read.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigurationError("CUTOUTD_API_KEYS_FILE is not TOML.") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"CUTOUTD_API_KEYS_FILE: keys.{where}: {first['msg']}.") from exc
    return [
        ApiKey(
            digest=bytes.fromhex(entry.sha256),
            client=entry.client,
            scopes=entry.scopes,
            per_minute=entry.per_minute,
            unfinished=entry.unfinished,
            expires_at=milliseconds(entry.expires) if entry.expires else None,
        )
        for entry in entries
    ]


class KeyStore:
    """The keys of the database: made, listed, revoked and rotated by `cutoutd keys`."""

    def __init__(self, database: Database, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms

    def create(self, key: ApiKey) -> str:
        """Keep a new key like `key`; returns its secret, which nobody can show again.

        Raises InvalidRequest for a client name that would not do in a list or a log.
        """
        if not re.fullmatch(_CLIENT, key.client):
            raise InvalidRequest("A client's name is letters, digits and `.-_`.", field="client")
        secret = new_secret()
        self._insert(replace(key, digest=digest_of(secret)))
        return secret

    def all(self) -> list[ApiKey]:
        """Every key that ever was, the oldest first.

        A row that this version cannot read is no key: it opens nothing, and the others count.
        """
        with self._database.read() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at)).mappings()
            read = [_read(row) for row in rows]
        return [key for key in read if key is not None]

    def revoke(self, key_id: str) -> ApiKey:
        """End a key now. Raises NotFound if no usable key has this id."""
        return self._end(self._usable(key_id), self._now_ms())

    def rotate(self, key_id: str, *, grace_days: float) -> str:
        """A new secret for the same client and limits; the old one ends after the grace.

        Raises NotFound if no usable key has this id.
        """
        old = self._usable(key_id)
        secret = self.create(old)
        ends = self._now_ms() + int(grace_days * _DAY_MS)
        self._end(old, ends if old.expires_at is None else min(ends, old.expires_at))
        return secret

    def _usable(self, key_id: str) -> ApiKey:
        for key in self.all():
            if key.id == key_id and key.usable(self._now_ms()):
                return key
        raise NotFound(f"There is no usable key {key_id!r}; `cutoutd keys list` shows them.")

    def _insert(self, key: ApiKey) -> None:
        with self._database.write() as connection:
            connection.execute(
                insert(api_keys).values(
                    digest=key.digest.hex(),
                    client=key.client,
                    scopes=" ".join(sorted(key.scopes)),
                    per_minute=key.per_minute,
                    unfinished=key.unfinished,
                    created_at=self._now_ms(),
                    expires_at=key.expires_at,
                )
            )

    def _end(self, key: ApiKey, moment_ms: int) -> ApiKey:
        with self._database.write() as connection:
            connection.execute(
                update(api_keys)
                .where(api_keys.c.digest == key.digest.hex())
                .values(revoked_at=moment_ms)
            )
        return replace(key, revoked_at=moment_ms)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)


def _read(row: Any) -> ApiKey | None:
    try:
        return _from_row(row)
    except (ValueError, TypeError, AttributeError):
        _log.error("the API key %.12s cannot be read and does not count", row["digest"])
        return None


def _from_row(row: Any) -> ApiKey:
    return ApiKey(
        digest=bytes.fromhex(row["digest"]),
        client=row["client"],
        scopes=frozenset(Scope(word) for word in row["scopes"].split()),
        per_minute=row["per_minute"],
        unfinished=row["unfinished"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
