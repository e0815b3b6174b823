"""The templates of reminders that every portal begins with."""

from django.db import migrations

from bascule.reminders.ready_made import TEMPLATES


def write(apps, schema_editor):
    template = apps.get_model("bascule", "ReminderTemplate")
    for one in TEMPLATES:
        template.objects.get_or_create(name=one["name"], defaults=one)


class Migration(migrations.Migration):
    dependencies = [("bascule", "0009_reminders")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
