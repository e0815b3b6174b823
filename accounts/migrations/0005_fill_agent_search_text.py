"""What people are searched by, for those who were in the directory before it was kept."""

from django.db import migrations

from accounts.plain_text import plain

AT_ONCE = 1000


def fill(apps, schema_editor):
    agents = apps.get_model("accounts", "Agent").objects
    last = 0
    while some := list(agents.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for agent in some:
            agent.search_text = plain(f"{agent.given_name} {agent.family_name} {agent.address}")
        agents.bulk_update(some, ["search_text"])
        last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_agent_search_text")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
