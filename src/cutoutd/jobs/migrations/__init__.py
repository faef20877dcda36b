"""The steps that build and change the tables, in order; Alembic runs them at start."""
