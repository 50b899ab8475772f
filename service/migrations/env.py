"""Run by Alembic; the connection is handed over by service.migrations.migrate."""

from alembic import context

from service.rows import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
context.run_migrations()
