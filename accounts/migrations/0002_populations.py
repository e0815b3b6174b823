"""The populations of domain.md, section 1, in the order in which they move."""

from django.db import migrations

POPULATIONS = [
    ("dsi", "Équipes DSI"),
    ("correspondents", "Correspondants techniques"),
    ("first-degree", "Premier degré"),
    ("second-degree-teachers", "Enseignants du second degré"),
    ("second-degree-management", "Direction du second degré"),
    ("eple-administration", "Personnels administratifs des EPLE"),
    ("rectorat-administration", "Personnels administratifs du rectorat et des sites distants"),
]


def add_populations(apps, schema_editor):
    population = apps.get_model("accounts", "Population")
    for position, (code, label) in enumerate(POPULATIONS):
        population.objects.update_or_create(code=code, defaults={"label": label, "position": position})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_journal_notices")]
    operations = [migrations.RunPython(add_populations, migrations.RunPython.noop)]
