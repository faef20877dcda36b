"""`cutoutd keys`: who may call. A new secret is printed once and kept nowhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from cutoutd.cli.tables import print_table

if TYPE_CHECKING:
    from cutoutd.clients.keys import ApiKey, KeyStore

app = typer.Typer(help="Make, list, revoke and rotate API keys.", no_args_is_help=True)


@app.command()
def create(
    client: str = typer.Argument(help="Who owns the jobs made with it: letters, digits, `.-_`."),
    *,
    operate: bool = typer.Option(False, help="May also see and manage every client's jobs."),
    per_minute: int = typer.Option(None, min=1, help="Jobs it may submit in a minute."),
    unfinished: int = typer.Option(None, min=1, help="Jobs it may have waiting or running."),
    days: float | None = typer.Option(None, min=0, help="It expires after so many days."),
) -> None:
    """Make a key and print it: it cannot be shown again. Running servers know it within seconds."""
    from cutoutd.clients.keys import ApiKey, Scope

    with _store() as (store, now):
        scopes = frozenset(Scope) if operate else frozenset({Scope.REMOVE})
        expires_at = None if days is None else now + int(days * 86_400_000)
        typer.echo(
            store.create(
                ApiKey(
                    digest=b"",
                    client=client,
                    scopes=scopes,
                    per_minute=per_minute,
                    unfinished=unfinished,
                    expires_at=expires_at,
                )
            )
        )


@app.command("list")
def list_keys(*, as_json: bool = typer.Option(False, "--json", help="JSON, for machines.")) -> None:
    """Show all keys of the database, never their secrets."""
    import json

    with _store() as (store, now):
        rows = [_row(key, now) for key in store.all()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    titles = ("id", "client", "scopes", "per minute", "unfinished", "expires", "state")
    print_table(titles, (tuple(row.values()) for row in rows))


@app.command()
def revoke(key: str = typer.Argument(help="The key's id, from `cutoutd keys list`.")) -> None:
    """End a key. Running servers notice within seconds."""
    with _store() as (store, _):
        typer.echo(f"Revoked {key} of {store.revoke(key).client}.")


@app.command()
def rotate(
    key: str = typer.Argument(help="The key's id, from `cutoutd keys list`."),
    *,
    grace_days: float = typer.Option(1.0, min=0, help="How long the old secret still works."),
) -> None:
    """Make a new secret for the same client and limits, and print it."""
    with _store() as (store, _):
        typer.echo(store.rotate(key, grace_days=grace_days))


def make_first_key() -> str | None:
    """A key for everything, where the database has never had one; None where it has."""
    from cutoutd.clients.keys import ApiKey, Scope

    with _store() as (store, _):
        if store.all():
            return None
        return store.create(ApiKey(digest=b"", client="first", scopes=frozenset(Scope)))


def _row(key: "ApiKey", now: int) -> dict[str, Any]:
    return {
        "id": key.id,
        "client": key.client,
        "scopes": " ".join(sorted(key.scopes)),
        "per_minute": key.per_minute,
        "unfinished": key.unfinished,
        "expires": _day(key.expires_at),
        "state": "usable" if key.usable(now) else "revoked" if key.revoked_at else "expired",
    }


def _day(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="minutes")


@contextmanager
def _store() -> "Iterator[tuple[KeyStore, int]]":
    """The keys of the configured database, and the time in milliseconds."""
    from cutoutd.clients.keys import KeyStore
    from cutoutd.jobs.database import open_database
    from cutoutd.jobs.model import now_ms
    from cutoutd.server.settings import load_settings
    from cutoutd.storage.local import make_private

    settings = load_settings()
    make_private(settings.data_dir)
    database = open_database(settings.database_url, settings.data_dir)
    try:
        yield KeyStore(database, now_ms=now_ms), now_ms()
    finally:
        database.close()
