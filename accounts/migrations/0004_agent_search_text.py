from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_journal_target_index")]
    operations = [
        migrations.AddField(
            model_name="agent",
            name="search_text",
            field=models.TextField(default="", editable=False),
        ),
    ]
