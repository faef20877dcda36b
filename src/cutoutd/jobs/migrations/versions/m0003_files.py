"""Build the table of files, and remember of a job what it waits for and when its images went."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the table, add the columns, and enter the images that there are."""
    op.add_column("jobs", sa.Column("due_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "jobs", sa.Column("fetches", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("jobs", sa.Column("gone_at", sa.BigInteger(), nullable=True))
    files = op.create_table(
        "files",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_files"),
    )
    op.create_index("ix_files_job_id", "files", ["job_id"])
    op.create_index("ix_files_client_kind_gone_at", "files", ["client", "kind", "gone_at"])
    op.create_index("ix_files_expires_at", "files", ["expires_at"])
    op.create_index("ix_files_gone_at", "files", ["gone_at"])
    op.bulk_insert(files, _images())


def downgrade() -> None:
    """Drop the table and the columns; links answer as long as their files are there."""
    op.drop_table("files")
    op.drop_column("jobs", "gone_at")
    op.drop_column("jobs", "fetches")
    op.drop_column("jobs", "due_at")


def _images() -> list[dict[str, object]]:
    rows = op.get_bind().execute(
        sa.text("SELECT id, client, artifact_keys, created_at, expires_at, status FROM jobs")
    )
    found = []
    for row in rows:
        image = {"client": row.client, "job_id": row.id, "kind": "image", "size": 0}
        image |= {"created_at": row.created_at, "expires_at": row.expires_at, "gone_at": None}
        ended_badly = row.status in ("failed", "cancelled")
        image["gone_at"] = row.created_at if ended_badly else None
        found += [{**image, "key": key} for key in _keys(row.artifact_keys)]
    return list({str(one["key"]): one for one in found}.values())


def _keys(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [key for key in found if isinstance(key, str)] if isinstance(found, list) else []
