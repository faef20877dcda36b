"""The table of API keys. The migrations of `jobs` build it: one database, one history."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from cutoutd.jobs.schema import metadata

api_keys = Table(
    "api_keys",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("client", String(200), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("per_minute", Integer),
    Column("unfinished", Integer),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)
