"""Alembic's entry: run the steps on the connection that `Database.migrate` holds locked."""

from alembic import context

from cutoutd.jobs.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
