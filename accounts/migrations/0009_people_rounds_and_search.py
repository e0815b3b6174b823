"""Sessions of a person can be ended, and PostgreSQL finds parts of names without reading a million rows."""

import logging

from django.db import DatabaseError, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

log = logging.getLogger(__name__)

INDEX = "agent_search_parts"


def index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Index of the parts of `search_text`. Without the extension, or the right to it, the search is merely slower."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON accounts_agent USING gin (search_text gin_trgm_ops)")
    except DatabaseError as error:
        log.warning("people are searched without an index: %s", type(error).__name__)


def no_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_mail_tallies")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="session_round",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunPython(index, no_index),
    ]
