"""What establishments are searched by, for those who were in the directory before it was kept."""

from django.db import migrations

from accounts.plain_text import plain

AT_ONCE = 1000


def fill(apps, schema_editor):
    places = apps.get_model("accounts", "Establishment").objects
    last = 0
    while some := list(places.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for place in some:
            place.search_text = plain(f"{place.name} {place.city} {place.uai}")
        places.bulk_update(some, ["search_text"])
        last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_establishment_search_text")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
